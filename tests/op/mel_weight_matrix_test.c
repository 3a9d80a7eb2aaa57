/* mel_weight_matrix_test.c: MelWeightMatrix: each band is a triangle that peaks at 1, the worked example of
 * ONNX. */
#include "op_check.h"

static void of(op_case *c, double bands, double length, double rate, double low, double high) {
  op_case_constant(c, ATR_I64, atr__shape_of(0, NULL), &bands);
  op_case_constant(c, ATR_I64, atr__shape_of(0, NULL), &length);
  op_case_constant(c, ATR_I64, atr__shape_of(0, NULL), &rate);
  op_case_constant(c, ATR_F32, atr__shape_of(0, NULL), &low);
  op_case_constant(c, ATR_F32, atr__shape_of(0, NULL), &high);
}

/* The matrix in ONNX's documentation of the operator: 9 bins in 8 bands. */
START_TEST(mel_weight_matrix_of_the_documentation) {
  op_case c = { 0 };
  of(&c, 8, 16, 8192, 0, 4096);
  OP_CHECK(&c, "", "MelWeightMatrix", 1);
  op_check_shape(&c, 0, OP_SHAPE(9, 8));
  OP_NEAR(&c, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, /**/ 0, 0, 1, 1, 0, 0, 0, 0, /**/ 0, 0, 0, 0, 1, 0, 0, 0, /**/ 0,
          0, 0, 0, 0, 1, 0, 0, /**/ 0, 0, 0, 0, 0, 0, 1, 0, /**/ 0, 0, 0, 0, 0, 0, 0, 1, /**/ 0, 0, 0, 0, 0,
          0, 0, 0, /**/ 0, 0, 0, 0, 0, 0, 0, 0, /**/ 0, 0, 0, 0, 0, 0, 0, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(mel_weight_matrix_has_a_triangle_a_band) {
  op_case c = { 0 };
  of(&c, 20, 1024, 16000, 20, 8000);
  OP_CHECK(&c, "", "MelWeightMatrix", 1);
  for (int band = 0; band < 20; band++) {
    int peak = 0;
    for (int bin = 0; bin < 513; bin++)
      if (c.out[0].v[bin * 20 + band] > c.out[0].v[peak * 20 + band]) peak = bin;
    ck_assert_double_eq(c.out[0].v[peak * 20 + band], 1);
    for (int bin = 1; bin < 513; bin++) {
      const double before = c.out[0].v[(bin - 1) * 20 + band], here = c.out[0].v[bin * 20 + band];
      ck_assert(bin <= peak ? here >= before : here <= before);
    }
  }
  op_case_free(&c);
  of(&c, 4, 0, 16000, 20, 8000);
  OP_CASE_REJECTS(&c, "", "MelWeightMatrix", 1, "dft_length is 0");
  op_case_free(&c);
  of(&c, 4, 16, 16000, 80, 20);
  OP_CASE_REJECTS(&c, "", "MelWeightMatrix", 1, "the edges are 80 and 20 hertz");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("mel_weight_matrix");
  TCase *tests = tcase_create("mel_weight_matrix");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, mel_weight_matrix_of_the_documentation);
  tcase_add_test(tests, mel_weight_matrix_has_a_triangle_a_band);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
