/* slice_host.c: Slice and SliceGrad on the host. */
#include "op/host.h"
#include "op/move.h"
#include "op/slice.h"

atr_status ATR_HOST(slice)(const atr__call *call) {
  const atr__walk walk = atr__slice_walk(call->params, &call->out[0].shape, &call->in[0].shape, 1);
  atr__move_host(call->pool, &walk, atr__host_word(call->in[0].type), call->out[0].data, call->in[0].data);
  return ATR_OK;
}

atr_status ATR_HOST(slice_grad)(const atr__call *call) {
  const size_t word = atr__host_word(call->in[0].type);
  const atr__walk walk = atr__slice_walk(call->params, &call->in[0].shape, &call->out[0].shape, 0);
  atr__move_zero_host(word, call->out[0].data, call->out[0].count);
  atr__move_host(call->pool, &walk, word, call->out[0].data, call->in[0].data);
  return ATR_OK;
}
