/* optimizer_test.c: SgdStep, AdamStep, AdamWStep, RmspropStep, AdagradStep, Commit: PyTorch's thirty steps
 * from its own numbers, clipping by value and by factor, a closed gate, rejections. */
#include "golden.h"
#include "op/optimizer.h"
#include "op_case.h"
#include "op_plan.h"

#define ATROUS "org.atrous"

typedef enum { SGD, ADAM, ADAMW, RMSPROP, ADAGRAD, WAYS } way;

typedef struct {
  way way;
  double lr, decay, beta1, beta2, epsilon; /* beta1: momentum, beta2: alpha */
  int nesterov, centered;
} rule;

enum { STATES = 3 };

static size_t states_of(const rule *r) {
  switch (r->way) {
  case SGD: return r->beta1 > 0;
  case RMSPROP: return 1 + (size_t)(r->beta1 > 0) + (size_t)r->centered;
  case ADAGRAD: return 1;
  default: return 2;
  }
}

/* As the trainer computes them; t counts from 1. */
static void scalars_of(const rule *r, int t, double s[ATR__STEP_SCALARS]) {
  const int adam = r->way == ADAM || r->way == ADAMW;
  memset(s, 0, ATR__STEP_SCALARS * sizeof *s);
  s[ATR__STEP_SIZE] = adam ? r->lr / (1 - pow(r->beta1, t)) : r->lr;
  s[ATR__STEP_DECAY] = r->way == ADAMW ? 1 - r->lr * r->decay : r->decay;
  s[ATR__STEP_BETA1] = r->beta1;
  s[ATR__STEP_NEW1] = 1 - r->beta1;
  s[ATR__STEP_BETA2] = r->beta2;
  s[ATR__STEP_NEW2] = 1 - r->beta2;
  s[ATR__STEP_ROOT2] = 1 / sqrt(1 - pow(r->beta2, t));
  s[ATR__STEP_EPSILON] = r->epsilon;
}

static op_case step_case(const rule *r, int t, const double *p, const double *g,
                         const double *const state[STATES], int64_t n, const double gate[4]) {
  op_case c = { .tolerance = 1e-5 };
  double s[ATR__STEP_SCALARS];
  scalars_of(r, t, s);
  op_case_real(&c, OP_SHAPE(n), p);
  op_case_real(&c, OP_SHAPE(n), g);
  op_case_real(&c, OP_SHAPE(ATR__STEP_SCALARS), s);
  op_case_real(&c, OP_SHAPE(4), gate);
  for (size_t i = 0; i < states_of(r); i++) op_case_real(&c, OP_SHAPE(n), state[i]);
  ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "nesterov", r->nesterov), ATR_OK);
  ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "centered", r->centered), ATR_OK);
  return c;
}

static const char *op_of(const rule *r) {
  static const char *const name[] = { "SgdStep", "AdamStep", "AdamWStep", "RmspropStep", "AdagradStep" };
  return name[r->way];
}

static double number(json_t *attrs, const char *name, double otherwise) {
  json_t *value = json_object_get(attrs, name);
  return json_is_number(value) ? json_number_value(value) : otherwise;
}

