/* transpose_host.c: Transpose on the host. */
#include "op/host.h"
#include "op/move.h"
#include "op/transpose.h"

atr_status ATR_HOST(transpose)(const atr__call *call) {
  const atr__walk walk = atr__transpose_walk(call->params, &call->in[0].shape, &call->out[0].shape);
  atr__move_host(call->pool, &walk, atr__host_word(call->in[0].type), call->out[0].data, call->in[0].data);
  return ATR_OK;
}
