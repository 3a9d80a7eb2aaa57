/* non_zero_test.c: NonZero by hand: places of elements in row-major order, every type, none at all, a scalar.
 */
#include "op_check.h"

START_TEST(non_zero_tells_places_in_order) {
  static const atr_type types[] = { ATR_F32, ATR_I64, ATR_I32, ATR_U8, ATR_BOOL, ATR_U16 };
  for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
    op_case c = { 0 };
    op_case_constant(&c, types[t], OP_SHAPE(2, 2), (double[]){ 1, 0, 1, 1 });
    OP_CHECK(&c, "", "NonZero", 1);
    op_check_shape(&c, 0, OP_SHAPE(2, 3));
    OP_NEAR(&c, 0, 0, 0, 1, 1, 0, 0, 1);
    op_case_free(&c);
  }
  op_case c = { 0 };
  op_case_constant(&c, ATR_F32, OP_SHAPE(2, 1, 3), (double[]){ 0, -2, NAN, -0.0, 0, 1e-30 });
  OP_CHECK(&c, "", "NonZero", 1);
  OP_NEAR(&c, 0, 0, 0, 0, 1, 0, 0, 0, 1, 2, 2);
  op_case_free(&c);
}
END_TEST

START_TEST(non_zero_may_find_nothing) {
  op_case c = { 0 };
  op_case_constant(&c, ATR_F32, OP_SHAPE(3, 2), NULL);
  OP_CHECK(&c, "", "NonZero", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 0));
  op_case_free(&c);
  op_case_constant(&c, ATR_I64, (atr_shape){ 0 }, (double[]){ 5 });
  OP_CHECK(&c, "", "NonZero", 1);
  op_check_shape(&c, 0, OP_SHAPE(1, 1));
  OP_NEAR(&c, 0, 0, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(non_zero_needs_its_input_known) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3), NULL);
  OP_CASE_REJECTS(&c, "", "NonZero", 1, "input 0 is computed while running");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("non_zero");
  TCase *tests = tcase_create("non_zero");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, non_zero_tells_places_in_order);
  tcase_add_test(tests, non_zero_may_find_nothing);
  tcase_add_test(tests, non_zero_needs_its_input_known);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
