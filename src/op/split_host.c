/* split_host.c: Split on the host. */
#include "op/concat.h"
#include "op/host.h"
#include "op/move.h"
#include "op/split.h"

atr_status ATR_HOST(split)(const atr__call *call) {
  const int axis = ((const atr__split_params *)call->params)->axis;
  int64_t from = 0;
  for (size_t i = 0; i < call->n_out; i++) {
    const atr__view *out = &call->out[i];
    const atr__walk walk = atr__concat_walk(&out->shape, &call->in[0].shape, axis, from, 1);
    if (out->data) atr__move_host(call->pool, &walk, atr__host_word(out->type), out->data, call->in[0].data);
    from += out->shape.dim[axis];
  }
  return ATR_OK;
}
