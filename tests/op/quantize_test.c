/* quantize_test.c: QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear: numbers worked by hand (halves,
 * both ends of the range, scales per tensor, axis and block), forward and back, the gradient of scales,
 * rejections. Scales are such that float32 divides exactly: then halves are halves in double too. */
#include "op_check.h"

static const double HALF = 0.5;

START_TEST(quantize_rounds_halves_to_even_and_saturates) {
  op_case c = { 0 };
  const double x[] = { 0,  0.25, 0.75, 1.25, -0.25, -0.75, -1.25,    63,
                       64, 1000, -64,  -65,  -1000, 0.26,  INFINITY, -INFINITY };
  op_case_real(&c, OP_SHAPE(16), x);
  op_case_real(&c, (atr_shape){ 0 }, &HALF);
  op_case_add(&c, ATR_U8, (atr_shape){ 0 }, (double[]){ 128 });
  OP_CHECK(&c, "", "QuantizeLinear", 1);
  ck_assert_int_eq(c.out[0].type, ATR_U8);
  OP_NEAR(&c, 0, 0, 128, 128, 130, 130, 128, 126, 126, 254, 255, 255, 0, 0, 0, 129, 255, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(16), x);
  op_case_real(&c, (atr_shape){ 0 }, &HALF);
  op_case_add(&c, ATR_I8, (atr_shape){ 0 }, (double[]){ 1 }); /* the half is rounded before 1 is added */
  OP_CHECK(&c, "", "QuantizeLinear", 1);
  ck_assert_int_eq(c.out[0].type, ATR_I8);
  OP_NEAR(&c, 0, 0, 1, 1, 3, 3, 1, -1, -1, 127, 127, 127, -127, -128, -128, 2, 127, -128);
  op_case_free(&c);
}
END_TEST

START_TEST(quantize_to_16_bits_and_back) {
  static const atr_type type[] = { ATR_U16, ATR_I16 };
  for (int i = 0; i < 2; i++) {
    const double low = i ? -32768 : 0, high = i ? 32767 : 65535, zero = i ? -7 : 30000;
    op_case c = { 0 }, back = { 0 };
    op_case_real(&c, OP_SHAPE(6), (double[]){ 0, 0.75, -0.75, 1e6, -1e6, 100 });
    op_case_real(&c, (atr_shape){ 0 }, &HALF);
    op_case_add(&c, type[i], (atr_shape){ 0 }, &zero);
    OP_CHECK(&c, "", "QuantizeLinear", 1);
    ck_assert_int_eq(c.out[0].type, type[i]);
    OP_NEAR(&c, 0, 0, zero, zero + 2, zero - 2, high, low, zero + 200);
    op_case_add(&back, type[i], OP_SHAPE(6), c.out[0].v);
    op_case_real(&back, (atr_shape){ 0 }, &HALF);
    op_case_add(&back, type[i], (atr_shape){ 0 }, &zero);
    OP_CHECK(&back, "", "DequantizeLinear", 1);
    OP_NEAR(&back, 0, 0, 0, 1, -1, (high - zero) / 2, (low - zero) / 2, 100);
    op_case_free(&c);
    op_case_free(&back);
  }
}
END_TEST

START_TEST(quantize_without_a_zero_point_gives_bytes_from_0) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(4), (double[]){ -1, 1, 3, 300 });
  op_case_real(&c, OP_SHAPE(1), (double[]){ 2 });
  OP_CHECK(&c, "", "QuantizeLinear", 1);
  ck_assert_int_eq(c.out[0].type, ATR_U8);
  OP_NEAR(&c, 0, 0, 0, 0, 2, 150);
  op_check_int(&c, "output_dtype", ATR_I8);
  OP_CHECK(&c, "", "QuantizeLinear", 1);
  ck_assert_int_eq(c.out[0].type, ATR_I8);
  OP_NEAR(&c, 0, 0, 0, 0, 2, 127);
  op_case_free(&c);
  op_case_add(&c, ATR_I32, OP_SHAPE(3), (double[]){ -5, 5, 7 });
  op_case_real(&c, (atr_shape){ 0 }, (double[]){ 2 });
  op_case_add(&c, ATR_U8, (atr_shape){ 0 }, (double[]){ 10 });
  OP_CHECK(&c, "", "QuantizeLinear", 1);
  OP_NEAR(&c, 0, 0, 8, 12, 14);
  op_case_free(&c);
}
END_TEST

