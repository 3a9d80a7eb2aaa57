/* optimizer_test.c: SgdStep, AdamStep, AdamWStep, Commit: PyTorch's thirty steps from its own numbers,
 * clipping by value and by factor, a closed gate, rejections. */
#include "golden.h"
#include "op/optimizer.h"
#include "op_case.h"
#include "op_plan.h"

#define ATROUS "org.atrous"

typedef struct {
  double lr, decay, beta1, beta2, epsilon;
  int adam, decoupled, nesterov;
} rule;

/* As the trainer computes them; t counts from 1. */
static void scalars_of(const rule *r, int t, double s[ATR__STEP_SCALARS]) {
  memset(s, 0, ATR__STEP_SCALARS * sizeof *s);
  s[ATR__STEP_SIZE] = r->adam ? r->lr / (1 - pow(r->beta1, t)) : r->lr;
  s[ATR__STEP_DECAY] = r->decoupled ? 1 - r->lr * r->decay : r->decay;
  s[ATR__STEP_BETA1] = r->beta1;
  s[ATR__STEP_NEW1] = 1 - r->beta1;
  s[ATR__STEP_BETA2] = r->beta2;
  s[ATR__STEP_NEW2] = 1 - r->beta2;
  s[ATR__STEP_ROOT2] = 1 / sqrt(1 - pow(r->beta2, t));
  s[ATR__STEP_EPSILON] = r->epsilon;
}

static op_case step_case(const rule *r, int t, const double *p, const double *g, const double *m,
                         const double *v, int64_t n, const double gate[4]) {
  op_case c = { .tolerance = 1e-5 };
  double s[ATR__STEP_SCALARS];
  scalars_of(r, t, s);
  op_case_real(&c, OP_SHAPE(n), p);
  op_case_real(&c, OP_SHAPE(n), g);
  op_case_real(&c, OP_SHAPE(ATR__STEP_SCALARS), s);
  op_case_real(&c, OP_SHAPE(4), gate);
  if (m) op_case_real(&c, OP_SHAPE(n), m);
  if (v) op_case_real(&c, OP_SHAPE(n), v);
  ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "nesterov", r->nesterov), ATR_OK);
  return c;
}

static const char *op_of(const rule *r) {
  return !r->adam ? "SgdStep" : r->decoupled ? "AdamWStep" : "AdamStep";
}

static double number(json_t *attrs, const char *name, double otherwise) {
  json_t *value = json_object_get(attrs, name);
  return json_is_number(value) ? json_number_value(value) : otherwise;
}

START_TEST(steps_agree_with_pytorch) {
  json_t *root = golden_load("optim.json");
  if (!root) return;
  static const char *const torch[] = { "SGD", "Adam", "AdamW" };
  const double open[4] = { 1, 1, 0, 0 };
  for (int k = 0; k < 3; k++) {
    size_t at = 0;
    int seen = 0;
    for (json_t *one; (one = golden_next(root, torch[k], &at));) {
      json_t *attrs = json_object_get(one, "attrs"), *betas = json_object_get(attrs, "betas");
      if (json_is_true(json_object_get(attrs, "amsgrad"))) continue;
      const rule r = { .lr = number(attrs, "lr", 0),
                       .decay = number(attrs, "weight_decay", 0),
                       .beta1 = betas ? json_number_value(json_array_get(betas, 0))
                                : k   ? 0.9
                                      : number(attrs, "momentum", 0),
                       .beta2 = betas ? json_number_value(json_array_get(betas, 1)) : 0.999,
                       .epsilon = number(attrs, "eps", 1e-8),
                       .adam = k > 0,
                       .decoupled = k == 2,
                       .nesterov = json_is_true(json_object_get(attrs, "nesterov")) };
      atr_shape shape;
      double *p = golden_values(one, "inputs", "p0", NULL),
             *g = golden_values(one, "inputs", "grads", &shape);
      double *want = golden_values(one, "outputs", "p_after_each_step", NULL);
      const int64_t n = shape.dim[1];
      double m[64] = { 0 }, v[64] = { 0 };
      ck_assert_int_le(n, 64);
      const int states = k ? 2 : r.beta1 > 0;
      for (int t = 0; t < shape.dim[0]; t++) {
        op_case c = step_case(&r, t + 1, p, g + t * n, states ? m : NULL, states > 1 ? v : NULL, n, open);
        OP_CASE_GOOD(op_case_run(&c, ATROUS, op_of(&r), 1 + (size_t)states), &c);
        op_case_near(&c, 0, want + t * n, n, 1e-6);
        if (t < 3) op_plan_agree(&c, ATROUS, op_of(&r));
        memcpy(p, c.out[0].v, (size_t)n * sizeof *p);
        if (states) memcpy(m, c.out[1].v, (size_t)n * sizeof *m);
        if (states > 1) memcpy(v, c.out[2].v, (size_t)n * sizeof *v);
        op_case_free(&c);
      }
      free(p), free(g), free(want);
      seen++;
    }
    ck_assert_int_gt(seen, 0);
  }
  json_decref(root);
}
END_TEST

