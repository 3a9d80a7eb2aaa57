/* matmul_integer_test.c: MatMulInteger and QLinearMatMul: numbers worked by hand, MatMul of the same numbers
 * as reals (exact where sums stay below 2^24), wrapping, rejections. Scales are powers of two, so that halves
 * are halves in float32 and in double. */
#include "op_check.h"

/* Bytes that look random, in the type's range. */
static op_tensor *bytes(op_case *c, atr_type type, atr_shape shape, uint32_t seed) {
  op_tensor *t = op_case_add(c, type, shape, NULL);
  op_case_fill(t, seed);
  for (int64_t i = 0; i < t->count; i++) t->v[i] = floor(t->v[i] * 128) + (type == ATR_U8 ? 128 : 0);
  return t;
}

START_TEST(matmul_integer_with_zero_points_of_every_form) {
  op_case c = { 0 };
  op_case_add(&c, ATR_U8, OP_SHAPE(2, 3), (double[]){ 11, 12, 13, 20, 0, 255 });
  op_case_add(&c, ATR_I8, OP_SHAPE(3, 2), (double[]){ 1, -1, 2, -2, 3, -128 });
  OP_CHECK(&c, "", "MatMulInteger", 1);
  ck_assert_int_eq(c.out[0].type, ATR_I32);
  OP_NEAR(&c, 0, 0, 74, -35 - 13 * 128, 785, -20 - 255 * 128);
  op_case_add(&c, ATR_U8, (atr_shape){ 0 }, (double[]){ 10 }); /* a: 1 2 3; 10 -10 245 */
  OP_CHECK(&c, "", "MatMulInteger", 1);
  OP_NEAR(&c, 0, 0, 14, -5 - 384, 10 - 20 + 735, -10 + 20 - 245 * 128);
  op_case_add(&c, ATR_I8, OP_SHAPE(2), (double[]){ 1, -2 }); /* b: 0 1; 1 0; 2 -126 */
  OP_CHECK(&c, "", "MatMulInteger", 1);
  OP_NEAR(&c, 0, 0, 8, 1 - 378, -10 + 490, 10 - 245 * 126);
  free(c.in[2].v);
  c.in[2].v = calloc(3, sizeof(double));
  c.in[2].shape = OP_SHAPE(2); /* one a row */
  c.in[2].count = 2;
  c.in[2].v[0] = 10;
  c.in[2].v[1] = 0; /* a: 1 2 3; 20 0 255 */
  OP_CHECK(&c, "", "MatMulInteger", 1);
  OP_NEAR(&c, 0, 0, 8, 1 - 378, 510, 20 - 255 * 126);
  c.in[2].shape = OP_SHAPE(2, 1);
  c.in[3].shape = OP_SHAPE(1, 2);
  OP_CHECK(&c, "", "MatMulInteger", 1);
  OP_NEAR(&c, 0, 0, 8, 1 - 378, 510, 20 - 255 * 126);
  op_case_free(&c);
}
END_TEST

START_TEST(matmul_integer_agrees_with_matmul_of_the_differences) {
  static const atr_type type[] = { ATR_U8, ATR_I8 };
  static const struct {
    atr_shape a, b, a_zero, b_zero;
  } list[] = {
    { { 2, { 5, 7 } }, { 2, { 7, 3 } }, { 1, { 1 } }, { 0, { 0 } } },
    { { 3, { 4, 5, 7 } }, { 3, { 4, 7, 3 } }, { 3, { 4, 5, 1 } }, { 3, { 4, 1, 3 } } },
    { { 4, { 2, 1, 5, 7 } }, { 3, { 3, 7, 2 } }, { 3, { 1, 5, 1 } }, { 2, { 1, 2 } } },
    { { 1, { 7 } }, { 3, { 3, 7, 2 } }, { 0, { 0 } }, { 3, { 3, 1, 2 } } },
    { { 3, { 3, 2, 7 } }, { 1, { 7 } }, { 1, { 2 } }, { 0, { 0 } } },
    { { 1, { 7 } }, { 1, { 7 } }, { 0, { 0 } }, { 0, { 0 } } },
    { { 2, { 3, 0 } }, { 2, { 0, 2 } }, { 0, { 0 } }, { 0, { 0 } } },
  };
  for (size_t k = 0; k < sizeof list / sizeof *list; k++) {
    op_case c = { 0 }, f = { 0 }, d = { 0 };
    const atr_type at = type[k & 1], bt = type[k >> 1 & 1];
    bytes(&c, at, list[k].a, 1);
    bytes(&c, bt, list[k].b, 2);
    bytes(&c, at, list[k].a_zero, 3);
    bytes(&c, bt, list[k].b_zero, 4);
    OP_CHECK(&c, "", "MatMulInteger", 1);
    for (int i = 0; i < 2; i++) { /* Sub of reals broadcasts the zero points */
      atr_shape zero = c.in[2 + i].shape;
      if (i == 0 && zero.rank == 1) zero = OP_SHAPE(zero.dim[0], 1);
      op_case_real(&d, c.in[i].shape, c.in[i].v);
      op_case_real(&d, zero, c.in[2 + i].v);
      OP_CASE_GOOD(op_case_run(&d, "", "Sub", 1), &d);
      op_case_real(&f, d.out[0].shape, d.out[0].v);
      op_case_free(&d);
    }
    OP_CASE_GOOD(op_case_run(&f, "", "MatMul", 1), &f);
    op_check_shape(&c, 0, f.out[0].shape);
    op_case_near(&c, 0, f.out[0].v, f.out[0].count, 0);
    op_case_free(&c);
    op_case_free(&f);
  }
}
END_TEST

