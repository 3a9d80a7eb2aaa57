/* stft_test.c: STFT, Frames and OverlapAdd: numbers worked by hand, agreement with DFT of each frame, a
 * sine's line, finite differences for the signal and the window, rejections. */
#include "op_check.h"

static void integer(op_case *c, double value) {
  op_case_constant(c, ATR_I64, (atr_shape){ 0 }, &value);
}

START_TEST(stft_of_six_numbers_in_frames_of_two) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 6, 1), (double[]){ 1, 2, 3, 5, 8, 13 });
  integer(&c, 2);
  op_case_absent(&c);
  integer(&c, 2);
  OP_CHECK(&c, "", "STFT", 1);
  op_check_shape(&c, 0, OP_SHAPE(1, 3, 2, 2));
  OP_NEAR(&c, 0, 1e-12, 3, 0, -1, 0, 8, 0, -2, 0, 21, 0, -5, 0);
  c.in[1].v[0] = 3; /* one number between the frames, the last is left out */
  OP_CHECK(&c, "", "STFT", 1);
  op_check_shape(&c, 0, OP_SHAPE(1, 2, 2, 2));
  OP_NEAR(&c, 0, 1e-12, 3, 0, -1, 0, 13, 0, -3, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 4), (double[]){ 1, 2, 3, 4 }); /* a signal without its last dimension */
  integer(&c, 1);
  op_case_real(&c, OP_SHAPE(2), (double[]){ 10, 1 });
  OP_CHECK(&c, "", "STFT", 1);
  op_check_shape(&c, 0, OP_SHAPE(1, 3, 2, 2));
  OP_NEAR(&c, 0, 1e-12, 12, 0, 8, 0, 23, 0, 17, 0, 34, 0, 26, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(stft_agrees_with_the_transform_of_each_frame) {
  for (int parts = 1; parts < 3; parts++)
    for (int onesided = 0; onesided < 3 - parts; onesided++) {
      enum { T = 29, L = 9, STEP = 4, F = (T - L) / STEP + 1 };
      op_case c = { 0 };
      op_check_random(&c, OP_SHAPE(2, T, parts), 1);
      integer(&c, STEP);
      op_check_random(&c, OP_SHAPE(L), 2);
      op_check_int(&c, "onesided", onesided);
      OP_CHECK(&c, "", "STFT", 1);
      const int64_t bins = onesided ? L / 2 + 1 : L;
      op_check_shape(&c, 0, OP_SHAPE(2, F, bins, 2));
      for (int n = 0; n < 2; n++)
        for (int f = 0; f < F; f++) {
          op_case one = { 0 };
          double *x = op_case_real(&one, OP_SHAPE(1, L, parts), NULL)->v;
          for (int k = 0; k < L * parts; k++)
            x[k] = c.in[0].v[(n * T + f * STEP) * parts + k] * c.in[2].v[k / parts];
          op_check_int(&one, "onesided", onesided);
          one.tolerance = 1;
          OP_CASE_GOOD(op_case_run(&one, "", "DFT", 1), &one);
          for (int64_t k = 0; k < bins * 2; k++)
            ck_assert_double_eq_tol(c.out[0].v[(n * F + f) * bins * 2 + k], one.out[0].v[k], 1e-12);
          op_case_free(&one);
        }
      op_case_free(&c);
    }
}
END_TEST

START_TEST(stft_of_a_sine_is_one_line_in_every_frame) {
  enum { T = 160, L = 32, LINE = 5 };
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, T, 1), NULL);
  for (int t = 0; t < T; t++) c.in[0].v[t] = (float)sin(6.283185307179586 * LINE * t / L);
  integer(&c, 16);
  op_case_absent(&c);
  integer(&c, L);
  OP_CHECK(&c, "", "STFT", 1);
  op_check_shape(&c, 0, OP_SHAPE(1, 9, 17, 2));
  for (int f = 0; f < 9; f++)
    for (int k = 0; k < 17; k++) {
      const double *y = &c.out[0].v[(f * 17 + k) * 2];
      ck_assert_double_eq_tol(hypot(y[0], y[1]), k == LINE ? L / 2.0 : 0, 1e-5);
    }
  op_case_free(&c);
}
END_TEST

