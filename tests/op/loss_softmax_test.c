/* loss_softmax_test.c: SoftmaxCrossEntropyLoss, NegativeLogLikelihoodLoss and CrossEntropyProbability:
 * hand-worked positions, ignored and bad labels, finite differences, awkward sizes on every backend,
 * PyTorch's cases. */
#include <atrous/build.h>
#include <atrous/plan.h>

#include "golden.h"
#include "op_case.h"
#include "op_plan.h"

#define INDEX "", "SoftmaxCrossEntropyLoss"
#define LOGARITHMS "", "NegativeLogLikelihoodLoss"
#define SHARES "org.atrous", "CrossEntropyProbability"

static void reduce(op_case *c, const char *how) {
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, "reduction", how), ATR_OK);
}
static void ignore(op_case *c, int64_t label) {
  ck_assert_int_eq(atr__attrs_set_int(&c->attrs, "ignore_index", label), ATR_OK);
}

START_TEST(cross_entropy_is_minus_the_logarithm_of_the_share) {
  /* Shares 1/8, 2/8, 5/8 and 3/6, 2/6, 1/6. */
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 3), (double[]){ 0, log(2), log(5), log(3), log(2), 0 });
  op_case_add(&c, ATR_I64, OP_SHAPE(2), (double[]){ 2, 0 });
  OP_CASE_GOOD(op_case_run(&c, INDEX, 5), &c);
  OP_NEAR(&c, 0, 1e-12, (log(8. / 5) + log(2)) / 2);
  OP_NEAR(&c, 1, 1e-12, -log(8), -log(4), -log(8. / 5), -log(2), -log(3), -log(6));
  OP_NEAR(&c, 2, 1e-12, log(8), log(6));
  OP_NEAR(&c, 3, 0, 1, 1);
  OP_NEAR(&c, 4, 0, 2);
  op_plan_agree(&c, INDEX);
  reduce(&c, "sum");
  OP_CASE_GOOD(op_case_run(&c, INDEX, 1), &c);
  OP_NEAR(&c, 0, 1e-12, log(8. / 5) + log(2));
  reduce(&c, "none");
  OP_CASE_GOOD(op_case_run(&c, INDEX, 1), &c);
  OP_NEAR(&c, 0, 1e-12, log(8. / 5), log(2));
  op_case_real(&c, OP_SHAPE(3), (double[]){ 3, 1, 0.5 });
  reduce(&c, "mean");
  OP_CASE_GOOD(op_case_run(&c, INDEX, 1), &c);
  OP_NEAR(&c, 0, 1e-12, (0.5 * log(8. / 5) + 3 * log(2)) / 3.5);
  op_plan_agree(&c, INDEX);
  op_case_free(&c);
}
END_TEST

