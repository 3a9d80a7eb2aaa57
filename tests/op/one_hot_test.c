/* one_hot_test.c: OneHot by hand on every axis, with indices and values of several types, negative and
 * outside. */
#include "op_check.h"

START_TEST(one_hot_puts_the_axis_where_it_is_told) {
  static const atr_type index[] = { ATR_I64, ATR_I32, ATR_U8, ATR_F32 },
                        value[] = { ATR_F32, ATR_I64, ATR_BOOL };
  for (int k = 0; k < 12; k++) {
    op_case c = { 0 };
    op_case_add(&c, index[k % 4], OP_SHAPE(2), (double[]){ 0, 2 });
    op_case_constant(&c, ATR_I64, atr__shape_of(0, NULL), (double[]){ 3 });
    op_case_add(&c, value[k / 4], OP_SHAPE(2), (double[]){ 0, 1 });
    OP_CHECK(&c, "", "OneHot", 1);
    op_check_shape(&c, 0, OP_SHAPE(2, 3));
    OP_NEAR(&c, 0, 0, 1, 0, 0, 0, 0, 1);
    op_check_int(&c, "axis", 0);
    OP_CHECK(&c, "", "OneHot", 1);
    op_check_shape(&c, 0, OP_SHAPE(3, 2));
    OP_NEAR(&c, 0, 0, 1, 0, 0, 0, 0, 1);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(one_hot_of_negative_and_outside_indices) {
  op_case c = { 0 };
  op_case_add(&c, ATR_I64, OP_SHAPE(2, 2), (double[]){ -1, 3, -4, 1 });
  op_case_constant(&c, ATR_F32, OP_SHAPE(1), (double[]){ 3 });
  op_case_real(&c, OP_SHAPE(2), (double[]){ -5, 7 });
  op_check_int(&c, "axis", 1);
  OP_CHECK(&c, "", "OneHot", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 3, 2));
  OP_NEAR(&c, 0, 0, -5, -5, -5, -5, 7, -5, -5, -5, -5, 7, -5, -5);
  op_check_int(&c, "axis", 3);
  OP_CASE_REJECTS(&c, "", "OneHot", 1, "axis 3 is outside");
  c.in[1].v[0] = -2;
  OP_CASE_REJECTS(&c, "", "OneHot", 1, "not negative");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("one_hot");
  TCase *tests = tcase_create("one_hot");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, one_hot_puts_the_axis_where_it_is_told);
  tcase_add_test(tests, one_hot_of_negative_and_outside_indices);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
