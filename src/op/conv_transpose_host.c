/* conv_transpose_host.c: transposed convolution on the host: the input's gradient of conv_grad_host.c, from a
 * bias, then what the planner joined to it. */
#include "op/conv_input.h"

typedef struct {
  const atr__conv_params *p;
  const atr_real *b, *residual, *factor;
  atr_real *y;
} job;

static void finish(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__conv_params *p = j->p;
  const atr_real low = (atr_real)atr__conv_low(p), high = (atr_real)atr__conv_high(p);
  const int64_t plane = p->in[0] * p->in[1] * p->in[2];
  for (int64_t k = begin; k < end; k++) {
    const int64_t c = k % p->c;
    atr_real *y = j->y + k * plane;
    if (j->factor)
      for (int64_t i = 0; i < plane; i++) y[i] = y[i] * j->factor[c] + (j->b ? j->b[c] : 0);
    if (j->residual)
      for (int64_t i = 0; i < plane; i++) y[i] += j->residual[k * plane + i];
    for (int64_t i = 0; i < plane; i++) y[i] = y[i] < low ? low : y[i] > high ? high : y[i];
  }
}

atr_status ATR_HOST(conv_transpose)(const atr__call *call) {
  const atr__conv_params *all = call->params;
  atr__conv_params p = *all;
  job j = { .p = all, .y = ATR_OUT(call, 0) };
  if (call->n_in > 2) j.b = ATR_IN(call, 2);
  if (call->n_in > ATR__CONV_RESIDUAL) j.residual = ATR_IN(call, ATR__CONV_RESIDUAL);
  if (call->n_in > ATR__CONV_FACTOR) j.factor = ATR_IN(call, ATR__CONV_FACTOR);
  const int more = j.residual || j.factor || p.activation == ATR__ACT_CLIP;
  if (more) p.activation = ATR__ACT_NONE;
  ATR_HOST(conv_input)(&p, ATR_IN(call, 0), ATR_IN(call, 1), j.factor ? NULL : j.b, j.y, call->pool);
  const int64_t plane = p.in[0] * p.in[1] * p.in[2];
  if (more) atr__pool_for(call->pool, p.n * p.c, 16384 / (plane + 1) + 1, finish, &j);
  return ATR_OK;
}