START_TEST(ignored_labels_count_for_nothing) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 2), (double[]){ 0, log(3), 7, 9 });
  op_case_add(&c, ATR_I32, OP_SHAPE(2), (double[]){ 1, 255 });
  ignore(&c, 255);
  OP_CASE_GOOD(op_case_run(&c, INDEX, 1), &c);
  OP_NEAR(&c, 0, 1e-12, log(4. / 3));
  op_plan_agree(&c, INDEX);
  c.in[1].v[0] = 255;
  OP_CASE_GOOD(op_case_run(&c, INDEX, 1), &c);
  OP_NEAR(&c, 0, 0, 0); /* nothing counts */
  op_plan_agree(&c, INDEX);
  op_plan_gradient(&c, INDEX, 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(negative_log_likelihood_picks_the_label_s_share) {
  static const char *const how[] = { "none", "sum", "mean" };
  const double each[] = { 0.5 * 3, 2 * 0.25, 0, 0.5 * 1 }, total = 3;
  for (int k = 0; k < 3; k++) {
    op_case c = { 0 };
    op_case_real(&c, OP_SHAPE(2, 3, 2), (double[]){ -1, -7, -2, -0.25, -3, -9, -6, -8, -4, -5, 5, -1 });
    op_case_add(&c, ATR_I64, OP_SHAPE(2, 2), (double[]){ 2, 1, -9, 2 });
    op_case_real(&c, OP_SHAPE(3), (double[]){ 9, 2, 0.5 });
    ignore(&c, -9);
    reduce(&c, how[k]);
    OP_CASE_GOOD(op_case_run(&c, LOGARITHMS, 1), &c);
    const double sum = each[0] + each[1] + each[2] + each[3], mean = sum / total;
    op_case_near(&c, 0, k == 0 ? each : k == 1 ? &sum : &mean, k ? 1 : 4, 1e-12);
    op_plan_gradient(&c, LOGARITHMS, 1, 0);
    c.in[1].v[1] = 3;
    OP_CASE_REJECTS(&c, "", "NegativeLogLikelihoodLoss", 1,
                    "label 3 at position 1 of 4 is outside the 3 classes");
    op_case_free(&c);
  }
}
END_TEST

START_TEST(negative_log_likelihood_of_a_log_softmax_is_the_cross_entropy) {
  for (int64_t w = 7; w <= 16; w += 9) { /* both rows */
    op_case c = { 0 }, d = { 0 };
    op_case_fill(op_case_real(&c, OP_SHAPE(2, 5, w), NULL), 9);
    op_tensor *label = op_case_add(&c, ATR_I32, OP_SHAPE(2, w), NULL);
    for (int64_t i = 0; i < label->count; i++) label->v[i] = (double)(i * i % 5);
    ignore(&c, 4);
    OP_CASE_GOOD(op_case_run(&c, INDEX, 5), &c);
    op_case_real(&d, OP_SHAPE(2, 5, w), c.out[1].v);
    op_case_add(&d, ATR_I32, OP_SHAPE(2, w), label->v);
    ignore(&d, 4);
    OP_CASE_GOOD(op_case_run(&d, LOGARITHMS, 5), &d);
    op_case_near(&d, 0, c.out[0].v, 1, 1e-7);
    d.n_out = 1;
    op_plan_gradient(&d, LOGARITHMS, 1, 0);
    op_case_free(&c);
    op_case_free(&d);
  }
}
END_TEST

START_TEST(a_label_outside_the_classes_is_an_error_on_every_backend) {
  for (int low = 0; low < 2; low++) {
    op_case c = { 0 };
    op_case_real(&c, OP_SHAPE(1, 2, 3), NULL);
    op_case_add(&c, ATR_I64, OP_SHAPE(1, 3), (double[]){ 1, low ? -1 : 2, 0 });
    OP_CASE_REJECTS(&c, "", "SoftmaxCrossEntropyLoss", 1, "at position 1 of 3 is outside the 2 classes");
    atr_context *context = op_plan_device();
    if (context) {
      atr_error error = ATR_ERROR_INIT;
      atr_model *model = NULL;
      atr_plan *plan = NULL;
      atr_run *run = NULL;
      const int64_t wide = low ? 3 : 16; /* both rows */
      const atr_shape shapes[2] = { OP_SHAPE(1, 2, wide), OP_SHAPE(1, wide) };
      ck_assert_int_eq(atr_model_create(1, &error, &model), ATR_OK);
      const atr_value in[2] = { atr_model_add_input(model, "x", ATR_F32, &shapes[0]),
                                atr_model_add_input(model, "t", ATR_I64, &shapes[1]) };
      atr_model_add_output(
          model, "loss", atr_model_add(model, "", "SoftmaxCrossEntropyLoss", NULL, in, 2, NULL, 0, NULL, 1));
      ck_assert_msg(!atr_plan_create(model, context, shapes, 2, NULL, &error, &plan), "%s", error.text);
      ck_assert_int_eq(atr_run_create(plan, &error, &run), ATR_OK);
      const float x[32] = { 0 };
      const int64_t t[16] = { 1, low ? -1 : 2, 0 };
      float loss;
      ck_assert_int_eq(atr_run_write(run, "x", x, (size_t)wide * 2 * sizeof *x), ATR_OK);
      ck_assert_int_eq(atr_run_write(run, "t", t, (size_t)wide * sizeof *t), ATR_OK);
      ck_assert_int_eq(atr_run_execute(run), ATR_OK);
      ck_assert_int_eq(atr_run_read(run, "loss", &loss, sizeof loss), ATR_E_SHAPE);
      atr_run_destroy(run);
      atr_plan_destroy(plan);
      atr_model_destroy(model);
    }
    op_case_free(&c);
  }
}
END_TEST

START_TEST(a_one_hot_target_gives_what_its_index_gives) {
  op_case c = { 0 }, d = { 0 };
  op_case_fill(op_case_real(&c, OP_SHAPE(2, 5, 7), NULL), 9);
  op_tensor *label = op_case_add(&c, ATR_I64, OP_SHAPE(2, 7), NULL);
  op_case_real(&d, OP_SHAPE(2, 5, 7), c.in[0].v);
  op_tensor *hot = op_case_real(&d, OP_SHAPE(2, 5, 7), NULL);
  for (int64_t i = 0; i < 14; i++) {
    label->v[i] = (double)(i * i % 5);
    hot->v[(i / 7 * 5 + (int64_t)label->v[i]) * 7 + i % 7] = 1;
  }
  OP_CASE_GOOD(op_case_run(&c, INDEX, 1), &c);
  OP_CASE_GOOD(op_case_run(&d, SHARES, 1), &d);
  op_case_near(&d, 0, c.out[0].v, 1, 1e-12);
  op_plan_agree(&d, SHARES);
  op_case_free(&c);
  op_case_free(&d);
}
END_TEST

START_TEST(cross_entropy_of_huge_scores_is_finite) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 2), (double[]){ 1e30, -1e30, 3e4, 3e4 });
  op_case_add(&c, ATR_I64, OP_SHAPE(2), (double[]){ 0, 1 });
  OP_CASE_GOOD(op_case_run(&c, INDEX, 1), &c);
  OP_NEAR(&c, 0, 1e-12, log(2) / 2);
  op_plan_agree(&c, INDEX);
  op_case_free(&c);
}
END_TEST

