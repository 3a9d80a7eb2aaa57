/* reshape_host.c: copies, where the output does not share its input's storage. */
#include "op/host.h"
#include "op/reshape.h"

atr_status ATR_HOST(reshape)(const atr__call *call) {
  const size_t bytes = (size_t)call->in[0].count * atr__host_word(call->in[0].type);
  if (bytes && call->out[0].data != call->in[0].data) memcpy(call->out[0].data, call->in[0].data, bytes);
  return ATR_OK;
}
