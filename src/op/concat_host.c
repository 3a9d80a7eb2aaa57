/* concat_host.c: Concat on the host. */
#include "op/concat.h"
#include "op/host.h"
#include "op/move.h"

atr_status ATR_HOST(concat)(const atr__call *call) {
  const int axis = ((const atr__concat_params *)call->params)->axis;
  const atr__view *out = &call->out[0];
  int64_t from = 0;
  for (size_t i = 0; i < call->n_in; i++) {
    const atr__walk walk = atr__concat_walk(&call->in[i].shape, &out->shape, axis, from, 0);
    atr__move_host(call->pool, &walk, atr__host_word(out->type), out->data, call->in[i].data);
    from += call->in[i].shape.dim[axis];
  }
  return ATR_OK;
}