START_TEST(gradients_agree_with_differences_at_awkward_sizes) {
  const atr_shape shapes[] = { OP_SHAPE(1, 1),        OP_SHAPE(5, 3),        OP_SHAPE(2, 4, 9),
                               OP_SHAPE(2, 11, 3, 5), OP_SHAPE(2, 3, 4, 12), OP_SHAPE(1, 5, 80) };
  static const char *const how[] = { "none", "sum", "mean" };
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
    for (int variant = 0; variant < 12; variant++) {
      const int probability = variant & 1, weighted = variant >> 1 & 1;
      op_case c = { .tolerance = 2e-5 };
      op_tensor *x = op_case_real(&c, shapes[s], NULL);
      op_case_fill(x, 2);
      for (int64_t i = 0; i < x->count; i++) x->v[i] *= 3;
      const int64_t classes = shapes[s].dim[1];
      if (probability) {
        op_tensor *t = op_case_real(&c, shapes[s], NULL);
        op_case_fill(t, 5);
        for (int64_t i = 0; i < t->count; i++) t->v[i] = fabs(t->v[i]);
      } else {
        atr_shape each = shapes[s];
        for (int i = 1; i + 1 < each.rank; i++) each.dim[i] = each.dim[i + 1];
        each.rank--;
        op_tensor *t = op_case_add(&c, variant & 4 ? ATR_I32 : ATR_I64, each, NULL);
        for (int64_t i = 0; i < t->count; i++) t->v[i] = i % 4 == 3 ? -100 : (double)(i * 7 % classes);
        ignore(&c, -100);
      }
      if (weighted) {
        op_tensor *w = op_case_real(&c, OP_SHAPE(classes), NULL);
        for (int64_t i = 0; i < classes; i++) w->v[i] = 0.5 + (double)i / 4;
      }
      reduce(&c, how[variant / 4]);
      const char *domain = probability ? "org.atrous" : "",
                 *name = probability ? "CrossEntropyProbability" : "SoftmaxCrossEntropyLoss";
      OP_CASE_GOOD(op_case_run(&c, domain, name, 5), &c);
      op_plan_agree(&c, domain, name);
      c.n_out = 1;
      op_plan_gradient(&c, domain, name, 1, 0);
      op_case_free(&c);
    }
}
END_TEST

START_TEST(cross_entropy_agrees_on_every_backend_over_many_parts) {
  for (int64_t w = 43; w <= 48; w += 5) {
    op_case c = { .tolerance = 2e-5 };
    op_case_fill(op_case_real(&c, OP_SHAPE(3, 12, 41, w), NULL), 8);
    op_tensor *t = op_case_add(&c, ATR_I64, OP_SHAPE(3, 41, w), NULL);
    for (int64_t i = 0; i < t->count; i++) t->v[i] = (double)(i * 31 % 12);
    ignore(&c, 11);
    OP_CASE_GOOD(op_case_run(&c, INDEX, 1), &c);
    op_plan_agree(&c, INDEX);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(cross_entropy_rejects_what_does_not_fit) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 3, 4), NULL);
  op_case_add(&c, ATR_I64, OP_SHAPE(2, 3), NULL);
  OP_CASE_REJECTS(&c, "", "SoftmaxCrossEntropyLoss", 1,
                  "scores of shape [2,3,4] do not go with input 1 of shape [2,3]");
  OP_CASE_REJECTS(&c, "org.atrous", "CrossEntropyProbability", 1, "float32");
  c.in[1].type = ATR_F32;
  OP_CASE_REJECTS(&c, "", "SoftmaxCrossEntropyLoss", 1, "must be int64 or int32");
  reduce(&c, "median");
  OP_CASE_REJECTS(&c, "", "SoftmaxCrossEntropyLoss", 1, "median");
  op_case_free(&c);
}
END_TEST

