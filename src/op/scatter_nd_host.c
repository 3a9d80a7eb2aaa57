/* scatter_nd_host.c: ScatterND and GatherNDGrad on the host. Updates are applied in the order in which they
 * lie. */
#include "op/host.h"
#include "op/index.h"
#include "op/scatter_nd.h"

atr_status ATR_HOST(slices)(const atr__call *call, const atr__slices *s, int64_t t, int64_t *offset) {
  *offset = 0;
  for (int d = 0; d < s->depth; d++) {
    int64_t at;
    const atr_status status = atr__index_at(call, 1, t * s->depth + d, s->extent[d], &at);
    if (status) return status;
    *offset += at * s->stride[d];
  }
  return ATR_OK;
}

static atr_status scatter(const atr__call *call, const atr__view *updates) {
  const atr__scatter_nd_params *p = call->params;
  const atr__slices *s = &p->slices;
  for (int64_t t = 0; t < s->batches * s->tuples && s->inner; t++) {
    int64_t to;
    const atr_status status = ATR_HOST(slices)(call, s, t, &to);
    if (status) return status;
    ATR_HOST(scatter)
    (updates->type, p->kind, call->out[0].data, t / s->tuples * s->span + to, updates->data, t * s->inner,
     s->inner);
  }
  return ATR_OK;
}

atr_status ATR_HOST(scatter_nd)(const atr__call *call) {
  const size_t bytes = (size_t)call->out[0].count * atr__host_word(call->out[0].type);
  if (bytes) memcpy(call->out[0].data, call->in[0].data, bytes);
  return scatter(call, &call->in[2]);
}

atr_status ATR_HOST(gather_nd_grad)(const atr__call *call) {
  atr_real *dx = ATR_OUT(call, 0);
  for (int64_t i = 0; i < call->out[0].count; i++) dx[i] = 0;
  return scatter(call, &call->in[0]);
}