START_TEST(quantize_with_a_scale_for_each_channel_and_each_block) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 3, 2), (double[]){ 1, 2, 10, 20, 100, 200 });
  op_case_real(&c, OP_SHAPE(3), (double[]){ 1, 2, 4 });
  op_case_add(&c, ATR_U8, OP_SHAPE(3), (double[]){ 0, 100, 200 });
  OP_CHECK(&c, "", "QuantizeLinear", 1);
  OP_NEAR(&c, 0, 0, 1, 2, 105, 110, 225, 250);
  op_check_int(&c, "axis", -2);
  OP_CHECK(&c, "", "QuantizeLinear", 1);
  OP_NEAR(&c, 0, 0, 1, 2, 105, 110, 225, 250);
  op_case_free(&c);
  /* blocks of 2 along an axis of 3: the second block has one index */
  op_case_real(&c, OP_SHAPE(2, 3, 2), (double[]){ 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8 });
  op_case_real(&c, OP_SHAPE(2, 2, 2), (double[]){ 1, 2, 4, 8, 0.5, 0.25, 0.125, 16 });
  op_case_add(&c, ATR_I8, OP_SHAPE(2, 2, 2), (double[]){ 0, 0, 0, 0, 0, 0, 0, 1 });
  op_check_int(&c, "axis", 1);
  op_check_int(&c, "block_size", 2);
  OP_CHECK(&c, "", "QuantizeLinear", 1);
  OP_NEAR(&c, 0, 0, 8, 4, 8, 4, 2, 1, 16, 32, 16, 32, 64, 1);
  op_case_free(&c);
}
END_TEST

START_TEST(dequantize_is_the_difference_times_the_scale) {
  static const atr_type type[] = { ATR_U8, ATR_I8, ATR_I32 };
  for (size_t i = 0; i < 3; i++) {
    op_case c = { 0 };
    const double zero = i == 1 ? -3 : 3;
    op_case_add(&c, type[i], OP_SHAPE(2, 2), (double[]){ 0, 3, 127, 100 });
    op_case_real(&c, (atr_shape){ 0 }, &HALF);
    OP_CHECK(&c, "", "DequantizeLinear", 1);
    OP_NEAR(&c, 0, 0, 0, 1.5, 63.5, 50);
    op_case_add(&c, type[i], (atr_shape){ 0 }, &zero);
    OP_CHECK(&c, "", "DequantizeLinear", 1);
    OP_NEAR(&c, 0, 0, -zero / 2, (3 - zero) / 2, (127 - zero) / 2, (100 - zero) / 2);
    op_case_free(&c);
  }
  op_case c = { 0 };
  op_case_add(&c, ATR_I8, OP_SHAPE(2, 3), (double[]){ -128, 0, 127, -128, 0, 127 });
  op_case_real(&c, OP_SHAPE(3), (double[]){ 1, 2, 3 });
  op_case_add(&c, ATR_I8, OP_SHAPE(3), (double[]){ 127, -1, -128 });
  OP_CHECK(&c, "", "DequantizeLinear", 1);
  OP_NEAR(&c, 0, 0, -255, 2, 765, -255, 2, 765);
  op_case_free(&c);
  op_case_add(&c, ATR_I32, OP_SHAPE(3), (double[]){ -2147483648.0, 2147483647.0, 16777217 });
  op_case_real(&c, (atr_shape){ 0 }, (double[]){ 1 });
  OP_CHECK(&c, "", "DequantizeLinear", 1);
  OP_NEAR(&c, 0, 0, -2147483648.0, 2147483647.0, 16777217);
  op_case_free(&c);
}
END_TEST

