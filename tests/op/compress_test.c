/* compress_test.c: Compress by hand along an axis and over all elements, short conditions, gradient, what is
 * refused. */
#include "op_check.h"

START_TEST(compress_keeps_slices_of_an_axis) {
  const double x[6] = { 1, 2, 3, 4, 5, 6 };
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3, 2), x);
  op_case_constant(&c, ATR_BOOL, OP_SHAPE(3), (double[]){ 0, 1, 1 });
  op_check_int(&c, "axis", 0);
  OP_CHECK(&c, "", "Compress", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 2));
  OP_NEAR(&c, 0, 0, 3, 4, 5, 6);
  op_plan_gradient(&c, "", "Compress", 1, 0);
  op_case_free(&c);
  op_case_add(&c, ATR_U8, OP_SHAPE(3, 2), x);
  op_case_constant(&c, ATR_BOOL, OP_SHAPE(2), (double[]){ 0, 1 });
  op_check_int(&c, "axis", -1);
  OP_CHECK(&c, "", "Compress", 1);
  OP_NEAR(&c, 0, 0, 2, 4, 6);
  op_case_free(&c);
}
END_TEST

START_TEST(compress_without_an_axis_takes_elements) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3, 2), (double[]){ 1, 2, 3, 4, 5, 6 });
  op_case_constant(&c, ATR_BOOL, OP_SHAPE(5), (double[]){ 0, 1, 0, 0, 1 });
  OP_CHECK(&c, "", "Compress", 1);
  op_check_shape(&c, 0, OP_SHAPE(2));
  OP_NEAR(&c, 0, 0, 2, 5);
  op_plan_gradient(&c, "", "Compress", 1, 0);
  memset(c.in[1].v, 0, 5 * sizeof *c.in[1].v);
  OP_CHECK(&c, "", "Compress", 1);
  op_check_shape(&c, 0, OP_SHAPE(0));
  op_case_free(&c);
}
END_TEST

START_TEST(compress_keeps_columns_of_a_middle_axis) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 5, 3), 4);
  op_case_constant(&c, ATR_BOOL, OP_SHAPE(5), (double[]){ 1, 0, 0, 1, 1 });
  op_check_int(&c, "axis", 1);
  OP_CHECK(&c, "", "Compress", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 3, 3));
  for (int k = 0; k < 3; k++) ck_assert_double_eq(c.out[0].v[9 + 3 + k], c.in[0].v[15 + 9 + k]);
  op_plan_gradient(&c, "", "Compress", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(compress_needs_a_condition_known_and_not_too_long) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(3, 2), 4);
  op_case_add(&c, ATR_BOOL, OP_SHAPE(3), (double[]){ 1, 0, 1 });
  OP_CASE_REJECTS(&c, "", "Compress", 1, "the condition is computed while running");
  op_check_int(&c, "axis", 1);
  OP_CASE_REJECTS(&c, "", "Compress", 1, "a condition of 3 for 2 elements");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("compress");
  TCase *tests = tcase_create("compress");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, compress_keeps_slices_of_an_axis);
  tcase_add_test(tests, compress_without_an_axis_takes_elements);
  tcase_add_test(tests, compress_keeps_columns_of_a_middle_axis);
  tcase_add_test(tests, compress_needs_a_condition_known_and_not_too_long);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
