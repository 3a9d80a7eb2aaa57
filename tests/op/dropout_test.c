/* dropout_test.c: Dropout and its gradient: identity where it must be, the share that is kept, the same mask
 * for the same seed and step on host and device, the gradient's mask, rejections. */
#include "base/random.h"
#include "op_case.h"

/* x, ratio, training_mode and the step (low, high), unless low < 0. */
static void build(op_case *c, int64_t n, double ratio, int training, double low, double high) {
  op_tensor *x = op_case_real(c, OP_SHAPE(n), NULL);
  for (int64_t i = 0; i < n; i++) x->v[i] = 1 + (double)(i % 7);
  const atr_shape scalar = { 0 };
  op_case_constant(c, ATR_F32, scalar, &ratio);
  op_case_constant(c, ATR_BOOL, scalar, (double[]){ training });
  if (low >= 0) op_case_add(c, ATR_I32, OP_SHAPE(2), (double[]){ low, high });
}

START_TEST(dropout_is_the_identity_outside_training) {
  for (int i = 0; i < 3; i++) {
    op_case c = { 0 };
    if (i == 0)
      op_case_fill(op_case_real(&c, OP_SHAPE(3, 3), NULL), 1);
    else
      build(&c, 9, i == 1 ? 0.5 : 0, i == 2, -1, 0);
    OP_CASE_GOOD(op_case_run(&c, "", "Dropout", 2), &c);
    for (int64_t k = 0; k < 9; k++) {
      ck_assert_double_eq(c.out[0].v[k], c.in[0].v[k]);
      ck_assert_double_eq(c.out[1].v[k], 1);
    }
    op_case_free(&c);
  }
}
END_TEST

START_TEST(dropout_keeps_its_share_and_scales_it) {
  static const double ratios[] = { 0.1, 0.25, 0.5, 0.9 };
  for (size_t r = 0; r < 4; r++) {
    op_case c = { 0 };
    build(&c, 40001, ratios[r], 1, 3, 0);
    OP_CASE_GOOD(op_case_run(&c, "", "Dropout", 2), &c);
    double kept = 0;
    for (int64_t k = 0; k < 40001; k++) {
      kept += c.out[1].v[k];
      ck_assert_double_eq_tol(c.out[0].v[k], c.out[1].v[k] * c.in[0].v[k] / (1 - ratios[r]), 1e-4);
    }
    /* Four standard deviations of a binomial share. */
    ck_assert_double_eq_tol(kept / 40001, 1 - ratios[r], 4 * sqrt(ratios[r] * (1 - ratios[r]) / 40001));
    op_case_free(&c);
  }
}
END_TEST

START_TEST(dropout_masks_are_those_of_the_host_generator) {
  op_case c = { 0 };
  build(&c, 1003, 0.25, 1, 5, -2); /* high word 0xfffffffe */
  ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "seed", 0x123456789abcdef), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "Dropout", 2), &c);
  for (int64_t k = 0; k < 1003; k++) {
    const uint32_t counter[4] = { (uint32_t)(k / 64 * 16 + k % 16), 0, 5, 0xfffffffeu };
    uint32_t word[4];
    atr__philox(0x123456789abcdefu, counter, word);
    ck_assert_int_eq((int)c.out[1].v[k], word[k / 16 % 4] >> 8 >= 1u << 22);
  }
  op_case_free(&c);
}
END_TEST

static double differ(const op_case *a, const op_case *b) {
  double sum = 0;
  for (int64_t k = 0; k < a->out[1].count; k++) sum += a->out[1].v[k] != b->out[1].v[k];
  return sum / (double)a->out[1].count;
}

START_TEST(dropout_changes_with_step_and_seed_and_with_nothing_else) {
  op_case c[4];
  memset(c, 0, sizeof c);
  for (int i = 0; i < 4; i++) {
    build(&c[i], 4000, 0.5, 1, i == 2 ? 8 : 7, 0);
    ck_assert_int_eq(atr__attrs_set_int(&c[i].attrs, "seed", i == 3 ? 2 : 1), ATR_OK);
    OP_CASE_GOOD(op_case_run(&c[i], "", "Dropout", 2), &c[i]);
  }
  ck_assert_double_eq(differ(&c[0], &c[1]), 0);
  ck_assert_double_eq_tol(differ(&c[0], &c[2]), 0.5, 0.04);
  ck_assert_double_eq_tol(differ(&c[0], &c[3]), 0.5, 0.04);
  for (int i = 0; i < 4; i++) op_case_free(&c[i]);
}
END_TEST

START_TEST(dropout_gradient_goes_where_the_mask_let_through) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(4), (double[]){ 1, 2, 3, 4 });
  op_case_add(&c, ATR_BOOL, OP_SHAPE(4), (double[]){ 1, 0, 0, 1 });
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "ratio", 0.75f), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "org.atrous", "DropoutGrad", 1), &c);
  OP_NEAR(&c, 0, 1e-7, 4, 0, 0, 16);
  op_case_free(&c);
}
END_TEST

START_TEST(dropout_rejects_what_it_cannot_do_with_a_sentence) {
  op_case c = { 0 };
  build(&c, 4, 1, 1, 0, 0);
  OP_CASE_REJECTS(&c, "", "Dropout", 1, "ratio is 1, must be in [0, 1)");
  c.in[1].v[0] = NAN;
  OP_CASE_REJECTS(&c, "", "Dropout", 1, "ratio is");
  c.in[1].v[0] = 0.5;
  c.in[2].constant = 0;
  OP_CASE_REJECTS(&c, "", "Dropout", 1, "training_mode is computed while running");
  c.in[2].constant = 1;
  c.in[3].shape.dim[0] = 1;
  OP_CASE_REJECTS(&c, "", "Dropout", 1, "the step must be int32 [2]");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(4), NULL);
  op_case_real(&c, OP_SHAPE(4), NULL);
  OP_CASE_REJECTS(&c, "org.atrous", "DropoutGrad", 1, "the mask is float32 [4]");
  op_case_free(&c);
}
END_TEST

START_TEST(dropout_is_differentiated_in_a_model) {
  for (int training = 0; training < 2; training++) {
    op_case c = { 0 };
    build(&c, 37, 0.25, training, 5, 1);
    OP_CASE_GOOD(op_case_run(&c, "", "Dropout", 1), &c);
    op_plan_gradient(&c, "", "Dropout", 1, 0);
    op_case_free(&c);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("dropout");
  TCase *tests = tcase_create("dropout");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, dropout_is_the_identity_outside_training);
  tcase_add_test(tests, dropout_keeps_its_share_and_scales_it);
  tcase_add_test(tests, dropout_masks_are_those_of_the_host_generator);
  tcase_add_test(tests, dropout_changes_with_step_and_seed_and_with_nothing_else);
  tcase_add_test(tests, dropout_gradient_goes_where_the_mask_let_through);
  tcase_add_test(tests, dropout_rejects_what_it_cannot_do_with_a_sentence);
  tcase_add_test(tests, dropout_is_differentiated_in_a_model);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
