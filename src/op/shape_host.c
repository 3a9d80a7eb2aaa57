/* shape_host.c: Shape and Size on the host. */
#include "op/host.h"
#include "op/shape.h"

atr_status ATR_HOST(shape)(const atr__call *call) {
  int64_t values[ATR_RANK_MAX];
  const int n = atr__shape_values(call->params, &call->in[0].shape, values);
  if (n) memcpy(call->out[0].data, values, (size_t)n * sizeof *values);
  return ATR_OK;
}
