/* range_test.c: Range by hand up, down, empty, at the ends of integers, and what has no end. */
#include "op_check.h"

static void of(op_case *c, atr_type type, double start, double limit, double delta) {
  op_case_constant(c, type, atr__shape_of(0, NULL), &start);
  op_case_constant(c, type, atr__shape_of(0, NULL), &limit);
  op_case_constant(c, type, atr__shape_of(0, NULL), &delta);
}

START_TEST(range_goes_up_and_down) {
  static const atr_type types[] = { ATR_F32, ATR_I64, ATR_I32, ATR_I16 };
  for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
    op_case c = { 0 };
    of(&c, types[t], 1, 8, 3);
    OP_CHECK(&c, "", "Range", 1);
    OP_NEAR(&c, 0, 0, 1, 4, 7);
    op_case_free(&c);
    of(&c, types[t], 10, 4, -2);
    OP_CHECK(&c, "", "Range", 1);
    OP_NEAR(&c, 0, 0, 10, 8, 6);
    op_case_free(&c);
    of(&c, types[t], 10, 4, 1);
    OP_CHECK(&c, "", "Range", 1);
    op_check_shape(&c, 0, OP_SHAPE(0));
    op_case_free(&c);
  }
  op_case c = { 0 };
  of(&c, ATR_F32, 0, 1, 0.25);
  OP_CHECK(&c, "", "Range", 1);
  OP_NEAR(&c, 0, 0, 0, 0.25, 0.5, 0.75);
  op_case_free(&c);
  of(&c, ATR_I64, -0x1p63, 0x1.fffffffffffffp62, 0x1p62); /* the way is more than an int64 */
  OP_CHECK(&c, "", "Range", 1);
  OP_NEAR(&c, 0, 0, -0x1p63, -0x1p62, 0, 0x1p62);
  op_case_free(&c);
}
END_TEST

START_TEST(range_refuses_what_has_no_end) {
  op_case c = { 0 };
  of(&c, ATR_I64, 0, 4, 0);
  OP_CASE_REJECTS(&c, "", "Range", 1, "delta is 0");
  op_case_free(&c);
  of(&c, ATR_F32, 0, 4, 0);
  OP_CASE_REJECTS(&c, "", "Range", 1, "has no end");
  op_case_free(&c);
  of(&c, ATR_I64, 0, 4e15, 1);
  OP_CASE_REJECTS(&c, "", "Range", 1, "more than 2^31 - 1");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("range");
  TCase *tests = tcase_create("range");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, range_goes_up_and_down);
  tcase_add_test(tests, range_refuses_what_has_no_end);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
