/* gather_elements_test.c: GatherElements: choosing by hand along each axis, negative and repeated indices,
 * indices of a smaller shape than the data, gradients, indices outside. */
#include "op_check.h"

START_TEST(gather_elements_chooses_along_each_axis) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3, 3), (double[]){ 1, 2, 3, 4, 5, 6, 7, 8, 9 });
  op_case_add(&c, ATR_I64, OP_SHAPE(2, 3), (double[]){ 1, 2, 0, -1, 0, -3 });
  OP_CHECK(&c, "", "GatherElements", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 3));
  OP_NEAR(&c, 0, 0, 4, 8, 3, 7, 2, 3);
  op_plan_gradient(&c, "", "GatherElements", 1, 0);
  op_case_free(&c);
  op_case_add(&c, ATR_U8, OP_SHAPE(2, 2), (double[]){ 1, 2, 3, 4 });
  op_case_add(&c, ATR_I32, OP_SHAPE(2, 3), (double[]){ 0, 0, 1, 1, 0, -1 });
  op_check_int(&c, "axis", -1);
  OP_CHECK(&c, "", "GatherElements", 1);
  OP_NEAR(&c, 0, 0, 1, 1, 2, 4, 3, 4);
  op_case_free(&c);
}
END_TEST

START_TEST(gather_elements_takes_fewer_rows_than_there_are) {
  /* x[i][j][k] = 100 i + 10 j + k; indices cover i < 2, k < 1 of 3 x 2 x 5 */
  op_case c = { 0 };
  double x[30];
  for (int i = 0; i < 30; i++) x[i] = i / 10 * 100 + i / 5 % 2 * 10 + i % 5;
  op_case_add(&c, ATR_I64, OP_SHAPE(3, 2, 5), x);
  op_case_add(&c, ATR_I64, OP_SHAPE(2, 3, 1), (double[]){ 1, 1, 0, 0, -1, -2 });
  op_check_int(&c, "axis", 1);
  OP_CHECK(&c, "", "GatherElements", 1);
  OP_NEAR(&c, 0, 0, 10, 10, 0, 100, 110, 100);
  op_case_free(&c);
  op_check_random(&c, OP_SHAPE(3, 2, 5), 3);
  op_case_add(&c, ATR_I32, OP_SHAPE(2, 7, 1), (double[]){ 1, 1, 0, 0, -1, -2, 1, 0, 0, 0, 0, 0, 1, -1 });
  op_check_int(&c, "axis", 1);
  OP_CHECK(&c, "", "GatherElements", 1);
  op_plan_gradient(&c, "", "GatherElements", 1, 0);
  op_case_free(&c);
  op_check_random(&c, OP_SHAPE(3, 2), 3);
  op_case_add(&c, ATR_I64, OP_SHAPE(0, 2), NULL);
  OP_CHECK(&c, "", "GatherElements", 1);
  op_check_shape(&c, 0, OP_SHAPE(0, 2));
  op_case_free(&c);
}
END_TEST

START_TEST(gather_elements_refuses_what_does_not_fit) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(2), (double[]){ 0, -4 });
  OP_CASE_REJECTS(&c, "", "GatherElements", 1, "index -4 at place 1 is outside [-3, 3)");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3, 2), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(1, 3), NULL);
  OP_CASE_REJECTS(&c, "", "GatherElements", 1, "indices [1,3] do not fit into [3,2] (axis 0)");
  op_check_int(&c, "axis", 2);
  OP_CASE_REJECTS(&c, "", "GatherElements", 1, "axis");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3), NULL);
  op_case_real(&c, OP_SHAPE(3), NULL);
  OP_CASE_REJECTS(&c, "", "GatherElements", 1, "the indices are float32");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("gather_elements");
  TCase *tests = tcase_create("gather_elements");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, gather_elements_chooses_along_each_axis);
  tcase_add_test(tests, gather_elements_takes_fewer_rows_than_there_are);
  tcase_add_test(tests, gather_elements_refuses_what_does_not_fit);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
