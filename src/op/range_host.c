/* range_host.c: Range on the host. */
#include "op/host.h"
#include "op/range.h"
#include "tensor/element.h"

atr_status ATR_HOST(range)(const atr__call *call) {
  const atr__view *out = &call->out[0];
  if (out->type == ATR_F32) {
    const atr_real start = *ATR_IN(call, 0), delta = *ATR_IN(call, 2);
    for (int64_t i = 0; i < out->count; i++) ((atr_real *)out->data)[i] = start + (atr_real)i * delta;
    return ATR_OK;
  }
  const uint64_t start = (uint64_t)atr__element_int(out->type, call->in[0].data, 0),
                 delta = (uint64_t)atr__element_int(out->type, call->in[2].data, 0);
  for (int64_t i = 0; i < out->count; i++)
    atr__element_set_int(out->type, out->data, i, (int64_t)(start + (uint64_t)i * delta));
  return ATR_OK;
}
