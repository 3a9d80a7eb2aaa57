/* conv_integer_test.c: ConvInteger and QLinearConv: numbers worked by hand, Conv of the same numbers as reals
 * (exact where sums stay below 2^24), wrapping, rejections. Scales are powers of two, so that halves are
 * halves in float32 and in double. */
#include "op_check.h"

/* Bytes that look random, in the type's range. */
static op_tensor *bytes(op_case *c, atr_type type, atr_shape shape, uint32_t seed) {
  op_tensor *t = op_case_add(c, type, shape, NULL);
  op_case_fill(t, seed);
  for (int64_t i = 0; i < t->count; i++) t->v[i] = floor(t->v[i] * 128) + (type == ATR_U8 ? 128 : 0);
  return t;
}

START_TEST(conv_integer_of_a_square_by_a_square) {
  op_case c = { 0 };
  op_case_add(&c, ATR_U8, OP_SHAPE(1, 1, 3, 3), (double[]){ 2, 3, 4, 5, 6, 7, 8, 9, 10 });
  op_case_add(&c, ATR_U8, OP_SHAPE(1, 1, 2, 2), (double[]){ 1, 1, 1, 1 });
  op_case_add(&c, ATR_U8, (atr_shape){ 0 }, (double[]){ 1 });
  OP_CHECK(&c, "", "ConvInteger", 1);
  ck_assert_int_eq(c.out[0].type, ATR_I32);
  OP_NEAR(&c, 0, 0, 12, 16, 24, 28);
  OP_INTS(&c, "pads", 1, 1, 1, 1); /* around is the zero point */
  OP_CHECK(&c, "", "ConvInteger", 1);
  OP_NEAR(&c, 0, 0, 1, 3, 5, 3, 5, 12, 16, 9, 11, 24, 28, 15, 7, 15, 17, 9);
  op_case_free(&c);
}
END_TEST

/* Against Conv of what is left when zero points are subtracted, for every pair of types. */
START_TEST(conv_integer_agrees_with_conv_of_the_differences) {
  static const atr_type type[] = { ATR_U8, ATR_I8 };
  for (int k = 0; k < 8; k++) {
    op_case c = { 0 }, f = { 0 };
    const atr_type xt = type[k & 1], wt = type[k >> 1 & 1];
    const int each = k >> 2, one_d = k == 3;
    const atr_shape xs = one_d ? OP_SHAPE(2, 6, 300) : OP_SHAPE(2, 6, 7, 5);
    const atr_shape ws = one_d ? OP_SHAPE(4, 3, 5) : OP_SHAPE(4, 3, 3, 2);
    const double zero[4] = { 3, 100, 7, 0 };
    bytes(&c, xt, xs, 1);
    bytes(&c, wt, ws, 2);
    op_case_add(&c, xt, OP_SHAPE(1), (double[]){ xt == ATR_U8 ? 130 : -5 });
    op_case_add(&c, wt, each ? OP_SHAPE(4) : OP_SHAPE(1), zero);
    op_case_real(&f, xs, c.in[0].v);
    op_case_real(&f, ws, c.in[1].v);
    for (int64_t i = 0; i < c.in[0].count; i++) f.in[0].v[i] -= c.in[2].v[0];
    for (int64_t i = 0; i < c.in[1].count; i++) f.in[1].v[i] -= zero[each ? i / (c.in[1].count / 4) : 0];
    op_case *const both[] = { &c, &f };
    for (int i = 0; i < 2; i++) {
      op_check_int(both[i], "group", 2);
      if (one_d) {
        OP_INTS(both[i], "pads", 3, 1);
        OP_INTS(both[i], "dilations", 2);
      } else {
        OP_INTS(both[i], "pads", 1, 0, 2, 1);
        OP_INTS(both[i], "strides", 2, 1);
      }
    }
    OP_CHECK(&c, "", "ConvInteger", 1);
    OP_CASE_GOOD(op_case_run(&f, "", "Conv", 1), &f);
    op_case_near(&c, 0, f.out[0].v, f.out[0].count, 0);
    op_case_free(&c);
    op_case_free(&f);
  }
}
END_TEST

/* 33100 products of 255 · 255 are above 2^31. */
START_TEST(conv_integer_wraps_beyond_32_bits) {
  op_case c = { 0 };
  op_case_add(&c, ATR_U8, OP_SHAPE(1, 1, 33100), NULL);
  op_case_add(&c, ATR_U8, OP_SHAPE(1, 1, 33100), NULL);
  for (int i = 0; i < 33100; i++) c.in[0].v[i] = c.in[1].v[i] = 255;
  OP_CHECK(&c, "", "ConvInteger", 1);
  OP_NEAR(&c, 0, 0, 33100.0 * 255 * 255 - 4294967296.0);
  op_case_free(&c);
}
END_TEST

