/* causal_conv_test.c: CausalConvWithState: numbers worked by hand, a series in pieces against the whole, Conv
 * of the padded series, finite differences, rejections. */
#include "op_check.h"

static void activation(op_case *c, const char *name) {
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, "activation", name), ATR_OK);
}

START_TEST(causal_conv_of_three_taps) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 4), (double[]){ 1, 2, 3, 4 });
  op_case_real(&c, OP_SHAPE(1, 1, 3), (double[]){ 100, 10, 1 });
  OP_CHECK(&c, "", "CausalConvWithState", 2);
  OP_NEAR(&c, 0, 0, 1, 12, 123, 234);
  OP_NEAR(&c, 1, 0, 3, 4);
  op_case_real(&c, OP_SHAPE(1), (double[]){ 1000 });
  op_case_real(&c, OP_SHAPE(1, 1, 2), (double[]){ 8, 9 });
  OP_CHECK(&c, "", "CausalConvWithState", 2);
  OP_NEAR(&c, 0, 0, 1891, 1912, 1123, 1234);
  OP_NEAR(&c, 1, 0, 3, 4);
  OP_CHECK(&c, "", "CausalConvWithState", 1);
  OP_NEAR(&c, 0, 0, 1891, 1912, 1123, 1234);
  op_case_free(&c);
}
END_TEST

START_TEST(causal_conv_of_one_step_carries_the_past_on) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 2, 1), (double[]){ 3, 30 });
  op_case_real(&c, OP_SHAPE(2, 1, 3), (double[]){ 1, 2, 3, 1, 0, -1 });
  op_case_absent(&c);
  op_case_real(&c, OP_SHAPE(1, 2, 2), (double[]){ 1, 2, 10, 20 });
  OP_CHECK(&c, "", "CausalConvWithState", 2);
  OP_NEAR(&c, 0, 0, 14, -20);
  OP_NEAR(&c, 1, 0, 2, 3, 20, 30);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 1, 2), (double[]){ 1, 2, 3, 4 }); /* one tap has no past */
  op_case_real(&c, OP_SHAPE(1, 1, 1), (double[]){ 5 });
  OP_CHECK(&c, "", "CausalConvWithState", 2);
  OP_NEAR(&c, 0, 0, 5, 10, 15, 20);
  op_check_shape(&c, 1, OP_SHAPE(2, 1, 0));
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 1, 0), NULL); /* nothing came: the past stays */
  op_case_real(&c, OP_SHAPE(1, 1, 3), (double[]){ 5, 6, 7 });
  op_case_absent(&c);
  op_case_real(&c, OP_SHAPE(1, 1, 2), (double[]){ 1, 2 });
  OP_CHECK(&c, "", "CausalConvWithState", 2);
  OP_NEAR(&c, 1, 0, 1, 2);
  op_case_free(&c);
}
END_TEST

START_TEST(causal_conv_with_silu) {
  static const char *const name[] = { "silu", "swish" };
  for (int i = 0; i < 2; i++) {
    op_case c = { 0 };
    op_case_real(&c, OP_SHAPE(1, 1, 4), (double[]){ 0, 1, -2, 100 });
    op_case_real(&c, OP_SHAPE(1, 1, 1), (double[]){ 1 });
    activation(&c, name[i]);
    OP_CHECK(&c, "", "CausalConvWithState", 2);
    OP_NEAR(&c, 0, 1e-12, 0, 1 / (1 + exp(-1)), -2 / (1 + exp(2)), 100);
    c.in[0].v[3] = -200;
    OP_CHECK(&c, "", "CausalConvWithState", 2);
    ck_assert_double_eq_tol(c.out[0].v[3], 0, 1e-30);
    op_case_free(&c);
  }
}
END_TEST

