/* window_test.c: HannWindow, HammingWindow and BlackmanWindow by hand, periodic and symmetric, and of one
 * sample. */
#include "op_check.h"

static void window(op_case *c, double size, int periodic) {
  op_case_constant(c, ATR_I64, atr__shape_of(0, NULL), &size);
  op_check_int(c, "periodic", periodic);
}

START_TEST(windows_are_sums_of_cosines) {
  op_case c = { 0 };
  window(&c, 4, 1);
  OP_CHECK(&c, "", "HannWindow", 1);
  OP_NEAR(&c, 0, 1e-7, 0, 0.5, 1, 0.5);
  OP_CHECK(&c, "", "HammingWindow", 1);
  OP_NEAR(&c, 0, 1e-7, 4. / 46, 25. / 46, 1, 25. / 46);
  OP_CHECK(&c, "", "BlackmanWindow", 1);
  OP_NEAR(&c, 0, 1e-7, 0, 0.34, 1, 0.34);
  op_case_free(&c);
  window(&c, 5, 0);
  OP_CHECK(&c, "", "HannWindow", 1);
  OP_NEAR(&c, 0, 1e-7, 0, 0.5, 1, 0.5, 0);
  op_check_int(&c, "output_datatype", ATR_F64);
  OP_CHECK(&c, "", "HannWindow", 1);
  ck_assert_int_eq(c.out[0].type, ATR_F64);
  OP_NEAR(&c, 0, 1e-15, 0, 0.5, 1, 0.5, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(windows_of_one_sample_and_of_none) {
  for (int size = 0; size < 2; size++) {
    op_case c = { 0 };
    window(&c, size, 0);
    OP_CHECK(&c, "", "HammingWindow", 1);
    op_check_shape(&c, 0, OP_SHAPE(size));
    if (size) OP_NEAR(&c, 0, 0, 1);
    op_case_free(&c);
  }
  op_case c = { 0 };
  window(&c, -1, 0);
  OP_CASE_REJECTS(&c, "", "BlackmanWindow", 1, "not negative");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("window");
  TCase *tests = tcase_create("window");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, windows_are_sums_of_cosines);
  tcase_add_test(tests, windows_of_one_sample_and_of_none);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
