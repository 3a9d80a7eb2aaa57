/* network.c: a system as a model of the library, run on the chosen device; see trajectory.h. */
#include <stdlib.h>
#include <string.h>

#include <atrous/build.h>

#include "dynamics/trajectory.h"

static float *floats(const double *from, size_t n) {
  float *to = malloc((n ? n : 1) * sizeof *to);
  for (size_t i = 0; to && i < n; i++) to[i] = from ? (float)from[i] : 0;
  return to;
}

/* A constant; from NULL: zeros. A failure stays in the model. */
static atr_value tensor(atr_model *model, const char *name, const double *from, int rank, int64_t a,
                        int64_t b, int64_t c) {
  const atr_shape shape = { rank, { a, b, c } };
  const size_t n = (size_t)(a * (rank > 1 ? b : 1) * (rank > 2 ? c : 1));
  float *data = floats(from, n);
  const atr_value value =
      data ? atr_model_add_tensor(model, name, ATR_F32, &shape, data, 0) : (atr_value){ 0 };
  free(data);
  return value;
}

static atr_attribute real(const char *name, double value) {
  return (atr_attribute){ .name = name, .kind = ATR_ATTRIBUTE_FLOAT, .f = (float)value };
}
static atr_attribute whole(const char *name, int64_t value) {
  return (atr_attribute){ .name = name, .kind = ATR_ATTRIBUTE_INT, .i = value };
}
static atr_attribute word(const char *name, const char *value) {
  return (atr_attribute){ .name = name, .kind = ATR_ATTRIBUTE_STRING, .s = value };
}

/* W [gates·n][inputs] as [1][gates·n][i], where a system without inputs has one of zeros. */
static atr_value discrete(atr_model *model, const struct system *s, atr_value x, int64_t inputs) {
  static const char *const ops[] = { "RNN", "LSTM", "GRU" };
  const int64_t n = (int64_t)s->neurons, rows = (int64_t)s->gates * n;
  const size_t functions = s->kind == SYSTEM_LSTM ? 3 : s->kind == SYSTEM_GRU ? 2 : 1;
  const bool lstm = s->kind == SYSTEM_LSTM;
  const char *names[3];
  float alpha[3], beta[3];
  size_t alphas = 0, betas = 0, n_attributes = 0;
  double *both = malloc(2 * (size_t)rows * sizeof *both);
  if (!both) return (atr_value){ 0 };
  memcpy(both, s->b, (size_t)rows * sizeof *both);
  memcpy(both + rows, s->b_rec, (size_t)rows * sizeof *both);
  const atr_value in[] = { x,
                           tensor(model, "W", s->inputs ? s->w_in : NULL, 3, 1, rows, inputs),
                           tensor(model, "R", s->w_rec, 3, 1, rows, n),
                           tensor(model, "B", both, 2, 1, 2 * rows, 0),
                           { 0 },
                           tensor(model, "initial_h", s->initial, 3, 1, 1, n),
                           lstm ? tensor(model, "initial_c", s->initial + n, 3, 1, 1, n) : (atr_value){ 0 },
                           lstm ? tensor(model, "P", s->peephole, 2, 1, 3 * n, 0) : (atr_value){ 0 } };
  free(both);
  for (size_t i = 0; i < functions; i++) {
    struct activation f = s->f[i];
    if (f.kind == ACTIVATION_IDENTITY) f = (struct activation){ ACTIVATION_AFFINE, 1, 0 };
    names[i] = activation_names[f.kind];
    if (activation_has_alpha(f.kind)) alpha[alphas++] = (float)f.alpha;
    if (activation_has_beta(f.kind)) beta[betas++] = (float)f.beta;
  }
  atr_attribute a[7];
  a[n_attributes++] = whole("hidden_size", n);
  a[n_attributes++] = (atr_attribute){
    .name = "activations", .kind = ATR_ATTRIBUTE_STRINGS, .n = functions, .strings = names
  };
  if (alphas)
    a[n_attributes++] = (atr_attribute){
      .name = "activation_alpha", .kind = ATR_ATTRIBUTE_FLOATS, .n = alphas, .floats = alpha
    };
  if (betas)
    a[n_attributes++] = (atr_attribute){
      .name = "activation_beta", .kind = ATR_ATTRIBUTE_FLOATS, .n = betas, .floats = beta
    };
  if (s->clip > 0) a[n_attributes++] = real("clip", s->clip);
  if (lstm) a[n_attributes++] = whole("input_forget", s->input_forget);
  if (s->kind == SYSTEM_GRU) a[n_attributes++] = whole("linear_before_reset", s->linear_before_reset);
  atr_value y;
  return atr_model_add(model, NULL, ops[s->kind], "system", in, lstm ? 8 : 6, a, n_attributes, &y, 1);
}

