/* lrn_test.c: LRN and its gradient: numbers worked by hand, windows of even and too large sizes, finite
 * differences, rejections. */
#include "op_check.h"

START_TEST(lrn_divides_by_the_window_of_squares) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 4, 1), (double[]){ 1, 2, 3, 4 });
  op_check_int(&c, "size", 3);
  op_check_float(&c, "alpha", 3);
  op_check_float(&c, "beta", 1);
  op_check_float(&c, "bias", 2);
  OP_CHECK(&c, "", "LRN", 2);
  OP_NEAR(&c, 1, 1e-12, 2 + 5, 2 + 14, 2 + 29, 2 + 25);
  OP_NEAR(&c, 0, 1e-12, 1.0 / 7, 2.0 / 16, 3.0 / 31, 4.0 / 27);
  op_check_int(&c, "size", 2); /* none before, one after */
  op_check_float(&c, "alpha", 2);
  OP_CHECK(&c, "", "LRN", 2);
  OP_NEAR(&c, 1, 1e-12, 2 + 5, 2 + 13, 2 + 25, 2 + 16);
  op_check_int(&c, "size", 1);
  op_check_float(&c, "alpha", 1);
  op_check_float(&c, "beta", 0.5f);
  OP_CHECK(&c, "", "LRN", 1);
  OP_NEAR(&c, 0, 1e-12, 1 / sqrt(3), 2 / sqrt(6), 3 / sqrt(11), 4 / sqrt(18));
  op_case_free(&c);
}
END_TEST

/* A window that holds every channel of both ends is the sum of all, wherever it lies. */
START_TEST(lrn_of_a_window_larger_than_the_channels) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 3, 5, 7), 1);
  op_check_int(&c, "size", 101);
  op_check_float(&c, "alpha", 101);
  OP_CHECK(&c, "", "LRN", 2);
  for (int n = 0; n < 2; n++)
    for (int i = 0; i < 35; i++) {
      double sum = 1;
      for (int k = 0; k < 3; k++) sum += pow(c.in[0].v[(n * 3 + k) * 35 + i], 2);
      for (int k = 0; k < 3; k++) ck_assert_double_eq_tol(c.out[1].v[(n * 3 + k) * 35 + i], sum, 1e-12);
    }
  op_case_free(&c);
}
END_TEST

START_TEST(lrn_gradient_agrees_with_differences) {
  const atr_shape x[] = { OP_SHAPE(2, 5, 3), OP_SHAPE(3, 4), OP_SHAPE(1, 7, 2, 3), OP_SHAPE(2, 1, 4) };
  for (size_t i = 0; i < sizeof x / sizeof *x; i++)
    for (int size = 1; size < 7; size++) {
      op_case c = { 0 };
      op_check_random(&c, x[i], 3);
      op_check_int(&c, "size", size);
      op_check_float(&c, "alpha", 2);
      op_check_float(&c, "bias", 0.5f);
      OP_CASE_GOOD(op_case_run(&c, "", "LRN", 1), &c);
      op_plan_gradient(&c, "", "LRN", 1, 0);
      op_case_free(&c);
    }
}
END_TEST

START_TEST(lrn_rejects_what_it_cannot_do_with_a_sentence) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 5, 3), 3);
  OP_CASE_REJECTS(&c, "", "LRN", 1, "size is 0, must be 1 or more");
  op_check_int(&c, "size", 3);
  c.in[0].shape = OP_SHAPE(30);
  OP_CASE_REJECTS(&c, "", "LRN", 1, "rank must be 2 to 8");
  op_case_free(&c);
  op_case_add(&c, ATR_I32, OP_SHAPE(2, 5), NULL);
  OP_CASE_REJECTS(&c, "", "LRN", 1, "input 0 is int32");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("lrn");
  TCase *tests = tcase_create("lrn");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, lrn_divides_by_the_window_of_squares);
  tcase_add_test(tests, lrn_of_a_window_larger_than_the_channels);
  tcase_add_test(tests, lrn_gradient_agrees_with_differences);
  tcase_add_test(tests, lrn_rejects_what_it_cannot_do_with_a_sentence);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
