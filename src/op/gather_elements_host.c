/* gather_elements_host.c: GatherElements on the host. */
#include "op/gather_elements.h"
#include "op/host.h"
#include "op/index.h"

atr_status ATR_HOST(gather_elements)(const atr__call *call) {
  const int axis = ((const atr__gather_elements_params *)call->params)->axis;
  const atr_shape *data = &call->in[0].shape;
  const atr__walk walk = atr__gather_elements_walk(axis, data, &call->in[1].shape);
  const int64_t stride = atr__shape_span(data, axis + 1, data->rank);
  const size_t word = atr__host_word(call->in[0].type);
  for (int64_t i = 0; i < walk.count; i++) {
    int64_t at[ATR__WALK_OPERANDS], index;
    atr__walk_row(&walk, i, walk.count, at);
    const atr_status status = atr__index_at(call, 1, i, data->dim[axis], &index);
    if (status) return status;
    memcpy((char *)call->out[0].data + (size_t)i * word,
           (const char *)call->in[0].data + (size_t)(at[0] + index * stride) * word, word);
  }
  return ATR_OK;
}
