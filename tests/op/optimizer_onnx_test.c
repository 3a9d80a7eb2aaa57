/* optimizer_onnx_test.c: Adagrad, Adam and Momentum of ai.onnx.preview.training: numbers worked by hand,
 * several tensors at once, rejections. */
#include "op_check.h"

static const char *const DOMAIN_NAME = "ai.onnx.preview.training";

static void begin(op_case *c, double rate, double updates) {
  op_case_real(c, (atr_shape){ 0 }, &rate);
  op_case_add(c, ATR_I64, (atr_shape){ 0 }, &updates);
}

static void mode(op_case *c, const char *name) {
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, "mode", name), ATR_OK);
}

START_TEST(adagrad_divides_by_the_root_of_all_squares) {
  op_case c = { 0 };
  begin(&c, 3, 2);
  op_case_real(&c, OP_SHAPE(2), (double[]){ 1, 2 });
  op_case_real(&c, OP_SHAPE(2), (double[]){ 2.5, -9 }); /* with half of x: 3 and -8 */
  op_case_real(&c, OP_SHAPE(2), (double[]){ 7, 36 });   /* 16 and 100 */
  op_check_float(&c, "norm_coefficient", 0.5f);
  op_check_float(&c, "decay_factor", 0.25f); /* the rate becomes 2 */
  op_check_float(&c, "epsilon", 2);
  OP_CHECK(&c, DOMAIN_NAME, "Adagrad", 2);
  OP_NEAR(&c, 0, 1e-12, 1 - 2 * 3 / 6.0, 2 + 2 * 8 / 12.0);
  OP_NEAR(&c, 1, 1e-12, 16, 100);
  op_case_free(&c);
}
END_TEST

START_TEST(adam_averages_gradients_and_their_squares) {
  op_case c = { 0 };
  begin(&c, 2, 0);
  op_case_real(&c, OP_SHAPE(1), (double[]){ 1 });
  op_case_real(&c, OP_SHAPE(1), (double[]){ 4 });
  op_case_real(&c, OP_SHAPE(1), (double[]){ 2 }); /* v: 3/4 · 2 + 1/4 · 4 = 2.5 */
  op_case_real(&c, OP_SHAPE(1), (double[]){ 2 }); /* h: 1/2 · 2 + 1/2 · 16 = 9 */
  op_check_float(&c, "alpha", 0.75f);
  op_check_float(&c, "beta", 0.5f);
  op_check_float(&c, "epsilon", 1);
  OP_CHECK(&c, DOMAIN_NAME, "Adam", 3);
  OP_NEAR(&c, 0, 1e-12, 1 - 2 * 2.5 / 4);
  OP_NEAR(&c, 1, 1e-12, 2.5);
  OP_NEAR(&c, 2, 1e-12, 9);
  c.in[1].v[0] = 2; /* the rate: 2 · √(3/4) / (7/16) */
  op_check_float(&c, "norm_coefficient_post", 0.5f);
  OP_CHECK(&c, DOMAIN_NAME, "Adam", 3);
  OP_NEAR(&c, 0, 1e-12, 0.5 * (1 - 2 * sqrt(0.75) / (7.0 / 16) * 2.5 / 4));
  op_case_free(&c);
}
END_TEST

