/* expand_host.c: Expand on the host. */
#include "op/expand.h"
#include "op/host.h"
#include "op/move.h"

atr_status ATR_HOST(expand)(const atr__call *call) {
  const atr__view *out = &call->out[0];
  atr__walk walk = atr__walk_over(&out->shape);
  atr__walk_broadcast(&walk, &out->shape);
  atr__walk_broadcast(&walk, &call->in[0].shape);
  atr__walk_join(&walk);
  atr__move_host(call->pool, &walk, atr__host_word(out->type), out->data, call->in[0].data);
  return ATR_OK;
}