/* 33100 products of 255 · 255 are above 2^31. */
START_TEST(matmul_integer_wraps_beyond_32_bits) {
  op_case c = { 0 };
  op_case_add(&c, ATR_U8, OP_SHAPE(33100), NULL);
  op_case_add(&c, ATR_U8, OP_SHAPE(33100), NULL);
  for (int i = 0; i < 33100; i++) c.in[0].v[i] = c.in[1].v[i] = 255;
  OP_CHECK(&c, "", "MatMulInteger", 1);
  OP_NEAR(&c, 0, 0, 33100.0 * 255 * 255 - 4294967296.0);
  op_case_free(&c);
}
END_TEST

static void scaled(op_case *c, atr_type at, atr_type bt, atr_type yt, int vary) {
  const atr_shape one = { 0 };
  op_case_add(c, at, OP_SHAPE(2, 1), (double[]){ 11, 16 });
  op_case_real(c, vary ? OP_SHAPE(2) : one, (double[]){ 0.5, 2 });
  op_case_add(c, at, vary ? OP_SHAPE(2) : one, (double[]){ 10, 13 });
  op_case_add(c, bt, OP_SHAPE(1, 3), (double[]){ 3, 7, 0 });
  op_case_real(c, vary ? OP_SHAPE(3) : one, (double[]){ 1, 0.25, 16 });
  op_case_add(c, bt, vary ? OP_SHAPE(3) : one, (double[]){ 2, 4, 2 });
  op_case_real(c, one, (double[]){ 0.5 });
  op_case_add(c, yt, one, (double[]){ 1 });
}

START_TEST(qlinear_matmul_scales_rounds_and_saturates) {
  static const atr_type type[] = { ATR_U8, ATR_I8 };
  for (int k = 0; k < 8; k++) {
    const double low = k >> 2 ? -128 : 0;
    op_case c = { 0 };
    scaled(&c, type[k & 1], type[k >> 1 & 1], type[k >> 2], 0);
    OP_CHECK(&c, "", "QLinearMatMul", 1); /* factor 1: (1, 6) times (1, 5, -2), plus 1 */
    ck_assert_int_eq(c.out[0].type, type[k >> 2]);
    OP_NEAR(&c, 0, 0, 2, 6, k >> 2 ? -1 : 0, 7, 31, k >> 2 ? -11 : 0);
    op_case_free(&c);
    scaled(&c, type[k & 1], type[k >> 1 & 1], type[k >> 2], 1);
    OP_CHECK(&c, "", "QLinearMatMul", 1);
    /* (1, 3) times (1, 3, -2): 1 3 -2; 3 9 -6; factors 1 1/4 16; 4 1 64: 1 0.75 -32; 12 9 -384 */
    OP_NEAR(&c, 0, 0, 2, 2, k >> 2 ? -31 : 0, 13, 10, low);
    op_case_free(&c);
  }
  op_case c = { 0 };
  scaled(&c, ATR_U8, ATR_U8, ATR_U8, 0); /* factor 1/2: 0.5 2.5 -1; 3 15 -6: halves to even, then 1 */
  c.in[6].v[0] = 1;
  OP_CHECK(&c, "", "QLinearMatMul", 1);
  OP_NEAR(&c, 0, 0, 1, 3, 0, 4, 16, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(matmul_integer_rejects_what_it_cannot_do_with_a_sentence) {
  op_case c = { 0 };
  bytes(&c, ATR_U8, OP_SHAPE(2, 3), 1);
  bytes(&c, ATR_I8, OP_SHAPE(2, 3), 1);
  OP_CASE_REJECTS(&c, "", "MatMulInteger", 1, "do not share their inner dimension");
  c.in[1].shape = OP_SHAPE(3, 2);
  bytes(&c, ATR_I8, OP_SHAPE(2), 1);
  OP_CASE_REJECTS(&c, "", "MatMulInteger", 1, "input 2 is int8, must be uint8");
  c.in[2].type = ATR_U8;
  c.in[2].shape = OP_SHAPE(1, 2);
  OP_CASE_REJECTS(&c, "", "MatMulInteger", 1, "one number a row of the product [2,2]");
  c.in[2].shape = OP_SHAPE(2);
  bytes(&c, ATR_I8, OP_SHAPE(3), 1);
  OP_CASE_REJECTS(&c, "", "MatMulInteger", 1, "one number a column of the product [2,2]");
  c.in[0].type = ATR_F32;
  OP_CASE_REJECTS(&c, "", "MatMulInteger", 1, "input 0 is float32, only uint8 and int8");
  op_case_free(&c);
  scaled(&c, ATR_U8, ATR_U8, ATR_U8, 1);
  c.in[2].shape = (atr_shape){ 0 };
  OP_CASE_REJECTS(&c, "", "QLinearMatMul", 1, "the scale has shape [2], its zero point []");
  c.in[2].shape = OP_SHAPE(2);
  c.in[7].type = ATR_I32;
  OP_CASE_REJECTS(&c, "", "QLinearMatMul", 1, "input 7 is int32");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("matmul_integer");
  TCase *tests = tcase_create("matmul_integer");
  tcase_set_timeout(tests, 240);
  tcase_add_test(tests, matmul_integer_with_zero_points_of_every_form);
  tcase_add_test(tests, matmul_integer_agrees_with_matmul_of_the_differences);
  tcase_add_test(tests, matmul_integer_wraps_beyond_32_bits);
  tcase_add_test(tests, qlinear_matmul_scales_rounds_and_saturates);
  tcase_add_test(tests, matmul_integer_rejects_what_it_cannot_do_with_a_sentence);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
