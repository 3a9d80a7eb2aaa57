/* batch_normalization_test.c: BatchNormalization and its gradient: hand-worked statistics, properties of a
 * normalised batch, finite differences, rejections, PyTorch's cases. */
#include "golden.h"
#include "op_case.h"

static void training(op_case *c) {
  ck_assert_int_eq(atr__attrs_set_int(&c->attrs, "training_mode", 1), ATR_OK);
}

/* x of the given shape, then scale, bias, mean and var of its channels. */
static void fill(op_case *c, atr_shape shape) {
  op_case_fill(op_case_real(c, shape, NULL), 11);
  for (uint32_t i = 0; i < 4; i++) {
    op_tensor *v = op_case_real(c, OP_SHAPE(shape.dim[1]), NULL);
    op_case_fill(v, 20 + i);
    for (int64_t k = 0; k < v->count && i == 3; k++) v->v[k] = 1.25 + v->v[k];
  }
}

START_TEST(batch_normalization_uses_the_given_statistics) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 2, 2), (double[]){ 1, 3, 10, 20 });
  op_case_real(&c, OP_SHAPE(2), (double[]){ 2, 1 });
  op_case_real(&c, OP_SHAPE(2), (double[]){ 0, 5 });
  op_case_real(&c, OP_SHAPE(2), (double[]){ 1, 10 });
  op_case_real(&c, OP_SHAPE(2), (double[]){ 3, 15 });
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "epsilon", 1), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "BatchNormalization", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 0, 2, 5, 7.5);
  op_case_free(&c);
}
END_TEST

START_TEST(batch_normalization_learns_the_batch_statistics) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 1, 2), (double[]){ 1, 3, 5, 7 }); /* mean 4, variance 5, unbiased 20/3 */
  op_case_real(&c, OP_SHAPE(1), (double[]){ 3 });
  op_case_real(&c, OP_SHAPE(1), (double[]){ 1 });
  op_case_real(&c, OP_SHAPE(1), (double[]){ 8 });
  op_case_real(&c, OP_SHAPE(1), (double[]){ 2 });
  training(&c);
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "epsilon", 4), ATR_OK);
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "momentum", 0.75f), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "BatchNormalization", 5), &c);
  OP_NEAR(&c, 0, 1e-12, -2, 0, 2, 4);
  OP_NEAR(&c, 1, 1e-12, 7);
  OP_NEAR(&c, 2, 1e-12, 2.75);
  OP_NEAR(&c, 3, 1e-12, 4);
  OP_NEAR(&c, 4, 1e-12, 1.0 / 3);
  ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "unbiased", 1), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "BatchNormalization", 3), &c);
  OP_NEAR(&c, 2, 1e-12, 1.5 + 20.0 / 3 / 4);
  op_case_free(&c);
}
END_TEST

START_TEST(batch_normalization_gives_every_channel_mean_0_and_variance_1) {
  const atr_shape shapes[] = { OP_SHAPE(7, 3),         OP_SHAPE(33, 5),      OP_SHAPE(2, 3, 1),
                               OP_SHAPE(3, 2, 17),     OP_SHAPE(1, 4, 5, 7), OP_SHAPE(3, 2, 65, 67),
                               OP_SHAPE(2, 3, 2, 3, 5) };
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    op_case c = { 0 };
    fill(&c, shapes[i]);
    const int64_t channels = shapes[i].dim[1], inner = atr__shape_span(&shapes[i], 2, shapes[i].rank);
    for (int64_t k = 0; k < c.in[0].count; k++) c.in[0].v[k] = 1000 + 4 * c.in[0].v[k]; /* far from 0 */
    for (int64_t k = 0; k < channels; k++) {
      c.in[1].v[k] = 1;
      c.in[2].v[k] = 0;
    }
    training(&c);
    ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "epsilon", 0), ATR_OK);
    c.tolerance = 2e-4; /* 1000 in float is known to 6e-5 */
    OP_CASE_GOOD(op_case_run(&c, "", "BatchNormalization", 5), &c);
    for (int64_t k = 0; k < channels; k++) {
      double sum = 0, squares = 0;
      for (int64_t j = 0; j < c.in[0].count; j++)
        if (j / inner % channels == k) {
          sum += c.out[0].v[j];
          squares += c.out[0].v[j] * c.out[0].v[j];
        }
      const double count = (double)(c.in[0].count / channels);
      ck_assert_double_eq_tol(sum / count, 0, 1e-9);
      ck_assert_double_eq_tol(squares / count, 1, 1e-9);
    }
    op_case_free(&c);
  }
}
END_TEST

