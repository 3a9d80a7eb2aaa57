/* gather_nd_test.c: GatherND: elements and slices by hand, batch dimensions, gradients (GatherNDGrad),
 * indices outside. */
#include "op_check.h"

START_TEST(gather_nd_names_elements_and_slices) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 2), (double[]){ 0, 1, 2, 3 });
  op_case_add(&c, ATR_I64, OP_SHAPE(2, 2), (double[]){ 0, 0, 1, -1 });
  OP_CHECK(&c, "", "GatherND", 1);
  op_check_shape(&c, 0, OP_SHAPE(2));
  OP_NEAR(&c, 0, 0, 0, 3);
  op_plan_gradient(&c, "", "GatherND", 1, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 3), (double[]){ 0, 1, 2, 3, 4, 5 });
  op_case_add(&c, ATR_I32, OP_SHAPE(3, 1), (double[]){ 1, 0, 1 });
  OP_CHECK(&c, "", "GatherND", 1);
  op_check_shape(&c, 0, OP_SHAPE(3, 3));
  OP_NEAR(&c, 0, 0, 3, 4, 5, 0, 1, 2, 3, 4, 5);
  op_plan_gradient(&c, "", "GatherND", 1, 0);
  op_case_free(&c);
  /* one tuple, without a list of them */
  op_case_add(&c, ATR_U8, OP_SHAPE(2, 3), (double[]){ 10, 11, 12, 13, 14, 15 });
  op_case_add(&c, ATR_I64, OP_SHAPE(2), (double[]){ 1, 2 });
  OP_CHECK(&c, "", "GatherND", 1);
  op_check_shape(&c, 0, (atr_shape){ 0 });
  OP_NEAR(&c, 0, 0, 15);
  op_case_free(&c);
}
END_TEST

START_TEST(gather_nd_keeps_batches_apart) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 2, 2), (double[]){ 0, 1, 2, 3, 4, 5, 6, 7 });
  op_case_add(&c, ATR_I64, OP_SHAPE(2, 1), (double[]){ 1, 0 });
  op_check_int(&c, "batch_dims", 1);
  OP_CHECK(&c, "", "GatherND", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 2));
  OP_NEAR(&c, 0, 0, 2, 3, 4, 5);
  op_plan_gradient(&c, "", "GatherND", 1, 0);
  op_case_free(&c);
  op_check_random(&c, OP_SHAPE(3, 2, 5, 3), 7);
  op_case_add(&c, ATR_I64, OP_SHAPE(3, 2, 2, 1), (double[]){ 1, 1, 4, 0, -1, 2, 3, 3, 0, 1, 2, -5 });
  op_check_int(&c, "batch_dims", 2);
  OP_CHECK(&c, "", "GatherND", 1);
  op_check_shape(&c, 0, OP_SHAPE(3, 2, 2, 3));
  for (int k = 0; k < 3; k++) ck_assert_double_eq(c.out[0].v[6 + k], c.in[0].v[15 + 4 * 3 + k]);
  op_plan_gradient(&c, "", "GatherND", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(gather_nd_refuses_what_does_not_fit) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3, 2), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(1, 2), (double[]){ 0, 2 });
  OP_CASE_REJECTS(&c, "", "GatherND", 1, "index 2 at place 1 is outside [-2, 2)");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3, 2), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(1, 3), NULL);
  OP_CASE_REJECTS(&c, "", "GatherND", 1, "tuples of 3 indices ([1,3]) do not fit data [3,2]");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3, 2), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(2, 1), NULL);
  op_check_int(&c, "batch_dims", 1);
  OP_CASE_REJECTS(&c, "", "GatherND", 1, "batch dimension 0 is 3 in data [3,2], 2 in indices");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3, 0), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(1, 2), NULL);
  OP_CASE_REJECTS(&c, "", "GatherND", 1, "dimension 1 is empty");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("gather_nd");
  TCase *tests = tcase_create("gather_nd");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, gather_nd_names_elements_and_slices);
  tcase_add_test(tests, gather_nd_keeps_batches_apart);
  tcase_add_test(tests, gather_nd_refuses_what_does_not_fit);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
