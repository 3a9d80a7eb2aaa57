/* continuous_rnn.c: ContinuousRNN (org.atrous), a network of rate neurons in continuous time, and its
 * gradient.
 *
 *   τ·dx/dt = -leak·x + R·φ(x) + d(t)
 *
 * Inputs: drive d [t][n][hid] (W·u + b of the inputs, an ordinary MatMul), R [hid][hid], τ [hid] (absent: 1),
 * the state at the beginning [n][hid] (absent: 0); of a sparse R (sparse.h) the values [entries] in R's
 * place, then row_start and column. Output 0: the states at the end of every interval of length `step`,
 * [t][n][hid]; d[k] belongs to the beginning of interval k and is held over it, or goes in a line to d[k+1]
 * (interpolation "linear"; the last is held). Output 1 (ours) is the state before every substep,
 * [t·substeps][n][hid], from which the gradient works out the rest again.
 *
 * method: euler, heun (the trapezoidal rule, order 2), rk4, exponential_euler (exact in the leak: Rosenbrock
 * and Storey 1966, order 1), each in `substeps` equal parts of the interval; dormand_prince, the pair of
 * orders 5 and 4 with steps chosen so that the error estimate stays within tolerance·(1 + |x|) (root mean
 * square over hid; at most max_steps an interval, then what is left is taken in one), which has no gradient.
 * noise σ: after each substep of length h σ·√h·N(0, 1) is added to every x (Euler and Maruyama), numbers by
 * (seed, substep, sample, neuron).
 *
 * ContinuousRNNGrad (R, states before substeps, drive, dX, τ; row_start, column and R's transposed pattern)
 * walks back through the very same arithmetic:
 * dDrive, dX before the beginning, [n][hid] of dτ, and for every evaluation of the right side what entered it
 * (g [e][n][hid]) and φ(x) there, whose product over e and n is dR. Source: Hairer, Nørsett, Wanner, "Solving
 * Ordinary Differential Equations I"; Dormand and Prince, 1980; Wilson and Cowan, 1972. */
#include "config.h"

#include "op/continuous_rnn.h"

#include <math.h>
#include <string.h>

#include "op/grad.h"
#include "op/recurrent.h"
#include "op/sparse.h"
#include "tensor/shape.h"

static const char *const methods[] = { "euler", "heun", "rk4", "exponential_euler", "dormand_prince" };

const atr__tableau *atr__tableau_of(atr__integrator method) {
  static const atr__tableau tableaus[] = {
    { 1, { 0 }, { 1 }, { 0 } },
    { 2, { 0, 1 }, { 0.5, 0.5 }, { 0, 1 } },
    { 4, { 0, 0.5, 0.5, 1 }, { 1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6 }, { 0, 0.5, 0.5, 1 } },
    { 1, { 0 }, { 1 }, { 0 } }, /* exponential Euler evaluates once too */
  };
  return &tableaus[method];
}

static atr_status choice(atr__infer *infer, const char *attribute, const char *otherwise,
                         const char *const *words, int n, int *result) {
  const char *word = atr__attrs_string(infer->attrs, attribute, otherwise);
  for (*result = 0; *result < n; ++*result)
    if (!strcmp(words[*result], word)) return ATR_OK;
  return atr__fail(infer->error, ATR_E_PARAM, "%s: %s \"%s\" is not known", infer->op->name, attribute, word);
}

static atr_status number(atr__infer *infer, const char *attribute, float otherwise, int positive,
                         float *value) {
  *value = atr__attrs_float(infer->attrs, attribute, otherwise);
  if (isfinite(*value) && (positive ? *value > 0 : *value >= 0)) return ATR_OK;
  return atr__fail(infer->error, ATR_E_PARAM, "%s: %s is %g, must be finite and %s", infer->op->name,
                   attribute, (double)*value, positive ? "above 0" : "0 or more");
}

static atr_status count(atr__infer *infer, const char *attribute, int64_t otherwise, int64_t *value) {
  *value = atr__attrs_int(infer->attrs, attribute, otherwise);
  if (*value >= 1 && *value <= 1 << 20) return ATR_OK;
  return atr__fail(infer->error, ATR_E_PARAM, "%s: %s is %lld, must be 1 to 1048576", infer->op->name,
                   attribute, (long long)*value);
}