START_TEST(batch_normalization_of_a_constant_channel_is_its_bias) {
  op_case c = { 0 };
  fill(&c, OP_SHAPE(2, 2, 9, 9));
  for (int64_t k = 0; k < c.in[0].count; k++) c.in[0].v[k] = 0.3;
  training(&c);
  c.tolerance = 1e-4; /* the mean's rounding over sqrt(epsilon) */
  OP_CASE_GOOD(op_case_run(&c, "", "BatchNormalization", 5), &c);
  for (int64_t k = 0; k < c.in[0].count; k++)
    ck_assert_double_eq_tol(c.out[0].v[k], c.in[2].v[k / 81 % 2], 1e-9);
  op_case_free(&c);
}
END_TEST

/* The gradient of the forward case `c`, run with five outputs. */
static void grad(op_case *c, const double *dy, op_case *g) {
  *g = (op_case){ .tolerance = c->tolerance };
  ck_assert_int_eq(atr__attrs_copy(&g->attrs, &c->attrs), ATR_OK);
  op_case_real(g, c->in[0].shape, dy);
  op_case_real(g, c->in[0].shape, c->in[0].v);
  op_case_real(g, c->in[1].shape, c->in[1].v);
  op_case_real(g, c->out[3].shape, c->out[3].v);
  op_case_real(g, c->out[4].shape, c->out[4].v);
  OP_CASE_GOOD(op_case_run(g, "org.atrous", "BatchNormalizationGrad", 3), g);
}

START_TEST(batch_normalization_gradient_agrees_with_finite_differences) {
  const atr_shape shapes[] = { OP_SHAPE(5, 3), OP_SHAPE(2, 3, 5), OP_SHAPE(2, 2, 3, 7) };
  for (size_t i = 0; i < 6; i++) {
    op_case c = { 0 }, g;
    fill(&c, shapes[i / 2]);
    if (i % 2) training(&c);
    OP_CASE_GOOD(op_case_run(&c, "", "BatchNormalization", 5), &c);
    op_tensor dy = { .count = c.out[0].count, .v = calloc((size_t)c.out[0].count, 8) };
    ck_assert_ptr_nonnull(dy.v);
    op_case_fill(&dy, 9);
    grad(&c, dy.v, &g);
    for (size_t in = 0; in < 3; in++)
      for (int64_t k = 0; k < c.in[in].count; k++) {
        const double was = c.in[in].v[k], step = 1.0 / 8192;
        double slope = 0;
        for (int sign = -1; sign <= 1; sign += 2) {
          c.in[in].v[k] = was + sign * step;
          OP_CASE_GOOD(op_case_run(&c, "", "BatchNormalization", 1), &c);
          for (int64_t j = 0; j < dy.count; j++) slope += sign * dy.v[j] * c.out[0].v[j] / (2 * step);
        }
        c.in[in].v[k] = was;
        ck_assert_double_eq_tol(slope, g.out[in].v[k], 1e-6);
      }
    free(dy.v);
    op_case_free(&g);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(batch_normalization_agrees_at_awkward_sizes) {
  const atr_shape shapes[] = { OP_SHAPE(1, 1, 4097), OP_SHAPE(3, 5, 16), OP_SHAPE(9, 2, 15, 17),
                               OP_SHAPE(1, 40, 4, 4), OP_SHAPE(2, 1, 70, 130) };
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    op_case c = { .tolerance = 3e-5 }, g;
    fill(&c, shapes[i]);
    OP_CASE_GOOD(op_case_run(&c, "", "BatchNormalization", 1), &c);
    training(&c);
    OP_CASE_GOOD(op_case_run(&c, "", "BatchNormalization", 5), &c);
    op_tensor dy = { .count = c.out[0].count, .v = calloc((size_t)c.out[0].count, 8) };
    ck_assert_ptr_nonnull(dy.v);
    op_case_fill(&dy, 9);
    grad(&c, dy.v, &g);
    double sum = 0; /* a batch-normalised output does not change when the input is shifted */
    for (int64_t k = 0; k < g.out[0].count; k++) sum += g.out[0].v[k];
    ck_assert_double_eq_tol(sum, 0, 1e-8);
    free(dy.v);
    op_case_free(&g);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(batch_normalization_rejects_what_it_cannot_do_with_a_sentence) {
  op_case c = { 0 };
  fill(&c, OP_SHAPE(2, 3, 4));
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "epsilon", -1), ATR_OK);
  OP_CASE_REJECTS(&c, "", "BatchNormalization", 1, "epsilon is -1");
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "epsilon", 0), ATR_OK);
  c.in[2].shape = OP_SHAPE(2);
  OP_CASE_REJECTS(&c, "", "BatchNormalization", 1, "input 2 has shape [2], must be [3]");
  op_case_free(&c);
  fill(&c, OP_SHAPE(1, 3));
  training(&c);
  ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "unbiased", 1), ATR_OK);
  OP_CASE_REJECTS(&c, "", "BatchNormalization", 5, "no unbiased variance");
  op_case_free(&c);
  fill(&c, OP_SHAPE(0, 3));
  training(&c);
  OP_CASE_REJECTS(&c, "", "BatchNormalization", 5, "without elements");
  op_case_free(&c);
}
END_TEST