/* In pieces of 1, 2, 3, … steps, each with the state of the one before. */
START_TEST(causal_conv_in_pieces_is_the_convolution_of_the_whole) {
  enum { N = 2, C = 3, T = 21, TAPS = 5 };
  op_case whole = { 0 }, conv = { 0 };
  double state[N * C * (TAPS - 1)] = { 0 };
  op_check_random(&whole, OP_SHAPE(N, C, T), 1);
  op_check_random(&whole, OP_SHAPE(C, 1, TAPS), 2);
  op_check_random(&whole, OP_SHAPE(C), 3);
  OP_CHECK(&whole, "", "CausalConvWithState", 2);
  for (int i = 0; i < 3; i++) op_case_real(&conv, whole.in[i].shape, whole.in[i].v);
  OP_INTS(&conv, "pads", TAPS - 1, 0);
  op_check_int(&conv, "group", C);
  OP_CASE_GOOD(op_case_run(&conv, "", "Conv", 1), &conv);
  op_case_near(&whole, 0, conv.out[0].v, conv.out[0].count, 1e-14);
  for (int from = 0, n = 1; from < T; from += n++) {
    op_case piece = { 0 };
    op_case_real(&piece, OP_SHAPE(N, C, n), NULL);
    for (int row = 0; row < N * C; row++)
      for (int t = 0; t < n; t++) piece.in[0].v[row * n + t] = whole.in[0].v[row * T + from + t];
    op_case_real(&piece, whole.in[1].shape, whole.in[1].v);
    op_case_real(&piece, whole.in[2].shape, whole.in[2].v);
    op_case_real(&piece, OP_SHAPE(N, C, TAPS - 1), state);
    OP_CHECK(&piece, "", "CausalConvWithState", 2);
    for (int row = 0; row < N * C; row++)
      for (int t = 0; t < n; t++)
        ck_assert_double_eq_tol(piece.out[0].v[row * n + t], whole.out[0].v[row * T + from + t], 1e-14);
    memcpy(state, piece.out[1].v, sizeof state);
    op_case_free(&piece);
  }
  for (int i = 0; i < N * C * (TAPS - 1); i++) ck_assert_double_eq(state[i], whole.out[1].v[i]);
  op_case_free(&whole);
  op_case_free(&conv);
}
END_TEST

START_TEST(causal_conv_gradient_agrees_with_differences) {
  for (int k = 0; k < 16; k++) {
    const int taps = k & 8 ? 1 : 3, with_bias = k & 1, with_past = k >> 1 & 1;
    op_case c = { 0 };
    op_check_random(&c, OP_SHAPE(2, 3, 5), 1);
    op_check_random(&c, OP_SHAPE(3, 1, taps), 2);
    if (with_bias)
      op_check_random(&c, OP_SHAPE(3), 3);
    else
      op_case_absent(&c);
    if (with_past && taps > 1) op_check_random(&c, OP_SHAPE(2, 3, taps - 1), 4);
    activation(&c, k & 4 ? "silu" : "none");
    const unsigned past = with_past && taps > 1 ? 8 : 0;
    OP_CASE_GOOD(op_case_run(&c, "", "CausalConvWithState", 2), &c);
    op_plan_gradient(&c, "", "CausalConvWithState", (with_bias ? 7 : 3) | past, 0);
    if (taps > 1) op_plan_gradient_of(&c, "", "CausalConvWithState", 1 | past, 0, 1);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(causal_conv_rejects_what_it_cannot_do_with_a_sentence) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 3, 5), 1);
  op_check_random(&c, OP_SHAPE(3, 2, 2), 2);
  OP_CASE_REJECTS(&c, "", "CausalConvWithState", 2, "the filter has shape [3,2,2], must be [3,1,2]");
  c.in[1].shape = OP_SHAPE(3, 1, 0);
  OP_CASE_REJECTS(&c, "", "CausalConvWithState", 2, "the filter has length 0");
  c.in[1].shape = OP_SHAPE(3, 1, 4);
  op_check_random(&c, OP_SHAPE(2), 3);
  OP_CASE_REJECTS(&c, "", "CausalConvWithState", 2, "the bias has shape [2], must be [3]");
  c.in[2].type = ATR_TYPE_NONE;
  op_check_random(&c, OP_SHAPE(2, 3, 4), 3);
  OP_CASE_REJECTS(&c, "", "CausalConvWithState", 2, "past_state has shape [2,3,4], must be [2,3,3]");
  activation(&c, "relu");
  OP_CASE_REJECTS(&c, "", "CausalConvWithState", 2, "\"relu\", must be none, silu or swish");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("causal_conv");
  TCase *tests = tcase_create("causal_conv");
  tcase_set_timeout(tests, 240);
  tcase_add_test(tests, causal_conv_of_three_taps);
  tcase_add_test(tests, causal_conv_of_one_step_carries_the_past_on);
  tcase_add_test(tests, causal_conv_with_silu);
  tcase_add_test(tests, causal_conv_in_pieces_is_the_convolution_of_the_whole);
  tcase_add_test(tests, causal_conv_gradient_agrees_with_differences);
  tcase_add_test(tests, causal_conv_rejects_what_it_cannot_do_with_a_sentence);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
