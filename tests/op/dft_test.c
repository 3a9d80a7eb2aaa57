/* dft_test.c: DFT and its gradient: numbers worked by hand, closed forms (impulse, constant, cosine, shift),
 * Parseval's theorem, forward and back, lengths of every kind, finite differences, rejections. */
#include "op_check.h"

static const double TAU = 6.283185307179586476925;

/* In an input of its own an axis; n < 0: no dft_length. */
static void length_and_axis(op_case *c, int64_t n, int64_t axis) {
  const double length = (double)n, at = (double)axis;
  if (n < 0)
    op_case_absent(c);
  else
    op_case_constant(c, ATR_I64, (atr_shape){ 0 }, &length);
  op_case_constant(c, ATR_I64, (atr_shape){ 0 }, &at);
}

START_TEST(dft_of_four_numbers) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 4, 1), (double[]){ 1, 2, 3, 4 });
  OP_CHECK(&c, "", "DFT", 1);
  op_check_shape(&c, 0, OP_SHAPE(1, 4, 2));
  OP_NEAR(&c, 0, 1e-12, 10, 0, -2, 2, -2, 0, -2, -2);
  op_check_int(&c, "onesided", 1);
  OP_CHECK(&c, "", "DFT", 1);
  OP_NEAR(&c, 0, 1e-12, 10, 0, -2, 2, -2, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 4, 2), (double[]){ 10, 0, -2, 2, -2, 0, -2, -2 });
  op_check_int(&c, "inverse", 1);
  OP_CHECK(&c, "", "DFT", 1);
  OP_NEAR(&c, 0, 1e-12, 1, 0, 2, 0, 3, 0, 4, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 3, 2), (double[]){ 10, 0, -2, 2, -2, 0 });
  op_check_int(&c, "inverse", 1);
  op_check_int(&c, "onesided", 1);
  OP_CHECK(&c, "", "DFT", 1);
  op_check_shape(&c, 0, OP_SHAPE(1, 4, 1));
  OP_NEAR(&c, 0, 1e-12, 1, 2, 3, 4);
  op_case_free(&c);
}
END_TEST

START_TEST(dft_of_an_impulse_is_a_rotation_and_of_a_cosine_two_lines) {
  enum { N = 23, AT = 5, LINE = 4 };
  op_case c = { 0 };
  double x[N] = { 0 };
  x[AT] = 1;
  op_case_real(&c, OP_SHAPE(1, N, 1), x);
  OP_CHECK(&c, "", "DFT", 1);
  for (int k = 0; k < N; k++) {
    ck_assert_double_eq_tol(c.out[0].v[2 * k], cos(TAU * k * AT / N), 1e-12);
    ck_assert_double_eq_tol(c.out[0].v[2 * k + 1], -sin(TAU * k * AT / N), 1e-12);
  }
  for (int n = 0; n < N; n++) c.in[0].v[n] = (float)cos(TAU * LINE * n / N);
  OP_CHECK(&c, "", "DFT", 1);
  for (int k = 0; k < N; k++) {
    ck_assert_double_eq_tol(c.out[0].v[2 * k], k == LINE || k == N - LINE ? N / 2.0 : 0, 1e-6);
    ck_assert_double_eq_tol(c.out[0].v[2 * k + 1], 0, 1e-6);
  }
  op_case_free(&c);
}
END_TEST

/* Σ |x|² = 1 / N · Σ |y|², and the inverse gives x again, for lengths 1, prime, even and large. */
START_TEST(dft_keeps_the_energy_and_its_inverse_gives_the_input) {
  static const int64_t length[] = { 1, 2, 3, 7, 12, 64, 101, 480 };
  for (size_t i = 0; i < sizeof length / sizeof *length; i++)
    for (int parts = 1; parts < 3; parts++) {
      op_case c = { 0 }, back = { 0 };
      double before = 0, after = 0;
      op_check_random(&c, OP_SHAPE(2, length[i], parts), 5);
      OP_CHECK(&c, "", "DFT", 1);
      for (int64_t k = 0; k < c.in[0].count; k++) before += c.in[0].v[k] * c.in[0].v[k];
      for (int64_t k = 0; k < c.out[0].count; k++) after += c.out[0].v[k] * c.out[0].v[k];
      ck_assert_double_eq_tol(after / (double)length[i], before, 1e-9 * before);
      op_case_real(&back, c.out[0].shape, c.out[0].v);
      op_check_int(&back, "inverse", 1);
      OP_CASE_GOOD(op_case_run(&back, "", "DFT", 1), &back);
      for (int64_t k = 0; k < back.out[0].count / 2; k++) {
        ck_assert_double_eq_tol(back.out[0].v[2 * k], c.in[0].v[k * parts], 1e-11);
        ck_assert_double_eq_tol(back.out[0].v[2 * k + 1], parts > 1 ? c.in[0].v[2 * k + 1] : 0, 1e-11);
      }
      op_case_free(&c);
      op_case_free(&back);
    }
}
END_TEST

START_TEST(dft_one_sided_and_back_gives_the_input_of_even_and_odd_length) {
  static const int64_t length[] = { 1, 2, 3, 8, 9, 31 };
  for (size_t i = 0; i < sizeof length / sizeof *length; i++) {
    op_case c = { 0 }, back = { 0 };
    op_check_random(&c, OP_SHAPE(3, length[i], 1), 7);
    op_check_int(&c, "onesided", 1);
    OP_CHECK(&c, "", "DFT", 1);
    op_check_shape(&c, 0, OP_SHAPE(3, length[i] / 2 + 1, 2));
    op_case_real(&back, c.out[0].shape, c.out[0].v);
    length_and_axis(&back, length[i], 1);
    op_check_int(&back, "inverse", 1);
    op_check_int(&back, "onesided", 1);
    OP_CHECK(&back, "", "DFT", 1);
    op_check_shape(&back, 0, OP_SHAPE(3, length[i], 1));
    op_case_near(&back, 0, c.in[0].v, c.in[0].count, 1e-12);
    op_case_free(&c);
    op_case_free(&back);
  }
}
END_TEST