static atr_status attributes(atr__infer *infer) {
  atr__continuous_params *p = infer->params;
  static const char *const interpolations[] = { "hold", "linear" };
  int method, rate;
  atr_status status = choice(infer, "method", "rk4", methods, ATR__INTEGRATORS, &method);
  if (!status) status = choice(infer, "activation", "Tanh", atr__rate_names, ATR__RATES, &rate);
  if (!status) status = choice(infer, "interpolation", "hold", interpolations, 2, &p->linear);
  if (!status) status = number(infer, "step", 1, 1, &p->step);
  if (!status) status = number(infer, "leak", 1, 0, &p->leak);
  if (!status) status = number(infer, "noise", 0, 0, &p->noise);
  if (!status) status = number(infer, "tolerance", 1e-4f, 1, &p->tolerance);
  if (!status) status = count(infer, "substeps", 1, &p->substeps);
  if (!status) status = count(infer, "max_steps", 1000, &p->max_steps);
  if (status) return status;
  p->method = (atr__integrator)method;
  p->rate = (atr__rate)rate;
  p->seed = (uint64_t)atr__attrs_int(infer->attrs, "seed", 0);
  p->stages = p->method == ATR__INTEGRATOR_DORMAND_PRINCE ? 7 : atr__tableau_of(p->method)->stages;
  if (p->method == ATR__INTEGRATOR_DORMAND_PRINCE && p->noise > 0)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: noise needs a method of fixed steps", infer->op->name);
  if (p->method == ATR__INTEGRATOR_DORMAND_PRINCE) p->substeps = 1;
  if (p->method == ATR__INTEGRATOR_EXPONENTIAL_EULER && !(p->leak > 0))
    return atr__fail(infer->error, ATR_E_PARAM, "%s: exponential_euler needs a leak above 0",
                     infer->op->name);
  return ATR_OK;
}

/* Whether input `at` and what follows is there: R's pattern. */
static int is_sparse(size_t n_in, const atr_type *in_type, size_t at) {
  return at < n_in && in_type[at] != ATR_TYPE_NONE;
}

/* pattern: the first input of R's. */
static atr_status sizes(atr__infer *infer, size_t drive, size_t r, size_t pattern) {
  atr__continuous_params *p = infer->params;
  const atr_shape *d = &infer->in_shape[drive];
  atr_status status = atr__infer_need_f32(infer, drive);
  if (!status) status = atr__infer_need_rank(infer, drive, 3, 3);
  if (status) return status;
  p->t = d->dim[0], p->n = d->dim[1], p->hid = d->dim[2];
  if (p->hid < 1) return atr__fail(infer->error, ATR_E_SHAPE, "%s: no neurons", infer->op->name);
  p->sparse = is_sparse(infer->n_in, infer->in_type, pattern);
  p->entries = p->hid * p->hid;
  if (!p->sparse) return atr__recurrent_need(infer, r, atr__shape_of(2, (int64_t[]){ p->hid, p->hid }));
  status = atr__sparse_values(infer, r, &p->entries);
  return status ? status : atr__sparse_need(infer, pattern, p->hid, p->hid, p->entries);
}

static atr_status infer_forward(atr__infer *infer) {
  const atr__continuous_params *p = infer->params;
  atr_status status = attributes(infer);
  if (!status) status = sizes(infer, 0, 1, 4);
  if (!status) status = atr__recurrent_need(infer, 2, atr__shape_of(1, &p->hid));
  if (!status) status = atr__recurrent_need(infer, 3, atr__shape_of(2, (int64_t[]){ p->n, p->hid }));
  if (status) return status;
  infer->out_type[0] = infer->out_type[1] = ATR_F32;
  infer->out_shape[0] = infer->in_shape[0];
  infer->out_shape[1] = atr__shape_of(3, (int64_t[]){ p->t * p->substeps, p->n, p->hid });
  return ATR_OK;
}

static atr_status infer_grad(atr__infer *infer) {
  const atr__continuous_params *p = infer->params;
  atr_status status = attributes(infer);
  if (!status) status = sizes(infer, 2, 0, 5);
  if (!status)
    status = atr__recurrent_need(infer, 1, atr__shape_of(3, (int64_t[]){ p->t * p->substeps, p->n, p->hid }));
  if (!status) status = atr__recurrent_need(infer, 3, infer->in_shape[2]);
  if (!status) status = atr__recurrent_need(infer, 4, atr__shape_of(1, &p->hid));
  if (!status && p->sparse) status = atr__sparse_need_transposed(infer, 7, p->hid, p->hid, p->entries);
  if (status) return status;
  const atr_shape line = atr__shape_of(2, (int64_t[]){ p->n, p->hid }),
                  all = atr__shape_of(3, (int64_t[]){ p->t * p->substeps * p->stages, p->n, p->hid });
  const atr_shape shape[] = { infer->in_shape[2], line, line, all, all };
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = shape[i];
  }
  return ATR_OK;
}