START_TEST(frames_and_overlap_add_of_small_numbers) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 5, 1), (double[]){ 1, 2, 3, 4, 5 });
  op_check_int(&c, "length", 3);
  op_check_int(&c, "step", 2);
  OP_CHECK(&c, "org.atrous", "Frames", 1);
  op_check_shape(&c, 0, OP_SHAPE(1, 2, 3, 1));
  OP_NEAR(&c, 0, 0, 1, 2, 3, 3, 4, 5);
  op_plan_gradient(&c, "org.atrous", "Frames", 1, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 2, 3, 1), (double[]){ 1, 2, 3, 10, 20, 30 });
  op_check_int(&c, "length", 6);
  op_check_int(&c, "step", 2);
  OP_CHECK(&c, "org.atrous", "OverlapAdd", 1);
  OP_NEAR(&c, 0, 0, 1, 2, 13, 20, 30, 0);
  op_plan_gradient(&c, "org.atrous", "OverlapAdd", 1, 0);
  op_check_int(&c, "length", 7);
  OP_CASE_REJECTS(&c, "org.atrous", "OverlapAdd", 1, "2 frames, but a signal of 7 has 3");
  op_check_int(&c, "step", 0);
  OP_CASE_REJECTS(&c, "org.atrous", "OverlapAdd", 1, "step is 0");
  op_case_free(&c);
}
END_TEST

START_TEST(stft_gradient_agrees_with_differences) {
  for (int parts = 1; parts < 3; parts++)
    for (int windowed = 0; windowed < 2; windowed++)
      for (int step = 2; step < 6; step += 3) {
        op_case c = { 0 };
        op_check_random(&c, OP_SHAPE(2, 13, parts), 1);
        integer(&c, step);
        if (windowed)
          op_check_random(&c, OP_SHAPE(4), 2);
        else
          op_case_absent(&c);
        integer(&c, 4);
        op_check_int(&c, "onesided", parts == 1);
        OP_CASE_GOOD(op_case_run(&c, "", "STFT", 1), &c);
        op_plan_gradient(&c, "", "STFT", windowed ? 5 : 1, 0);
        op_case_free(&c);
      }
}
END_TEST

START_TEST(stft_rejects_what_it_cannot_do_with_a_sentence) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(1, 6, 1), 1);
  integer(&c, 0);
  op_check_random(&c, OP_SHAPE(4), 1);
  integer(&c, 5);
  OP_CASE_REJECTS(&c, "", "STFT", 1, "frame_step is 0");
  c.in[1].v[0] = 1;
  OP_CASE_REJECTS(&c, "", "STFT", 1, "frame_length is 5, but the window's is 4");
  c.in[2].type = ATR_TYPE_NONE;
  c.in[3].v[0] = 7;
  OP_CASE_REJECTS(&c, "", "STFT", 1, "a frame of 7 does not fit a signal of 6");
  c.in[3].v[0] = 4;
  c.in[1].constant = 0;
  OP_CASE_REJECTS(&c, "", "STFT", 1, "known");
  op_case_free(&c);
  op_check_random(&c, OP_SHAPE(1, 6, 2), 1);
  integer(&c, 1);
  OP_CASE_REJECTS(&c, "", "STFT", 1, "takes real numbers");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("stft");
  TCase *tests = tcase_create("stft");
  tcase_set_timeout(tests, 240);
  tcase_add_test(tests, stft_of_six_numbers_in_frames_of_two);
  tcase_add_test(tests, stft_agrees_with_the_transform_of_each_frame);
  tcase_add_test(tests, stft_of_a_sine_is_one_line_in_every_frame);
  tcase_add_test(tests, frames_and_overlap_add_of_small_numbers);
  tcase_add_test(tests, stft_gradient_agrees_with_differences);
  tcase_add_test(tests, stft_rejects_what_it_cannot_do_with_a_sentence);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