START_TEST(cross_entropy_agrees_with_pytorch) {
  json_t *root = golden_load("loss.json");
  if (!root) return;
  static const char *const torch[] = { "cross_entropy", "cross_entropy_weighted", "cross_entropy_smooth" };
  for (int k = 0; k < 3; k++) {
    size_t at = 0;
    int seen = 0;
    for (json_t *one; (one = golden_next(root, torch[k], &at)); seen++) {
      atr_shape shape, each;
      op_case c = { 0 }, g = { 0 };
      double *x = golden_values(one, "inputs", "x", &shape);
      double *t = golden_values(one, "inputs", "target", &each);
      double *y = golden_values(one, "outputs", "y", NULL);
      double *dy = golden_values(one, "grad_outputs", "y", NULL),
             *dx = golden_values(one, "grads", "x", NULL);
      const char *domain = "", *name = "SoftmaxCrossEntropyLoss";
      op_case_real(&c, shape, x);
      if (k == 2) { /* label smoothing: 0.9 of the label, 0.1 spread over all */
        op_tensor *shares = op_case_real(&c, shape, NULL);
        for (int64_t i = 0; i < shares->count; i++)
          shares->v[i] =
              0.1 / (double)shape.dim[1] + (i % shape.dim[1] == (int64_t)t[i / shape.dim[1]] ? 0.9 : 0);
        domain = "org.atrous", name = "CrossEntropyProbability";
      } else {
        op_case_add(&c, ATR_I64, each, t);
        ignore(&c, -100);
      }
      if (k == 1) {
        double *w = golden_values(one, "inputs", "weight", &each);
        op_case_real(&c, each, w);
        free(w);
      }
      const char *how = json_string_value(json_object_get(json_object_get(one, "attrs"), "reduction"));
      if (how) reduce(&c, how);
      OP_CASE_GOOD(op_case_run(&c, domain, name, 5), &c);
      op_case_near(&c, 0, y, c.out[0].count, 1e-6);
      op_plan_agree(&c, domain, name);
      ck_assert_int_eq(atr__attrs_copy(&g.attrs, &c.attrs), ATR_OK);
      op_case_real(&g, c.out[0].shape, dy);
      for (int i = 2; i < 5; i++) op_case_real(&g, c.out[i].shape, c.out[i].v);
      for (size_t i = 0; i < c.n_in; i++) op_case_add(&g, c.in[i].type, c.in[i].shape, c.in[i].v);
      char grad[64];
      snprintf(grad, sizeof grad, "%sGrad", name);
      OP_CASE_GOOD(op_case_run(&g, "org.atrous", grad, 1), &g);
      op_case_near(&g, 0, dx, g.out[0].count, 1e-6);
      op_plan_agree(&g, "org.atrous", grad);
      op_case_free(&c);
      op_case_free(&g);
      free(x), free(t), free(y), free(dy), free(dx);
    }
    ck_assert_int_gt(seen, 0);
  }
  json_decref(root);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("loss_softmax");
  TCase *tests = tcase_create("loss_softmax");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, cross_entropy_is_minus_the_logarithm_of_the_share);
  tcase_add_test(tests, ignored_labels_count_for_nothing);
  tcase_add_test(tests, negative_log_likelihood_picks_the_label_s_share);
  tcase_add_test(tests, negative_log_likelihood_of_a_log_softmax_is_the_cross_entropy);
  tcase_add_test(tests, a_label_outside_the_classes_is_an_error_on_every_backend);
  tcase_add_test(tests, a_one_hot_target_gives_what_its_index_gives);
  tcase_add_test(tests, cross_entropy_of_huge_scores_is_finite);
  tcase_add_test(tests, gradients_agree_with_differences_at_awkward_sizes);
  tcase_add_test(tests, cross_entropy_agrees_on_every_backend_over_many_parts);
  tcase_add_test(tests, cross_entropy_rejects_what_does_not_fit);
  tcase_add_test(tests, cross_entropy_agrees_with_pytorch);
  suite_add_tcase(suite, tests);
  const int result = op_test_main(suite);
  op_plan_close();
  return result;
}
