/* descent.c: three steps of gradient descent, and three of Adam. */
#include "by-hand.h"

#include <math.h>

enum { X, T, W, RATE, BETA1, BETA2, STEPS = 3 };

/* y = w·x over n samples, mean squared error. */
static atr_trainer *trainer(struct session *s, const struct numbers *n, atr_optimizer optimizer) {
  const atr_shape inputs = { 2, { n[X].n, 1 } };
  atr_train_params p = ATR_TRAIN_PARAMS_INIT;
  p.optimizer = optimizer;
  p.learning_rate = (float)n[RATE].v[0];
  p.momentum = 0;
  p.clip_norm = 0;
  if (optimizer == ATR_ADAM) {
    p.beta1 = (float)n[BETA1].v[0];
    p.beta2 = (float)n[BETA2].v[0];
  }
  atr_error error = ATR_ERROR_INIT;
  atr_trainer *t = NULL;
  atr_model *m = model_new(s);
  if (!m) return NULL;
  const atr_value in[2] = { model_input(m, "x", (struct shape){ 2, { n[X].n, 1 } }),
                            model_weight(m, "w", (struct shape){ 2, { 1, 1 } }, n[W].v) };
  atr_model_add_output(m, "y", model_node(m, "MatMul", in, 2, NULL, 0));
  if (atr_model_check(m, &error) || atr_trainer_create(m, s->context, &inputs, 1, &p, &error, &t))
    failed(s, error.text);
  atr_model_destroy(m);
  return t;
}

static double step(struct session *s, atr_trainer *t, const struct numbers *n) {
  float x[NUMBERS_MOST], target[NUMBERS_MOST], loss = 0;
  for (int i = 0; i < n[X].n; i++) {
    x[i] = (float)n[X].v[i];
    target[i] = (float)n[T].v[i];
  }
  if (!s->failed && atr_trainer_step(t, x, target, &loss)) failed(s, atr_trainer_error(t));
  return (double)loss;
}

static double read(struct session *s, atr_trainer *t, const char *name) {
  float value = 0;
  if (!s->failed && atr_trainer_read(t, name, &value, sizeof value)) failed(s, atr_trainer_error(t));
  return (double)value;
}

/* The mean of (w·x - t)² and its derivative. */
static double loss_of(const struct numbers *n, double w, double *slope) {
  double loss = 0;
  *slope = 0;
  for (int i = 0; i < n[X].n; i++) {
    const double e = w * n[X].v[i] - n[T].v[i];
    loss += e * e / n[X].n;
    *slope += 2 * e * n[X].v[i] / n[X].n;
  }
  return loss;
}

static void solve_descent(struct session *s, const struct numbers *n) {
  double w = n[W].v[0], g;
  atr_trainer *t = trainer(s, n, ATR_SGD);
  for (int k = 1; k <= STEPS && !s->failed; k++) {
    const double loss = loss_of(n, w, &g);
    w -= n[RATE].v[0] * g;
    compare(s, loss, step(s, t, n), "step %d: L(w)", k);
    compare(s, g, read(s, t, "w.grad"), "step %d: dL/dw", k);
    compare(s, w, read(s, t, "w"), "step %d: w - rate dL/dw", k);
  }
  atr_trainer_destroy(t);
}

static struct numbers descent_numbers[] = {
  { "x", 3, { 1, 2, 3 } }, { "t", 3, { 2, 4, 6 } }, { "w", 1, { 0 } },
  { "rate", 1, { 0.05 } }, { NULL, 0, { 0 } },
};
const struct problem problem_gradient_descent = { "gradient-descent", "a line fitted by gradient descent",
                                                  descent_numbers, solve_descent };

static void solve_adam(struct session *s, const struct numbers *n) {
  const double beta1 = n[BETA1].v[0], beta2 = n[BETA2].v[0], epsilon = 1e-8;
  double w = n[W].v[0], m = 0, v = 0, g;
  atr_trainer *t = trainer(s, n, ATR_ADAM);
  for (int k = 1; k <= STEPS && !s->failed; k++) {
    const double left1 = 1 - pow(beta1, k), left2 = 1 - pow(beta2, k);
    loss_of(n, w, &g);
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    w -= n[RATE].v[0] * (m / left1) / (sqrt(v / left2) + epsilon);
    step(s, t, n);
    const double their_m = read(s, t, "w.adam_m"), their_v = read(s, t, "w.adam_v");
    compare(s, g, read(s, t, "w.grad"), "step %d: g", k);
    compare(s, m, their_m, "step %d: m", k);
    compare(s, v, their_v, "step %d: v", k);
    /* The library corrects on the way; its m and v are corrected here, by the betas as single precision has
     * them. */
    const double their_left1 = 1 - pow((double)(float)beta1, k),
                 their_left2 = 1 - pow((double)(float)beta2, k);
    compare(s, m / left1, their_m / their_left1, "step %d: m / (1 - beta1^%d)", k, k);
    compare(s, v / left2, their_v / their_left2, "step %d: v / (1 - beta2^%d)", k, k);
    compare(s, w, read(s, t, "w"), "step %d: w", k);
  }
  atr_trainer_destroy(t);
}

static struct numbers adam_numbers[] = {
  { "x", 1, { 1 } },       { "t", 1, { 0 } },         { "w", 1, { 1 } },  { "rate", 1, { 0.1 } },
  { "beta1", 1, { 0.9 } }, { "beta2", 1, { 0.999 } }, { NULL, 0, { 0 } },
};
const struct problem problem_adam = { "adam", "three steps of Adam", adam_numbers, solve_adam };
