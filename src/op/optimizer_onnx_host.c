/* optimizer_onnx_host.c: ONNX's optimizer steps on the host. */
#include "op/host.h"
#include "op/optimizer_onnx.h"

typedef struct {
  const atr__onnx_step_params *p;
  const atr_real *x, *g, *a, *b;   /* a and b: the states */
  atr_real *x_new, *a_new, *b_new; /* NULL: not wanted */
  atr_real rate;                   /* as the kind adjusts it */
  atr_real beta;
} job;

static void put(atr_real *out, int64_t i, atr_real value) {
  if (out) out[i] = value;
}

static void elements(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__onnx_step_params *p = j->p;
  const atr_real alpha = (atr_real)p->alpha, epsilon = (atr_real)p->epsilon;
  for (int64_t i = begin; i < end; i++) {
    const atr_real x = j->x[i], g = (atr_real)p->norm * x + j->g[i];
    if (p->kind == ATR__ONNX_ADAGRAD) {
      const atr_real h = j->a[i] + g * g;
      put(j->a_new, i, h);
      put(j->x_new, i, x - j->rate * g / (ATR_MATH(sqrt)(h) + epsilon));
    } else if (p->kind == ATR__ONNX_ADAM) {
      const atr_real v = alpha * j->a[i] + (1 - alpha) * g, h = j->beta * j->b[i] + (1 - j->beta) * g * g;
      put(j->a_new, i, v);
      put(j->b_new, i, h);
      put(j->x_new, i, (1 - (atr_real)p->decay) * (x - j->rate * v / (ATR_MATH(sqrt)(h) + epsilon)));
    } else {
      const atr_real v = alpha * j->a[i] + j->beta * g;
      put(j->a_new, i, v);
      put(j->x_new, i, x - j->rate * (p->kind == ATR__ONNX_NESTEROV ? g + alpha * v : v));
    }
  }
}

static atr_real *wanted(const atr__call *call, int i) {
  return (size_t)i < call->n_out ? ATR_OUT(call, i) : NULL;
}

atr_status ATR_HOST(optimizer_onnx)(const atr__call *call) {
  const atr__onnx_step_params *p = call->params;
  const int64_t updates = *(const int64_t *)call->in[1].data;
  const atr_real t = (atr_real)updates;
  const int n = p->tensors;
  atr_real rate = *ATR_IN(call, 0), beta = (atr_real)p->beta;
  if (p->kind == ATR__ONNX_ADAGRAD) rate /= 1 + t * (atr_real)p->decay;
  if (p->kind == ATR__ONNX_ADAM && updates > 0)
    rate *= ATR_MATH(sqrt)(1 - ATR_MATH(pow)(beta, t)) / (1 - ATR_MATH(pow)((atr_real)p->alpha, t));
  if (p->kind > ATR__ONNX_ADAM && updates <= 0) beta = 1;
  for (int i = 0; i < n; i++) {
    job j = { .p = p, .x = ATR_IN(call, 2 + i), .g = ATR_IN(call, 2 + n + i), .rate = rate, .beta = beta };
    j.a = ATR_IN(call, 2 + 2 * n + i);
    j.x_new = wanted(call, i);
    j.a_new = wanted(call, n + i);
    if (p->states > 1) {
      j.b = ATR_IN(call, 2 + 3 * n + i);
      j.b_new = wanted(call, 2 * n + i);
    }
    atr__pool_for(call->pool, call->in[2 + i].count, 4096, elements, &j);
  }
  return ATR_OK;
}