START_TEST(a_closed_gate_leaves_parameter_and_states_as_they_were) {
  const double closed[4] = { 1, 0, NAN, NAN }, p[3] = { 1, 2, 3 }, g[3] = { NAN, 1, INFINITY },
               m[3] = { 4, 5, 6 }, v[3] = { 7, 8, 9 };
  for (int k = 0; k < 3; k++) {
    const rule r = { 0.1, 0.01, 0.9, 0.999, 1e-8, k > 0, k == 2, 0 };
    op_case c = step_case(&r, 1, p, g, m, k ? v : NULL, 3, closed);
    OP_CASE_GOOD(op_case_run(&c, ATROUS, op_of(&r), k ? 3 : 2), &c);
    op_case_near(&c, 0, p, 3, 0);
    op_case_near(&c, 1, m, 3, 0);
    if (k) op_case_near(&c, 2, v, 3, 0);
    op_plan_agree(&c, ATROUS, op_of(&r));
    op_case_free(&c);
  }
  for (int open = 0; open < 2; open++) {
    op_case c = { 0 };
    op_case_real(&c, OP_SHAPE(3), p);
    op_case_real(&c, OP_SHAPE(3), m);
    op_case_real(&c, OP_SHAPE(4), (double[]){ 1, open, 0, 0 });
    OP_CASE_GOOD(op_case_run(&c, ATROUS, "Commit", 1), &c);
    op_case_near(&c, 0, open ? m : p, 3, 0);
    op_plan_agree(&c, ATROUS, "Commit");
    op_case_free(&c);
  }
}
END_TEST

START_TEST(gradients_are_scaled_by_the_gate_then_clamped) {
  const rule r = { .lr = 1 };
  const double half[4] = { 0.5, 1, 0, 0 }, p[4] = { 0, 0, 0, 0 }, g[4] = { 1, 3, -8, -1 };
  op_case c = step_case(&r, 1, p, g, NULL, NULL, 4, half);
  c.in[2].v[ATR__STEP_CLIP_VALUE] = 1.25;
  OP_CASE_GOOD(op_case_run(&c, ATROUS, "SgdStep", 1), &c);
  OP_NEAR(&c, 0, 0, -0.5, -1.25, 1.25, 0.5);
  op_plan_agree(&c, ATROUS, "SgdStep");
  op_case_free(&c);
}
END_TEST

START_TEST(steps_agree_on_every_backend_at_awkward_sizes) {
  static const int64_t sizes[] = { 1, 7, 63, 65, 4097 };
  const double open[4] = { 0.75, 1, 0, 0 };
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (int k = 0; k < 4; k++) {
      const rule r = { 0.01, 0.1, 0.9, 0.99, 1e-6, k > 1, k == 3, k == 1 };
      op_tensor t[4] = { { 0 } };
      for (uint32_t i = 0; i < 4; i++) {
        t[i] = (op_tensor){ .count = sizes[s], .v = calloc((size_t)sizes[s], 8) };
        ck_assert_ptr_nonnull(t[i].v);
        op_case_fill(&t[i], i);
        for (int64_t j = 0; i == 3 && j < sizes[s]; j++) t[i].v[j] = t[i].v[j] * t[i].v[j] + 0.01;
      }
      op_case c = step_case(&r, 3, t[0].v, t[1].v, t[2].v, k > 1 ? t[3].v : NULL, sizes[s], open);
      OP_CASE_GOOD(op_case_run(&c, ATROUS, op_of(&r), k > 1 ? 3 : 2), &c);
      op_plan_agree(&c, ATROUS, op_of(&r));
      op_case_free(&c);
      for (int i = 0; i < 4; i++) free(t[i].v);
    }
}
END_TEST

START_TEST(steps_reject_a_gradient_of_another_shape) {
  const rule r = { .lr = 1 };
  const double open[4] = { 1, 1, 0, 0 }, p[4] = { 0 };
  op_case c = step_case(&r, 1, p, p, NULL, NULL, 4, open);
  c.in[1].shape = OP_SHAPE(2, 2);
  OP_CASE_REJECTS(&c, ATROUS, "SgdStep", 1, "input 1 has shape [2,2], the parameter [4]");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("optimizer");
  TCase *tests = tcase_create("optimizer");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, steps_agree_with_pytorch);
  tcase_add_test(tests, a_closed_gate_leaves_parameter_and_states_as_they_were);
  tcase_add_test(tests, gradients_are_scaled_by_the_gate_then_clamped);
  tcase_add_test(tests, steps_agree_on_every_backend_at_awkward_sizes);
  tcase_add_test(tests, steps_reject_a_gradient_of_another_shape);
  suite_add_tcase(suite, tests);
  const int result = op_test_main(suite);
  op_plan_close();
  return result;
}