/* Every byte, of either type, comes back. */
START_TEST(quantize_gives_back_what_was_dequantized) {
  static const atr_type type[] = { ATR_U8, ATR_I8 };
  for (size_t i = 0; i < 2; i++)
    for (int zero = 0; zero < 128; zero += 127) {
      op_case c = { 0 }, back = { 0 };
      double bytes[256];
      for (int k = 0; k < 256; k++) bytes[k] = i ? k - 128 : k;
      op_case_add(&c, type[i], OP_SHAPE(256), bytes);
      op_case_real(&c, (atr_shape){ 0 }, (double[]){ (double)(float)0.037 });
      op_case_add(&c, type[i], (atr_shape){ 0 }, (double[]){ zero });
      OP_CHECK(&c, "", "DequantizeLinear", 1);
      op_case_real(&back, OP_SHAPE(256), c.out[0].v);
      op_case_real(&back, (atr_shape){ 0 }, (double[]){ (double)(float)0.037 });
      op_case_add(&back, type[i], (atr_shape){ 0 }, (double[]){ zero });
      OP_CHECK(&back, "", "QuantizeLinear", 1);
      op_case_near(&back, 0, bytes, 256, 0);
      op_case_free(&c);
      op_case_free(&back);
    }
}
END_TEST

START_TEST(dynamic_quantize_chooses_scale_and_zero_point) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(4), (double[]){ -1, 0, 1, 4.1 }); /* 5.1 / 255 = 0.02, -1 is 50 below 0 */
  OP_CHECK(&c, "", "DynamicQuantizeLinear", 3);
  OP_NEAR(&c, 0, 0, 0, 50, 100, 255);
  OP_NEAR(&c, 1, 1e-7, 0.02);
  OP_NEAR(&c, 2, 0, 50);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 2), (double[]){ 255, 10, 20, 30 }); /* 0 counts as the least */
  OP_CHECK(&c, "", "DynamicQuantizeLinear", 3);
  OP_NEAR(&c, 0, 0, 255, 10, 20, 30);
  OP_NEAR(&c, 1, 0, 1);
  OP_NEAR(&c, 2, 0, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3), (double[]){ -510, -2, -4 }); /* 0 counts as the greatest */
  OP_CHECK(&c, "", "DynamicQuantizeLinear", 3);
  OP_NEAR(&c, 0, 0, 0, 254, 253);
  OP_NEAR(&c, 1, 0, 2);
  OP_NEAR(&c, 2, 0, 255);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3), NULL);
  OP_CHECK(&c, "", "DynamicQuantizeLinear", 3);
  OP_NEAR(&c, 0, 0, 0, 0, 0);
  OP_NEAR(&c, 1, 0, 1);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(0), NULL);
  OP_CHECK(&c, "", "DynamicQuantizeLinear", 3);
  OP_NEAR(&c, 1, 0, 1);
  op_case_free(&c);
}
END_TEST

