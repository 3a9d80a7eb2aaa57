/* loss_elementwise_test.c: MeanSquaredError, Huber, BinaryCrossEntropy and MeanAbsoluteError: hand-worked
 * sums, masks, finite differences, sizes that cross the parts of the sum, rejections, PyTorch's cases. */
#include "golden.h"
#include "op_case.h"
#include "op_plan.h"

#define ATROUS "org.atrous"
static const char *const losses[] = { "MeanSquaredError", "Huber", "BinaryCrossEntropy",
                                      "MeanAbsoluteError" };
enum { LOSSES = 4 };

START_TEST(losses_are_means_worked_by_hand) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 2), (double[]){ 1, 2, -3, 0 });
  op_case_real(&c, OP_SHAPE(2, 2), (double[]){ 0, 4, -3, 0.5 });
  OP_CASE_GOOD(op_case_run(&c, ATROUS, "MeanSquaredError", 2), &c);
  OP_NEAR(&c, 0, 1e-12, (1 + 4 + 0 + 0.25) / 4);
  OP_NEAR(&c, 1, 0, 4);
  OP_CASE_GOOD(op_case_run(&c, ATROUS, "MeanAbsoluteError", 1), &c);
  OP_NEAR(&c, 0, 1e-12, (1 + 2 + 0 + 0.5) / 4);
  OP_CASE_GOOD(op_case_run(&c, ATROUS, "Huber", 1), &c);
  OP_NEAR(&c, 0, 1e-12, (0.5 + 1.5 + 0 + 0.125) / 4);
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "delta", 0.25f), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, ATROUS, "Huber", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 0.25 * (0.875 + 1.875 + 0.375) / 4);
  c.in[1].v[0] = 0, c.in[1].v[1] = 1, c.in[1].v[2] = 0, c.in[1].v[3] = 1;
  OP_CASE_GOOD(op_case_run(&c, ATROUS, "BinaryCrossEntropy", 1), &c);
  OP_NEAR(&c, 0, 1e-12, (log(1 + exp(1)) + log(1 + exp(-2)) + log(1 + exp(-3)) + log(2)) / 4);
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "positive_weight", 3), ATR_OK); /* targets 0 1 0 1 */
  OP_CASE_GOOD(op_case_run(&c, ATROUS, "BinaryCrossEntropy", 1), &c);
  OP_NEAR(&c, 0, 1e-12, (log(1 + exp(1)) + 3 * log(1 + exp(-2)) + log(1 + exp(-3)) + 3 * log(2)) / 4);
  op_case_free(&c);
}
END_TEST

START_TEST(masked_elements_count_for_nothing_even_where_they_are_nan) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(4), (double[]){ 1, 2, -3, 0 });
  op_case_real(&c, OP_SHAPE(4), (double[]){ 0, 4, NAN, 0.5 });
  op_case_real(&c, OP_SHAPE(4), (double[]){ 1, 2, 0, 1 });
  OP_CASE_GOOD(op_case_run(&c, ATROUS, "MeanSquaredError", 2), &c);
  OP_NEAR(&c, 0, 1e-12, (1 + 8 + 0.25) / 4);
  OP_NEAR(&c, 1, 0, 4);
  op_plan_agree(&c, ATROUS, "MeanSquaredError");
  op_case g = { 0 };
  op_case_real(&g, (atr_shape){ 0 }, (double[]){ 2 });
  op_case_real(&g, (atr_shape){ 0 }, (double[]){ 4 });
  for (int i = 0; i < 3; i++) op_case_real(&g, OP_SHAPE(4), c.in[i].v);
  OP_CASE_GOOD(op_case_run(&g, ATROUS, "MeanSquaredErrorGrad", 1), &g);
  OP_NEAR(&g, 0, 1e-12, 1, -4, 0, -0.5);
  op_plan_agree(&g, ATROUS, "MeanSquaredErrorGrad");
  op_case_free(&g);
  for (int i = 0; i < 4; i++) c.in[2].v[i] = 0;
  OP_CASE_GOOD(op_case_run(&c, ATROUS, "MeanSquaredError", 2), &c);
  OP_NEAR(&c, 0, 0, 0);
  op_plan_agree(&c, ATROUS, "MeanSquaredError");
  op_case_free(&c);
}
END_TEST

START_TEST(losses_and_gradients_agree_on_every_backend_at_awkward_sizes) {
  static const int64_t sizes[] = { 1, 7, 63, 2047, 2048, 2049, 70001 };
  for (size_t k = 0; k < LOSSES; k++)
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
      for (int weighted = 0; weighted < 2; weighted++) {
        op_case c = { .tolerance = 2e-5 };
        op_case_fill(op_case_real(&c, OP_SHAPE(sizes[s]), NULL), 3);
        op_case_fill(op_case_real(&c, OP_SHAPE(sizes[s]), NULL), 4);
        if (weighted) op_case_fill(op_case_real(&c, OP_SHAPE(sizes[s]), NULL), 5);
        for (int64_t i = 0; i < sizes[s]; i++) {
          c.in[0].v[i] = 4 * c.in[0].v[i] + 1 / 1024.0; /* never equal to a target */
          if (k == 2) c.in[1].v[i] = fabs(c.in[1].v[i]);
          if (weighted) c.in[2].v[i] = fabs(c.in[2].v[i]) + 0.25;
        }
        if (k == 2 && weighted)
          ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "positive_weight", 2.5f), ATR_OK);
        OP_CASE_GOOD(op_case_run(&c, ATROUS, losses[k], 2), &c);
        op_plan_agree(&c, ATROUS, losses[k]);
        if (s < 3) {
          c.n_out = 1;
          op_plan_gradient(&c, ATROUS, losses[k], 1, 0);
        }
        op_case_free(&c);
      }
}
END_TEST