static void torch_cases(const char *op, int train) {
  json_t *root = golden_load("norm.json"), *one;
  if (!root) return;
  int seen = 0;
  for (size_t i = 0; (one = golden_next(root, op, &i)); seen++) {
    op_case c = { .tolerance = 2e-5 }, g;
    static const char *const names[] = { "x", "w", "b", "rm", "rv" };
    for (size_t k = 0; k < 5; k++) {
      atr_shape shape;
      double *v = golden_values(one, "inputs", names[k], &shape);
      op_case_real(&c, shape, v);
      free(v);
    }
    if (train) { /* PyTorch's momentum is the weight of the new, ONNX's of the old */
      training(&c);
      ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "unbiased", 1), ATR_OK);
      ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "momentum", 0.9f), ATR_OK);
    }
    OP_CASE_GOOD(op_case_run(&c, "", "BatchNormalization", 5), &c);
    double *y = golden_values(one, "outputs", "y", NULL), *dy = golden_values(one, "grad_outputs", "y", NULL);
    op_case_near(&c, 0, y, c.in[0].count, 1e-6);
    if (train) {
      double *mean = golden_values(one, "outputs", "running_mean_after", NULL),
             *var = golden_values(one, "outputs", "running_var_after_unbiased", NULL);
      op_case_near(&c, 1, mean, c.in[1].count, 1e-6);
      op_case_near(&c, 2, var, c.in[1].count, 1e-6);
      free(mean), free(var);
    }
    grad(&c, dy, &g);
    for (size_t k = 0; k < 3; k++) {
      double *want = golden_values(one, "grads", names[k], NULL);
      op_case_near(&g, k, want, g.out[k].count, 1e-6);
      free(want);
    }
    free(y), free(dy);
    op_case_free(&g);
    op_case_free(&c);
  }
  ck_assert_int_gt(seen, 0);
  json_decref(root);
}

START_TEST(batch_normalization_agrees_with_pytorch_in_training) {
  torch_cases("batch_norm_train", 1);
}
END_TEST

START_TEST(batch_normalization_agrees_with_pytorch_in_inference) {
  torch_cases("batch_norm_eval", 0);
}
END_TEST

START_TEST(batch_normalization_is_differentiated_in_a_model) {
  const atr_shape shapes[] = { OP_SHAPE(5, 3), OP_SHAPE(2, 3, 4, 5) };
  for (size_t i = 0; i < 4; i++) {
    op_case c = { 0 };
    fill(&c, shapes[i / 2]);
    if (i % 2) training(&c);
    OP_CASE_GOOD(op_case_run(&c, "", "BatchNormalization", 1), &c);
    op_plan_gradient(&c, "", "BatchNormalization", 7, 0);
    op_case_free(&c);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("batch_normalization");
  TCase *tests = tcase_create("batch_normalization");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, batch_normalization_uses_the_given_statistics);
  tcase_add_test(tests, batch_normalization_learns_the_batch_statistics);
  tcase_add_test(tests, batch_normalization_gives_every_channel_mean_0_and_variance_1);
  tcase_add_test(tests, batch_normalization_of_a_constant_channel_is_its_bias);
  tcase_add_test(tests, batch_normalization_gradient_agrees_with_finite_differences);
  tcase_add_test(tests, batch_normalization_agrees_at_awkward_sizes);
  tcase_add_test(tests, batch_normalization_rejects_what_it_cannot_do_with_a_sentence);
  tcase_add_test(tests, batch_normalization_agrees_with_pytorch_in_training);
  tcase_add_test(tests, batch_normalization_agrees_with_pytorch_in_inference);
  tcase_add_test(tests, batch_normalization_is_differentiated_in_a_model);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
