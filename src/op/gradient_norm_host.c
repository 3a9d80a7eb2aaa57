/* gradient_norm_host.c: norms of gradients and the gate on the host. One thread adds a tensor's squares, in
 * ascending order, in double. */
#include "op/gradient_norm.h"
#include "op/host.h"
#include "op/optimizer.h"

static void tensors(void *user, int64_t begin, int64_t end) {
  const atr__call *call = user;
  for (int64_t t = begin; t < end; t++) {
    const atr_real *g = ATR_IN(call, t);
    double sum = 0, bad = 0;
    for (int64_t i = 0; i < call->in[t].count; i++)
      if (isfinite(g[i]))
        sum += (double)g[i] * (double)g[i];
      else
        bad++;
    ATR_OUT(call, 0)[2 * t] = (atr_real)sum;
    ATR_OUT(call, 0)[2 * t + 1] = (atr_real)bad;
  }
}

atr_status ATR_HOST(gradient_norm)(const atr__call *call) {
  atr__pool_for(call->pool, (int64_t)call->n_in, 1, tensors, (void *)call); /* only read */
  return ATR_OK;
}

atr_status ATR_HOST(clip_factor)(const atr__call *call) {
  const atr__clip_factor_params *p = call->params;
  const atr_real loss = ATR_IN(call, 0)[0], limit = ATR_IN(call, 1)[ATR__STEP_CLIP_NORM];
  const atr_real *pair = ATR_IN(call, 2);
  double sum = 0, bad = 0;
  for (int64_t t = 0; t < p->n; t++) {
    sum += (double)pair[2 * t];
    bad += (double)pair[2 * t + 1];
  }
  const double norm = sqrt(sum);
  const int open = isfinite(loss) && isfinite(norm) && bad <= 0;
  atr_real *gate = ATR_OUT(call, 0);
  const double factor = limit > 0 ? (double)limit / (norm + 1e-6) : 1;
  gate[ATR__GATE_FACTOR] = (atr_real)(factor < 1 ? factor : 1);
  gate[ATR__GATE_OPEN] = (atr_real)open;
  gate[ATR__GATE_NORM] = bad > 0 ? (atr_real)NAN : (atr_real)norm;
  gate[ATR__GATE_LOSS] = loss;
  return ATR_OK;
}
