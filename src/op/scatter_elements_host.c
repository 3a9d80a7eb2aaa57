/* scatter_elements_host.c: ScatterElements on the host. Updates are applied in the order in which they lie.
 */
#include "op/host.h"
#include "op/index.h"
#include "op/scatter_elements.h"

atr_status ATR_HOST(scatter_elements)(const atr__call *call) {
  const atr__scatter_elements_params *p = call->params;
  const atr_shape *data = &call->in[0].shape, *updates = &call->in[2].shape;
  const atr__walk walk = atr__scatter_elements_walk(p->axis, data, updates);
  const int64_t n = updates->dim[p->axis], step = atr__shape_span(updates, p->axis + 1, updates->rank);
  const int64_t stride = atr__shape_span(data, p->axis + 1, data->rank);
  const size_t bytes = (size_t)call->out[0].count * atr__host_word(call->out[0].type);
  if (bytes) memcpy(call->out[0].data, call->in[0].data, bytes);
  for (int64_t i = 0; i < walk.count && n; i++) {
    int64_t at[ATR__WALK_OPERANDS];
    atr__walk_row(&walk, i, walk.count, at);
    for (int64_t k = 0; k < n; k++) {
      int64_t to;
      const atr_status status = atr__index_at(call, 1, at[1] + k * step, data->dim[p->axis], &to);
      if (status) return status;
      ATR_HOST(scatter)
      (call->out[0].type, p->kind, call->out[0].data, at[0] + to * stride, call->in[2].data, at[1] + k * step,
       1);
    }
  }
  return ATR_OK;
}