START_TEST(dynamic_quantize_finds_the_ends_of_many_numbers) {
  enum { N = 30011 };
  for (int at = 0; at < 3; at++) {
    op_case c = { 0 };
    op_case_real(&c, OP_SHAPE(N), NULL);
    c.in[0].v[at * (N - 1) / 2] = 127;
    c.in[0].v[(at * (N - 1) / 2 + 17) % N] = -128;
    OP_CHECK(&c, "", "DynamicQuantizeLinear", 3);
    ck_assert_double_eq(c.out[1].v[0], 1);
    ck_assert_double_eq(c.out[2].v[0], 128);
    ck_assert_double_eq(c.out[0].v[at * (N - 1) / 2], 255);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(dequantize_gradient_of_scales_agrees_with_differences) {
  op_case c = { 0 };
  op_case_add(&c, ATR_U8, OP_SHAPE(2, 3, 2), (double[]){ 1, 2, 3, 4, 5, 6, 7, 8, 9, 200, 255, 0 });
  op_case_real(&c, (atr_shape){ 0 }, &HALF);
  op_case_add(&c, ATR_U8, (atr_shape){ 0 }, (double[]){ 4 });
  OP_CASE_GOOD(op_case_run(&c, "", "DequantizeLinear", 1), &c);
  op_plan_gradient(&c, "", "DequantizeLinear", 2, 0);
  op_case_free(&c);
  op_case_add(&c, ATR_I8, OP_SHAPE(2, 3, 2), (double[]){ 1, 2, 3, 4, 5, 6, -7, -8, 9, -100, 127, 0 });
  op_case_real(&c, OP_SHAPE(3), (double[]){ 0.5, 0.25, 1 });
  OP_CASE_GOOD(op_case_run(&c, "", "DequantizeLinear", 1), &c);
  op_plan_gradient(&c, "", "DequantizeLinear", 2, 0);
  op_case_add(&c, ATR_I8, OP_SHAPE(3), (double[]){ 1, -2, 3 });
  OP_CASE_GOOD(op_case_run(&c, "", "DequantizeLinear", 1), &c);
  op_plan_gradient(&c, "", "DequantizeLinear", 2, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(quantize_rejects_what_it_cannot_do_with_a_sentence) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 3), 1);
  op_check_random(&c, OP_SHAPE(2), 1);
  OP_CASE_REJECTS(&c, "", "QuantizeLinear", 1, "scales of shape [2] do not fit x of shape [2,3] with axis 1");
  op_check_int(&c, "axis", 2);
  OP_CASE_REJECTS(&c, "", "QuantizeLinear", 1, "2");
  op_check_int(&c, "axis", 0);
  op_case_add(&c, ATR_U8, OP_SHAPE(1), NULL);
  OP_CASE_REJECTS(&c, "", "QuantizeLinear", 1, "the scales have shape [2], the zero points [1]");
  c.in[2].shape = OP_SHAPE(2);
  c.in[2].type = ATR_I64;
  OP_CASE_REJECTS(&c, "", "QuantizeLinear", 1, "must be uint8, int8, uint16 or int16");
  c.in[2].type = ATR_U8;
  op_check_int(&c, "output_dtype", ATR_I8);
  OP_CASE_REJECTS(&c, "", "QuantizeLinear", 1, "the zero point's type");
  op_check_int(&c, "output_dtype", 0);
  op_check_int(&c, "block_size", -1);
  OP_CASE_REJECTS(&c, "", "QuantizeLinear", 1, "block_size is -1");
  op_check_int(&c, "block_size", 2);
  OP_CASE_REJECTS(&c, "", "QuantizeLinear", 1, "block_size 2");
  OP_CASE_REJECTS(&c, "", "DequantizeLinear", 1,
                  "input 0 is float32, only uint8, int8, uint16, int16 and int32");
  c.in[0].type = ATR_I8;
  OP_CASE_REJECTS(&c, "", "DequantizeLinear", 1, "input 2 is uint8, must be int8");
  op_case_free(&c);
  op_case_add(&c, ATR_I32, OP_SHAPE(2), NULL);
  OP_CASE_REJECTS(&c, "", "DynamicQuantizeLinear", 3, "input 0 is int32");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("quantize");
  TCase *tests = tcase_create("quantize");
  tcase_set_timeout(tests, 240);
  tcase_add_test(tests, quantize_rounds_halves_to_even_and_saturates);
  tcase_add_test(tests, quantize_to_16_bits_and_back);
  tcase_add_test(tests, quantize_without_a_zero_point_gives_bytes_from_0);
  tcase_add_test(tests, quantize_with_a_scale_for_each_channel_and_each_block);
  tcase_add_test(tests, dequantize_is_the_difference_times_the_scale);
  tcase_add_test(tests, quantize_gives_back_what_was_dequantized);
  tcase_add_test(tests, dynamic_quantize_chooses_scale_and_zero_point);
  tcase_add_test(tests, dynamic_quantize_finds_the_ends_of_many_numbers);
  tcase_add_test(tests, dequantize_gradient_of_scales_agrees_with_differences);
  tcase_add_test(tests, quantize_rejects_what_it_cannot_do_with_a_sentence);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
