/* reverse_sequence_host.c: ReverseSequence on the host. */
#include "op/host.h"
#include "op/reverse_sequence.h"

atr_status ATR_HOST(reverse_sequence)(const atr__call *call) {
  const int time_axis = ((const atr__reverse_sequence_params *)call->params)->time_axis;
  const atr_shape *in = &call->in[0].shape;
  const int64_t steps = in->dim[time_axis], batch = in->dim[1 - time_axis];
  const int64_t step = time_axis ? 1 : batch, sequence = time_axis ? steps : 1;
  const size_t bytes = (size_t)atr__shape_span(in, 2, in->rank) * atr__host_word(call->in[0].type);
  const char *x = call->in[0].data;
  char *y = call->out[0].data;
  for (int64_t b = 0; b < batch; b++) {
    const int64_t length = ((const int64_t *)call->in[1].data)[b];
    if (length < 0 || length > steps)
      return atr__fail(call->error, ATR_E_PARAM, "length %lld at place %lld is outside [0, %lld]",
                       (long long)length, (long long)b, (long long)steps);
    for (int64_t t = 0; t < steps && bytes; t++) {
      const int64_t from = t < length ? length - 1 - t : t;
      memcpy(y + (size_t)(t * step + b * sequence) * bytes, x + (size_t)(from * step + b * sequence) * bytes,
             bytes);
    }
  }
  return ATR_OK;
}