START_TEST(steps_agree_with_pytorch) {
  json_t *root = golden_load("optim.json");
  if (!root) return;
  static const char *const torch[] = { "SGD", "Adam", "AdamW", "RMSprop", "Adagrad" };
  const double open[4] = { 1, 1, 0, 0 };
  for (int k = 0; k < WAYS; k++) {
    size_t at = 0;
    int seen = 0;
    for (json_t *one; (one = golden_next(root, torch[k], &at));) {
      json_t *attrs = json_object_get(one, "attrs"), *betas = json_object_get(attrs, "betas");
      if (json_is_true(json_object_get(attrs, "amsgrad"))) continue;
      const int adam = k == ADAM || k == ADAMW;
      const rule r = { .way = (way)k,
                       .lr = number(attrs, "lr", 0),
                       .decay = number(attrs, "weight_decay", 0),
                       .beta1 = betas  ? json_number_value(json_array_get(betas, 0))
                                : adam ? 0.9
                                       : number(attrs, "momentum", 0),
                       .beta2 = betas  ? json_number_value(json_array_get(betas, 1))
                                : adam ? 0.999
                                       : number(attrs, "alpha", 0.99),
                       .epsilon = number(attrs, "eps", k == ADAGRAD ? 1e-10 : 1e-8),
                       .nesterov = json_is_true(json_object_get(attrs, "nesterov")),
                       .centered = json_is_true(json_object_get(attrs, "centered")) };
      atr_shape shape;
      double *p = golden_values(one, "inputs", "p0", NULL),
             *g = golden_values(one, "inputs", "grads", &shape);
      double *want = golden_values(one, "outputs", "p_after_each_step", NULL);
      const int64_t n = shape.dim[1];
      double state[STATES][64] = { { 0 } };
      ck_assert_int_le(n, 64);
      for (int t = 0; t < shape.dim[0]; t++) {
        const double *const states[STATES] = { state[0], state[1], state[2] };
        op_case c = step_case(&r, t + 1, p, g + t * n, states, n, open);
        OP_CASE_GOOD(op_case_run(&c, ATROUS, op_of(&r), 1 + states_of(&r)), &c);
        op_case_near(&c, 0, want + t * n, n, 1e-6);
        if (t < 3) op_plan_agree(&c, ATROUS, op_of(&r));
        memcpy(p, c.out[0].v, (size_t)n * sizeof *p);
        for (size_t i = 0; i < states_of(&r); i++) memcpy(state[i], c.out[1 + i].v, (size_t)n * sizeof *p);
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
               state[STATES][3] = { { 4, 5, 6 }, { 7, 8, 9 }, { 1, 0, 1 } };
  const double *const states[STATES] = { state[0], state[1], state[2] };
  for (int k = 0; k < WAYS; k++) {
    const rule r = { (way)k, 0.1, 0.01, 0.9, 0.999, 1e-8, 0, k == RMSPROP };
    op_case c = step_case(&r, 1, p, g, states, 3, closed);
    OP_CASE_GOOD(op_case_run(&c, ATROUS, op_of(&r), 1 + states_of(&r)), &c);
    op_case_near(&c, 0, p, 3, 0);
    for (size_t i = 0; i < states_of(&r); i++) op_case_near(&c, 1 + i, state[i], 3, 0);
    op_plan_agree(&c, ATROUS, op_of(&r));
    op_case_free(&c);
  }
  for (int open = 0; open < 2; open++) {
    op_case c = { 0 };
    op_case_real(&c, OP_SHAPE(3), p);
    op_case_real(&c, OP_SHAPE(3), state[0]);
    op_case_real(&c, OP_SHAPE(4), (double[]){ 1, open, 0, 0 });
    OP_CASE_GOOD(op_case_run(&c, ATROUS, "Commit", 1), &c);
    op_case_near(&c, 0, open ? state[0] : p, 3, 0);
    op_plan_agree(&c, ATROUS, "Commit");
    op_case_free(&c);
  }
}
END_TEST

START_TEST(gradients_are_scaled_by_the_gate_then_clamped) {
  const rule r = { .lr = 1 };
  const double half[4] = { 0.5, 1, 0, 0 }, p[4] = { 0, 0, 0, 0 }, g[4] = { 1, 3, -8, -1 };
  op_case c = step_case(&r, 1, p, g, NULL, 4, half);
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
    for (int k = 0; k < 8; k++) {
      static const rule rules[] = {
        { SGD, 0.01, 0.1, 0.9, 0.99, 1e-6, 0, 0 },     { SGD, 0.01, 0.1, 0.9, 0.99, 1e-6, 1, 0 },
        { ADAM, 0.01, 0.1, 0.9, 0.99, 1e-6, 0, 0 },    { ADAMW, 0.01, 0.1, 0.9, 0.99, 1e-6, 0, 0 },
        { RMSPROP, 0.01, 0.1, 0.9, 0.99, 1e-3, 0, 1 }, { RMSPROP, 0.01, 0.1, 0, 0.99, 1e-3, 0, 1 },
        { RMSPROP, 0.01, 0.1, 0.9, 0.99, 1e-6, 0, 0 }, { ADAGRAD, 0.01, 0.1, 0, 0, 1e-6, 0, 0 },
      };
      const rule r = rules[k];
      op_tensor t[2 + STATES] = { { 0 } };
      for (uint32_t i = 0; i < 2 + STATES; i++) {
        t[i] = (op_tensor){ .count = sizes[s], .v = calloc((size_t)sizes[s], 8) };
        ck_assert_ptr_nonnull(t[i].v);
        op_case_fill(&t[i], i);
        /* Means of squares are above 0, and above what a mean of gradients may take away. */
        const int squares = i == (r.way == ADAM || r.way == ADAMW ? 3 : r.way == SGD ? 9 : 2);
        for (int64_t j = 0; squares && j < sizes[s]; j++) t[i].v[j] = t[i].v[j] * t[i].v[j] + 1.01;
      }
      const double *const states[STATES] = { t[2].v, t[3].v, t[4].v };
      op_case c = step_case(&r, 3, t[0].v, t[1].v, states, sizes[s], open);
      OP_CASE_GOOD(op_case_run(&c, ATROUS, op_of(&r), 1 + states_of(&r)), &c);
      op_plan_agree(&c, ATROUS, op_of(&r));
      op_case_free(&c);
      for (int i = 0; i < 2 + STATES; i++) free(t[i].v);
    }
}
END_TEST

/* Worked by hand: s = 0.75·4 + 0.25·16 = 7, m = 0.75·1 + 0.25·4 = 1.75, root of 7 - 3.0625. */
START_TEST(rmsprop_is_worked_by_hand) {
  const double open[4] = { 1, 1, 0, 0 }, p = 10, g = 4, s = 4, u = 2, m = 1;
  const double *const plain[STATES] = { &s }, *const moved[STATES] = { &s, &u, &m };
  rule r = { RMSPROP, 0.5, 0, 0, 0.75, 1, 0, 0 };
  op_case c = step_case(&r, 1, &p, &g, plain, 1, open);
  OP_CASE_GOOD(op_case_run(&c, ATROUS, op_of(&r), 2), &c);
  OP_NEAR(&c, 0, 1e-12, 10 - 0.5 * 4 / (sqrt(7) + 1));
  OP_NEAR(&c, 1, 1e-12, 7);
  op_case_free(&c);
  r.beta1 = 0.5;
  r.centered = 1;
  c = step_case(&r, 1, &p, &g, moved, 1, open);
  OP_CASE_GOOD(op_case_run(&c, ATROUS, op_of(&r), 4), &c);
  OP_NEAR(&c, 0, 1e-12, 10 - 0.5 * (1 + 4 / (sqrt(3.9375) + 1)));
  OP_NEAR(&c, 1, 1e-12, 7);
  OP_NEAR(&c, 2, 1e-12, 1 + 4 / (sqrt(3.9375) + 1));
  OP_NEAR(&c, 3, 1e-12, 1.75);
  op_case_free(&c);
}
END_TEST

START_TEST(steps_reject_a_gradient_of_another_shape) {
  rule r = { .lr = 1 };
  const double open[4] = { 1, 1, 0, 0 }, p[4] = { 0 };
  op_case c = step_case(&r, 1, p, p, NULL, 4, open);
  c.in[1].shape = OP_SHAPE(2, 2);
  OP_CASE_REJECTS(&c, ATROUS, "SgdStep", 1, "input 1 has shape [2,2], the parameter [4]");
  op_case_free(&c);
  const double *const states[STATES] = { p, p, p };
  r.way = RMSPROP;
  c = step_case(&r, 1, p, p, states, 4, open);
  OP_CASE_REJECTS(&c, ATROUS, "RmspropStep", 3, "3 outputs for 1 states");
  ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "centered", 1), ATR_OK);
  OP_CASE_REJECTS(&c, ATROUS, "RmspropStep", 2, "no state for the mean");
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
  tcase_add_test(tests, rmsprop_is_worked_by_hand);
  tcase_add_test(tests, steps_reject_a_gradient_of_another_shape);
  suite_add_tcase(suite, tests);
  const int result = op_test_main(suite);
  op_plan_close();
  return result;
}
