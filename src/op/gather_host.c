/* gather_host.c: Gather and GatherGrad on the host. */
#include "op/gather.h"
#include "op/host.h"
#include "op/index.h"

atr_status ATR_HOST(gather)(const atr__call *call) {
  const atr__gather_params *p = call->params;
  const atr_shape *in = &call->in[0].shape;
  const int64_t outer = atr__shape_span(in, 0, p->axis), inner = atr__shape_span(in, p->axis + 1, in->rank);
  const int64_t n = call->in[1].count;
  const size_t bytes = (size_t)inner * atr__host_word(call->in[0].type);
  for (int64_t i = 0; i < n && call->out[0].count; i++) {
    int64_t at;
    atr_status status = atr__index_at(call, 1, i, p->extent, &at);
    if (status) return status;
    for (int64_t o = 0; o < outer; o++)
      memcpy((char *)call->out[0].data + (size_t)(o * n + i) * bytes,
             (const char *)call->in[0].data + (size_t)(o * p->extent + at) * bytes, bytes);
  }
  return ATR_OK;
}

/* Indices in ascending places, so that slices chosen twice are added in that order. */
atr_status ATR_HOST(gather_grad)(const atr__call *call) {
  const atr__gather_params *p = call->params;
  const atr_shape *dx = &call->out[0].shape;
  const int64_t outer = atr__shape_span(dx, 0, p->axis), inner = atr__shape_span(dx, p->axis + 1, dx->rank);
  const int64_t n = call->in[1].count;
  const atr_real *dy = ATR_IN(call, 0);
  atr_real *to = ATR_OUT(call, 0);
  for (int64_t i = 0; i < call->out[0].count; i++) to[i] = 0;
  for (int64_t i = 0; i < n && call->in[0].count; i++) {
    int64_t at;
    atr_status status = atr__index_at(call, 1, i, p->extent, &at);
    if (status) return status;
    for (int64_t o = 0; o < outer; o++)
      for (int64_t k = 0; k < inner; k++) to[(o * p->extent + at) * inner + k] += dy[(o * n + i) * inner + k];
  }
  return ATR_OK;
}