START_TEST(binary_cross_entropy_does_not_overflow) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2), (double[]){ 1000, -1000 });
  op_case_real(&c, OP_SHAPE(2), (double[]){ 0, 0 });
  OP_CASE_GOOD(op_case_run(&c, ATROUS, "BinaryCrossEntropy", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 500);
  op_plan_agree(&c, ATROUS, "BinaryCrossEntropy");
  op_case_free(&c);
}
END_TEST

START_TEST(binary_cross_entropy_keeps_its_digits_where_it_is_small) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1), (double[]){ -15 });
  op_case_real(&c, OP_SHAPE(1), (double[]){ 0 });
  for (int k = 0; k < 2; k++) {
    c.in[0].v[0] = k ? 15 : -15;
    c.in[1].v[0] = k;
    OP_CASE_GOOD(op_case_run(&c, ATROUS, "BinaryCrossEntropy", 1), &c);
    ck_assert_double_eq_tol(c.out[0].v[0] / exp(-15), 1, 1e-6); /* log(1 + e^-15) */
  }
  op_case_free(&c);
}
END_TEST

START_TEST(losses_reject_a_target_of_another_shape) {
  for (size_t k = 0; k < LOSSES; k++) {
    op_case c = { 0 };
    op_case_real(&c, OP_SHAPE(2, 3), NULL);
    op_case_real(&c, OP_SHAPE(3, 2), NULL);
    OP_CASE_REJECTS(&c, ATROUS, losses[k], 1, "its target [3,2]");
    op_case_free(&c);
  }
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2), NULL);
  op_case_real(&c, OP_SHAPE(2), NULL);
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "delta", 0), ATR_OK);
  OP_CASE_REJECTS(&c, ATROUS, "Huber", 1, "delta is 0");
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "positive_weight", -1), ATR_OK);
  OP_CASE_REJECTS(&c, ATROUS, "BinaryCrossEntropy", 1, "positive_weight is -1");
  op_case_free(&c);
}
END_TEST

static int torch_case(json_t *root, const char *torch, const char *op) {
  int seen = 0;
  size_t at = 0;
  for (json_t *one; (one = golden_next(root, torch, &at)); seen++) {
    atr_shape shape;
    op_case c = { 0 }, g = { 0 };
    double *x = golden_values(one, "inputs", "x", &shape), *t = golden_values(one, "inputs", "target", NULL);
    double *y = golden_values(one, "outputs", "y", NULL), *dy = golden_values(one, "grad_outputs", "y", NULL);
    double *dx = golden_values(one, "grads", "x", NULL);
    op_case_real(&c, shape, x);
    op_case_real(&c, shape, t);
    OP_CASE_GOOD(op_case_run(&c, ATROUS, op, 2), &c);
    OP_NEAR(&c, 0, 1e-6, y[0]);
    op_plan_agree(&c, ATROUS, op);
    op_case_real(&g, (atr_shape){ 0 }, dy);
    op_case_real(&g, (atr_shape){ 0 }, c.out[1].v);
    op_case_real(&g, shape, x);
    op_case_real(&g, shape, t);
    char name[64];
    snprintf(name, sizeof name, "%sGrad", op);
    OP_CASE_GOOD(op_case_run(&g, ATROUS, name, 1), &g);
    op_case_near(&g, 0, dx, g.out[0].count, 1e-6);
    op_plan_agree(&g, ATROUS, name);
    op_case_free(&c);
    op_case_free(&g);
    free(x), free(t), free(y), free(dy), free(dx);
  }
  return seen;
}

START_TEST(losses_agree_with_pytorch) {
  json_t *root = golden_load("loss.json");
  if (!root) return;
  ck_assert_int_gt(torch_case(root, "mse", "MeanSquaredError"), 0);
  ck_assert_int_gt(torch_case(root, "huber", "Huber"), 0);
  ck_assert_int_gt(torch_case(root, "l1", "MeanAbsoluteError"), 0);
  ck_assert_int_gt(torch_case(root, "smooth_l1", "Huber"), 0);
  ck_assert_int_gt(torch_case(root, "bce_with_logits", "BinaryCrossEntropy"), 0);
  json_decref(root);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("loss_elementwise");
  TCase *tests = tcase_create("loss_elementwise");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, losses_are_means_worked_by_hand);
  tcase_add_test(tests, masked_elements_count_for_nothing_even_where_they_are_nan);
  tcase_add_test(tests, losses_and_gradients_agree_on_every_backend_at_awkward_sizes);
  tcase_add_test(tests, binary_cross_entropy_does_not_overflow);
  tcase_add_test(tests, binary_cross_entropy_keeps_its_digits_where_it_is_small);
  tcase_add_test(tests, losses_reject_a_target_of_another_shape);
  tcase_add_test(tests, losses_agree_with_pytorch);
  suite_add_tcase(suite, tests);
  const int result = op_test_main(suite);
  op_plan_close();
  return result;
}
