/* gather_test.c: Gather: choosing rows and columns by hand, repeated and negative indices, gradients, indices
 * outside. */
#include "op_check.h"

START_TEST(gather_chooses_along_an_axis) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3, 2), (double[]){ 1, 1.25, 2, 2.25, 3, 3.25 });
  op_case_add(&c, ATR_I64, OP_SHAPE(2, 2), (double[]){ 0, 1, -2, -1 });
  OP_CHECK(&c, "", "Gather", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 2, 2));
  OP_NEAR(&c, 0, 0, 1, 1.25, 2, 2.25, 2, 2.25, 3, 3.25);
  op_plan_gradient(&c, "", "Gather", 1, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 3), (double[]){ 1, 2, 3, 4, 5, 6 });
  op_case_add(&c, ATR_I32, OP_SHAPE(4), (double[]){ 2, 0, 2, 2 });
  op_check_int(&c, "axis", 1);
  OP_CHECK(&c, "", "Gather", 1);
  OP_NEAR(&c, 0, 0, 3, 1, 3, 3, 6, 4, 6, 6);
  op_plan_gradient(&c, "", "Gather", 1, 0);
  op_case_free(&c);
  op_case_add(&c, ATR_I64, OP_SHAPE(3), (double[]){ 7, 8, 9 });
  op_case_add(&c, ATR_I64, (atr_shape){ 0 }, (double[]){ 1 });
  OP_CHECK(&c, "", "Gather", 1);
  op_check_shape(&c, 0, (atr_shape){ 0 });
  OP_NEAR(&c, 0, 0, 8);
  op_case_free(&c);
}
END_TEST

START_TEST(gather_refuses_indices_outside) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(2), (double[]){ 0, 3 });
  OP_CASE_REJECTS(&c, "", "Gather", 1, "index 3 at place 1 is outside [-3, 3)");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3), NULL);
  op_case_real(&c, OP_SHAPE(2), NULL);
  OP_CASE_REJECTS(&c, "", "Gather", 1, "the indices are float32");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("gather");
  TCase *tests = tcase_create("gather");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, gather_chooses_along_an_axis);
  tcase_add_test(tests, gather_refuses_indices_outside);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
