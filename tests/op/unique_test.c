/* unique_test.c: Unique by hand: elements and slices, sorted and as they come, with all its outputs. */
#include "op_check.h"

START_TEST(unique_elements_sorted_and_as_they_come) {
  static const atr_type types[] = { ATR_F32, ATR_I64, ATR_I32, ATR_I8, ATR_U8,
                                    ATR_I16, ATR_U16, ATR_U32, ATR_U64 };
  for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
    op_case c = { 0 };
    op_case_constant(&c, types[t], OP_SHAPE(2, 3), (double[]){ 2, 1, 1, 3, 4, 3 });
    OP_CHECK(&c, "", "Unique", 4);
    OP_NEAR(&c, 0, 0, 1, 2, 3, 4);
    OP_NEAR(&c, 1, 0, 1, 0, 3, 4);
    OP_NEAR(&c, 2, 0, 1, 0, 0, 2, 3, 2);
    OP_NEAR(&c, 3, 0, 2, 1, 2, 1);
    op_check_int(&c, "sorted", 0);
    OP_CHECK(&c, "", "Unique", 4);
    OP_NEAR(&c, 0, 0, 2, 1, 3, 4);
    OP_NEAR(&c, 1, 0, 0, 1, 3, 4);
    OP_NEAR(&c, 2, 0, 0, 1, 1, 2, 3, 2);
    OP_NEAR(&c, 3, 0, 1, 2, 2, 1);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(unique_slices_of_an_axis) {
  op_case c = { 0 };
  op_case_constant(&c, ATR_F32, OP_SHAPE(3, 3), (double[]){ 1, 0, 0, 1, 0, 0, 2, 3, 4 });
  op_check_int(&c, "axis", 0);
  OP_CHECK(&c, "", "Unique", 4);
  op_check_shape(&c, 0, OP_SHAPE(2, 3));
  OP_NEAR(&c, 0, 0, 1, 0, 0, 2, 3, 4);
  OP_NEAR(&c, 1, 0, 0, 2);
  OP_NEAR(&c, 2, 0, 0, 0, 1);
  OP_NEAR(&c, 3, 0, 2, 1);
  op_check_int(&c, "axis", -1); /* columns (1 1 2) (0 0 3) (0 0 4) */
  OP_CHECK(&c, "", "Unique", 1);
  OP_NEAR(&c, 0, 0, 0, 0, 1, 0, 0, 1, 3, 4, 2);
  op_case_free(&c);
}
END_TEST

START_TEST(unique_of_nothing_and_of_nan) {
  op_case c = { 0 };
  op_case_constant(&c, ATR_F32, OP_SHAPE(0), NULL);
  OP_CHECK(&c, "", "Unique", 4);
  op_check_shape(&c, 0, OP_SHAPE(0));
  op_case_free(&c);
  op_case_constant(&c, ATR_F32, OP_SHAPE(5), (double[]){ NAN, 1, INFINITY, NAN, -1 });
  OP_CHECK(&c, "", "Unique", 4);
  OP_NEAR(&c, 0, 0, -1, 1, INFINITY, NAN);
  OP_NEAR(&c, 3, 0, 1, 1, 1, 2);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3), NULL);
  OP_CASE_REJECTS(&c, "", "Unique", 1, "input 0 is computed while running");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("unique");
  TCase *tests = tcase_create("unique");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, unique_elements_sorted_and_as_they_come);
  tcase_add_test(tests, unique_slices_of_an_axis);
  tcase_add_test(tests, unique_of_nothing_and_of_nan);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