START_TEST(momentum_standard_and_of_nesterov) {
  op_case c = { 0 };
  begin(&c, 2, 0);
  op_case_real(&c, OP_SHAPE(1), (double[]){ 8 });
  op_case_real(&c, OP_SHAPE(1), (double[]){ 1 }); /* with x / 4: 3 */
  op_case_real(&c, OP_SHAPE(1), (double[]){ 10 });
  op_check_float(&c, "alpha", 0.5f);
  op_check_float(&c, "beta", 0.25f);
  op_check_float(&c, "norm_coefficient", 0.25f);
  mode(&c, "standard");
  OP_CHECK(&c, DOMAIN_NAME, "Momentum", 2); /* v: 5 + 3, at first */
  OP_NEAR(&c, 0, 1e-12, 8 - 2 * 8);
  OP_NEAR(&c, 1, 1e-12, 8);
  c.in[1].v[0] = 1; /* v: 5 + 3 / 4 */
  OP_CHECK(&c, DOMAIN_NAME, "Momentum", 2);
  OP_NEAR(&c, 0, 1e-12, 8 - 2 * 5.75);
  OP_NEAR(&c, 1, 1e-12, 5.75);
  mode(&c, "nesterov");
  OP_CHECK(&c, DOMAIN_NAME, "Momentum", 2);
  OP_NEAR(&c, 0, 1e-12, 8 - 2 * (3 + 5.75 / 2));
  OP_NEAR(&c, 1, 1e-12, 5.75);
  op_case_free(&c);
}
END_TEST

/* Several tensors at once are as many steps of one. */
START_TEST(optimizer_onnx_takes_several_tensors) {
  static const char *const name[] = { "Adagrad", "Adam", "Momentum" };
  for (int k = 0; k < 3; k++) {
    const size_t states = k == 1 ? 2 : 1;
    op_case both = { 0 };
    mode(&both, "standard");
    begin(&both, 0.1f, 3);
    for (uint32_t g = 0; g < 2 + states; g++)
      for (uint32_t i = 0; i < 2; i++) {
        op_tensor *t = op_check_random(&both, i ? OP_SHAPE(5) : OP_SHAPE(2, 3), 10 * g + i);
        for (int64_t n = 0; g > 1 && n < t->count; n++) t->v[n] = fabs(t->v[n]);
      }
    OP_CHECK(&both, DOMAIN_NAME, name[k], 2 * (1 + states));
    for (size_t i = 0; i < 2; i++) {
      op_case one = { 0 };
      mode(&one, "standard");
      begin(&one, 0.1f, 3);
      for (size_t g = 0; g < 2 + states; g++)
        op_case_real(&one, both.in[2 + 2 * g + i].shape, both.in[2 + 2 * g + i].v);
      OP_CHECK(&one, DOMAIN_NAME, name[k], 1 + states);
      for (size_t o = 0; o < 1 + states; o++)
        op_case_near(&both, 2 * o + i, one.out[o].v, one.out[o].count, 0);
      op_case_free(&one);
    }
    op_case_free(&both);
  }
}
END_TEST

START_TEST(optimizer_onnx_rejects_what_it_cannot_do_with_a_sentence) {
  op_case c = { 0 };
  begin(&c, 0.1, 0);
  for (uint32_t i = 0; i < 3; i++) op_check_random(&c, OP_SHAPE(3), i);
  OP_CASE_REJECTS(&c, DOMAIN_NAME, "Momentum", 2, "mode is \"\", must be standard or nesterov");
  OP_CASE_REJECTS(&c, DOMAIN_NAME, "Adam", 3, "5 inputs; must be 2 and a multiple of 4");
  OP_CASE_REJECTS(&c, DOMAIN_NAME, "Adagrad", 3, "3 outputs of 1 tensors; must be 2");
  c.in[3].shape = OP_SHAPE(3, 1);
  OP_CASE_REJECTS(&c, DOMAIN_NAME, "Adagrad", 2, "input 3 has shape [3,1], what it belongs to has [3]");
  c.in[1].type = ATR_I32;
  OP_CASE_REJECTS(&c, DOMAIN_NAME, "Adagrad", 2, "input 1 is int32, only int64");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("optimizer_onnx");
  TCase *tests = tcase_create("optimizer_onnx");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, adagrad_divides_by_the_root_of_all_squares);
  tcase_add_test(tests, adam_averages_gradients_and_their_squares);
  tcase_add_test(tests, momentum_standard_and_of_nesterov);
  tcase_add_test(tests, optimizer_onnx_takes_several_tensors);
  tcase_add_test(tests, optimizer_onnx_rejects_what_it_cannot_do_with_a_sentence);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