START_TEST(dft_cuts_and_fills_to_its_length_along_any_axis) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 3, 1), (double[]){ 1, 2, 3 });
  length_and_axis(&c, 2, 1);
  OP_CHECK(&c, "", "DFT", 1);
  OP_NEAR(&c, 0, 1e-12, 3, 0, -1, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 3, 1), (double[]){ 1, 2, 3 });
  length_and_axis(&c, 4, -2);
  OP_CHECK(&c, "", "DFT", 1);
  OP_NEAR(&c, 0, 1e-12, 6, 0, -2, -2, 2, 0, -2, 2);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 3, 1), (double[]){ 1, 2, 3, 4, 5, 6 }); /* columns: sums and differences */
  length_and_axis(&c, -1, 0);
  OP_CHECK(&c, "", "DFT", 1);
  OP_NEAR(&c, 0, 1e-12, 5, 0, 7, 0, 9, 0, -3, 0, -3, 0, -3, 0);
  op_case_free(&c);
  op_case_add(&c, ATR_F64, OP_SHAPE(2, 2), (double[]){ 1, 2, 3, 4 }); /* complex numbers, on the host */
  OP_CHECK(&c, "", "DFT", 1);
  OP_NEAR(&c, 0, 1e-12, 4, 6, -2, -2);
  ck_assert_int_eq(c.out[0].type, ATR_F64);
  op_case_free(&c);
}
END_TEST

START_TEST(dft_gradient_agrees_with_differences) {
  static const struct {
    int64_t n, c, parts, length, axis;
    int inverse, onesided;
  } list[] = {
    { 5, 2, 1, -1, 1, 0, 0 }, { 4, 3, 2, -1, 1, 0, 0 }, { 6, 1, 1, -1, 1, 0, 1 }, { 5, 1, 1, -1, 1, 0, 1 },
    { 5, 2, 2, 3, 1, 0, 0 },  { 3, 2, 2, 5, 1, 1, 0 },  { 4, 1, 2, 6, 1, 1, 1 },  { 4, 2, 2, 7, 1, 1, 1 },
    { 4, 2, 2, 5, 1, 1, 1 },  { 3, 4, 1, -1, 2, 0, 1 }, { 4, 1, 1, 2, -3, 0, 1 },
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    op_case c = { 0 };
    op_check_random(&c, OP_SHAPE(2, list[i].n, list[i].c, list[i].parts), 3);
    length_and_axis(&c, list[i].length, list[i].axis);
    op_check_int(&c, "inverse", list[i].inverse);
    op_check_int(&c, "onesided", list[i].onesided);
    OP_CASE_GOOD(op_case_run(&c, "", "DFT", 1), &c);
    op_plan_gradient(&c, "", "DFT", 1, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(dft_rejects_what_it_cannot_do_with_a_sentence) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 5, 3), 3);
  OP_CASE_REJECTS(&c, "", "DFT", 1, "must be 1 (real) or 2 (complex)");
  op_case_free(&c);
  op_check_random(&c, OP_SHAPE(2, 5, 2), 3);
  length_and_axis(&c, 0, 1);
  OP_CASE_REJECTS(&c, "", "DFT", 1, "length is 0, must be 1");
  c.in[1].v[0] = 2.0 * 1024 * 1024 * 1024;
  OP_CASE_REJECTS(&c, "", "DFT", 1, "length is 2147483648");
  c.in[1].v[0] = 5;
  c.in[2].v[0] = 2;
  OP_CASE_REJECTS(&c, "", "DFT", 1, "axis 2 is the last");
  c.in[2].v[0] = 3;
  OP_CASE_REJECTS(&c, "", "DFT", 1, "3");
  c.in[2].v[0] = 1;
  op_check_int(&c, "onesided", 1);
  OP_CASE_REJECTS(&c, "", "DFT", 1, "the forward transform takes real numbers");
  c.in[2].constant = 0;
  OP_CASE_REJECTS(&c, "", "DFT", 1, "known");
  op_case_free(&c);
  op_check_random(&c, OP_SHAPE(2, 5, 1), 3);
  op_check_int(&c, "onesided", 1);
  op_check_int(&c, "inverse", 1);
  OP_CASE_REJECTS(&c, "", "DFT", 1, "the inverse transform takes complex numbers");
  op_case_free(&c);
  op_case_add(&c, ATR_I32, OP_SHAPE(2, 5, 1), NULL);
  OP_CASE_REJECTS(&c, "", "DFT", 1, "input 0 is int32");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("dft");
  TCase *tests = tcase_create("dft");
  tcase_set_timeout(tests, 240);
  tcase_add_test(tests, dft_of_four_numbers);
  tcase_add_test(tests, dft_of_an_impulse_is_a_rotation_and_of_a_cosine_two_lines);
  tcase_add_test(tests, dft_keeps_the_energy_and_its_inverse_gives_the_input);
  tcase_add_test(tests, dft_one_sided_and_back_gives_the_input_of_even_and_odd_length);
  tcase_add_test(tests, dft_cuts_and_fills_to_its_length_along_any_axis);
  tcase_add_test(tests, dft_gradient_agrees_with_differences);
  tcase_add_test(tests, dft_rejects_what_it_cannot_do_with_a_sentence);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