/* The drive u·Wᵀ + b is an ordinary product, as in atr_model_continuous_rnn. */
static atr_value continuous(atr_model *model, const struct system *s, atr_value x, int64_t inputs) {
  static const char *const methods[] = { "euler", "heun", "rk4", "exponential_euler", "dormand_prince" };
  const size_t n = s->neurons;
  double *turned = calloc((size_t)inputs * n, sizeof *turned), *b = malloc(n * sizeof *b);
  atr_value y = { 0 };
  for (size_t i = 0; turned && i < n; i++)
    for (size_t k = 0; k < s->inputs; k++) turned[k * n + i] = s->w_in[i * s->inputs + k];
  for (size_t i = 0; b && i < n; i++) b[i] = s->b[i] + s->b_rec[i];
  if (turned && b) {
    const atr_value product[] = { x, tensor(model, "W", turned, 2, inputs, (int64_t)n, 0) };
    const atr_value in[] = {
      atr_model_add2(model, atr_model_add(model, NULL, "MatMul", NULL, product, 2, NULL, 0, &y, 1),
                     tensor(model, "b", b, 1, (int64_t)n, 0, 0)),
      tensor(model, "R", s->w_rec, 2, (int64_t)n, (int64_t)n, 0),
      tensor(model, "tau", s->tau, 1, (int64_t)n, 0, 0),
      tensor(model, "initial", s->initial, 2, 1, (int64_t)n, 0),
    };
    const atr_attribute a[] = { word("method", methods[s->method]),
                                word("activation", activation_names[s->f[0].kind]),
                                real("step", s->dt),
                                whole("substeps", s->substeps),
                                real("leak", s->leak),
                                real("noise", s->noise),
                                whole("seed", s->seed),
                                real("tolerance", s->tolerance),
                                whole("max_steps", s->max_steps) };
    atr_model_add(model, "org.atrous", "ContinuousRNN", "system", in, 4, a, sizeof a / sizeof *a, &y, 1);
  }
  free(turned);
  free(b);
  return y;
}

static bool execute(struct job *job, const atr_model *model, const float *x, size_t steps, int64_t inputs,
                    float *y, struct fault *fault) {
  const double started = report_now();
  atr_error error = ATR_ERROR_INIT;
  const atr_shape shape = { 3, { (int64_t)steps, 1, inputs } };
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  atr_plan *plan = NULL;
  atr_run *run = NULL;
  options.math = (atr_math)job->common->math;
  bool ok = !atr_plan_create(model, job->context, &shape, 1, &options, &error, &plan) &&
            !atr_run_create(plan, &error, &run);
  if (!ok) fault_from_error(fault, &error);
  if (ok) {
    session_plan(job->report, plan, started);
    atr_status status = atr_run_write(run, "u", x, steps * (size_t)inputs * sizeof *x);
    if (!status) status = atr_run_execute(run);
    if (!status) status = atr_run_read(run, "h", y, steps * job->system.neurons * sizeof *y);
    ok = !status || session_fault(run, status, fault);
  }
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  return ok;
}

bool network_run(struct job *job, const double *u, size_t steps, double *h, struct fault *fault) {
  const struct system *s = &job->system;
  const int64_t inputs = s->inputs ? (int64_t)s->inputs : 1;
  const atr_shape shape = { 3, { -1, 1, inputs } };
  atr_error error = ATR_ERROR_INIT;
  atr_model *model = NULL;
  if (!job_context(job, fault)) return false;
  if (atr_model_create(0, &error, &model)) return fault_from_error(fault, &error);
  float *x = floats(s->inputs ? u : NULL, steps * (size_t)inputs),
        *y = malloc(steps * s->neurons * sizeof *y);
  bool ok = x && y ? true : fault_nomem(fault, steps * s->neurons * sizeof *y);
  if (ok) {
    const atr_value in = atr_model_add_input(model, "u", ATR_F32, &shape);
    atr_model_add_output(model, "h",
                         s->continuous ? continuous(model, s, in, inputs) : discrete(model, s, in, inputs));
    ok = !atr_model_check(model, &error) || fault_from_error(fault, &error);
  }
  ok = ok && execute(job, model, x, steps, inputs, y, fault);
  for (size_t i = 0; ok && i < steps * s->neurons; i++) h[i] = (double)y[i];
  free(x);
  free(y);
  atr_model_destroy(model);
  return ok;
}