static atr_status gradient(atr__grad *g) {
  const atr__continuous_params params = *(const atr__continuous_params *)atr__grad_params(g), *p = &params;
  if (p->method == ATR__INTEGRATOR_DORMAND_PRINCE || atr__grad_dy(g, 1)) return ATR_E_UNSUPPORTED;
  const int dy = atr__grad_dy(g, 0), r = atr__grad_in(g, 1),
            tau = atr__grad_inputs(g) > 2 ? atr__grad_in(g, 2) : 0;
  if (!dy) return atr__grad_status(g);
  int in[10] = { r, atr__grad_out(g, 1), atr__grad_in(g, 0), dy, tau };
  if (p->sparse) {
    in[5] = atr__grad_in(g, 4), in[6] = atr__grad_in(g, 5);
    atr__sparse_transpose(g, 4, p->hid, p->hid, in + 7);
  }
  const int64_t rows = p->t * p->substeps * p->stages * p->n, hid = p->hid;
  const int ddrive =
      atr__grad_node(g, "org.atrous", "ContinuousRNNGrad", in, p->sparse ? 10 : 5, atr__grad_attrs(g), 5);
  const int dfirst = atr__grad_last(g, 1), dtau = atr__grad_last(g, 2), entered = atr__grad_last(g, 3),
            rate = atr__grad_last(g, 4);
  if (atr__grad_wanted(g, 0)) atr__grad_set(g, 0, ddrive);
  if (p->sparse && atr__grad_wanted(g, 1))
    atr__grad_set(g, 1, atr__sparse_grad(g, entered, rate, 4, rows, hid, hid));
  else if (atr__grad_wanted(g, 1)) {
    const atr_shape flat = atr__shape_of(2, (int64_t[]){ rows, hid });
    const int a = atr__grad_reshape(g, entered, &flat), b = atr__grad_reshape(g, rate, &flat);
    atr__attrs attrs = { 0 };
    atr_status status = atr__attrs_set_int(&attrs, "transA", 1);
    if (!status) atr__grad_set(g, 1, atr__grad_node(g, NULL, "Gemm", (int[]){ a, b }, 2, &attrs, 1));
    atr__attrs_free(&attrs);
    if (status) return status;
  }
  if (tau && atr__grad_wanted(g, 2)) {
    const int axis = atr__grad_ints(g, (int64_t[]){ 0 }, 1);
    atr__attrs attrs = { 0 };
    atr_status status = atr__attrs_set_int(&attrs, "keepdims", 0);
    if (!status)
      atr__grad_set(g, 2, atr__grad_node(g, NULL, "ReduceSum", (int[]){ dtau, axis }, 2, &attrs, 1));
    atr__attrs_free(&attrs);
    if (status) return status;
  }
  if (atr__grad_inputs(g) > 3 && atr__grad_in(g, 3) && atr__grad_wanted(g, 3)) atr__grad_set(g, 3, dfirst);
  return atr__grad_status(g);
}

/* A product with R an evaluation. */
static int64_t flops(const void *params, const atr_shape *in, const atr_shape *out) {
  const atr__continuous_params *p = params;
  (void)in, (void)out;
  return p->t * p->substeps * p->stages * p->n * (2 * p->entries + 6 * p->hid);
}

const atr__op atr__op_continuous_rnn_grad = {
  .name = "ContinuousRNNGrad",
  .domain = "org.atrous",
  .stem = "continuous_rnn",
  .since = 1,
  .min_in = 4,
  .max_in = 10,
  .min_out = 1,
  .max_out = 5,
  .params_size = sizeof(atr__continuous_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  .flops = flops,
  ATR__HOST(continuous_rnn_grad),
  ATR__CL(continuous_rnn_grad),
};

const atr__op atr__op_continuous_rnn = {
  .name = "ContinuousRNN",
  .domain = "org.atrous",
  .stem = "continuous_rnn",
  .since = 1,
  .min_in = 2,
  .max_in = 6,
  .min_out = 1,
  .max_out = 2,
  .params_size = sizeof(atr__continuous_params),
  .infer = infer_forward,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  .flops = flops,
  ATR__HOST(continuous_rnn),
  ATR__CL(continuous_rnn),
};