static void scaled(op_case *c, atr_type xt, atr_type wt, atr_type yt) {
  op_case_add(c, xt, OP_SHAPE(1, 1, 4), (double[]){ 11, 12, 14, 10 });
  op_case_real(c, (atr_shape){ 0 }, (double[]){ 0.5 });
  op_case_add(c, xt, (atr_shape){ 0 }, (double[]){ 10 });
  op_case_add(c, wt, OP_SHAPE(2, 1, 1), (double[]){ 3, 7 });
  op_case_real(c, OP_SHAPE(2), (double[]){ 0.5, 4 });
  op_case_add(c, wt, OP_SHAPE(2), (double[]){ 2, 2 });
  op_case_real(c, (atr_shape){ 0 }, (double[]){ 0.5 });
  op_case_add(c, yt, (atr_shape){ 0 }, (double[]){ 1 });
}

/* x - zero = 1 2 4 0; w - zero = 1 5; factors 1/2 and 4: 0.5 1 2 0 and 20 40 80 0, rounded, plus 1. */
START_TEST(qlinear_conv_scales_rounds_and_saturates) {
  static const atr_type type[] = { ATR_U8, ATR_I8 };
  for (int k = 0; k < 8; k++) {
    op_case c = { 0 };
    scaled(&c, type[k & 1], type[k >> 1 & 1], type[k >> 2]);
    OP_CHECK(&c, "", "QLinearConv", 1);
    ck_assert_int_eq(c.out[0].type, type[k >> 2]);
    OP_NEAR(&c, 0, 0, 1, 2, 3, 1, 21, 41, 81, 1);
    op_case_add(&c, ATR_I32, OP_SHAPE(2), (double[]){ 2, -100 }); /* 1.5 2 3 1 and -380 -360 -320 -400 */
    OP_CHECK(&c, "", "QLinearConv", 1);
    const double low = k >> 2 ? -128 : 0;
    OP_NEAR(&c, 0, 0, 3, 3, 4, 2, low, low, low, low);
    c.in[8].v[1] = 100; /* 420 440 480 400 */
    OP_CHECK(&c, "", "QLinearConv", 1);
    const double high = k >> 2 ? 127 : 255;
    OP_NEAR(&c, 0, 0, 3, 3, 4, 2, high, high, high, high);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(conv_integer_rejects_what_it_cannot_do_with_a_sentence) {
  op_case c = { 0 };
  bytes(&c, ATR_U8, OP_SHAPE(1, 2, 5), 1);
  bytes(&c, ATR_I8, OP_SHAPE(3, 2, 2), 1);
  bytes(&c, ATR_I8, OP_SHAPE(1), 1);
  OP_CASE_REJECTS(&c, "", "ConvInteger", 1, "input 2 is int8, must be uint8");
  c.in[2].type = ATR_U8;
  bytes(&c, ATR_I8, OP_SHAPE(2), 1);
  OP_CASE_REJECTS(&c, "", "ConvInteger", 1, "one number for each of 3 output channels");
  c.in[3].shape = OP_SHAPE(1);
  c.in[1].shape = OP_SHAPE(4, 1, 3);
  OP_CASE_REJECTS(&c, "", "ConvInteger", 1, "channels");
  c.in[0].type = ATR_F32;
  OP_CASE_REJECTS(&c, "", "ConvInteger", 1, "input 0 is float32, only uint8 and int8");
  op_case_free(&c);
  scaled(&c, ATR_U8, ATR_I8, ATR_U8);
  c.in[4].type = ATR_I32;
  OP_CASE_REJECTS(&c, "", "QLinearConv", 1, "input 4 is int32, must be float32");
  c.in[4].type = ATR_F32;
  c.in[6].shape = OP_SHAPE(1, 1);
  OP_CASE_REJECTS(&c, "", "QLinearConv", 1, "input 6 has shape [1,1], must be a scalar");
  c.in[6].shape = (atr_shape){ 0 };
  op_case_add(&c, ATR_I32, OP_SHAPE(3), NULL);
  OP_CASE_REJECTS(&c, "", "QLinearConv", 1, "the bias has shape [3], must be [2]");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("conv_integer");
  TCase *tests = tcase_create("conv_integer");
  tcase_set_timeout(tests, 240);
  tcase_add_test(tests, conv_integer_of_a_square_by_a_square);
  tcase_add_test(tests, conv_integer_agrees_with_conv_of_the_differences);
  tcase_add_test(tests, conv_integer_wraps_beyond_32_bits);
  tcase_add_test(tests, qlinear_conv_scales_rounds_and_saturates);
  tcase_add_test(tests, conv_integer_rejects_what_it_cannot_do_with_a_sentence);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
