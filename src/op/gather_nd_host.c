/* gather_nd_host.c: GatherND on the host. */
#include "op/gather_nd.h"
#include "op/host.h"

atr_status ATR_HOST(gather_nd)(const atr__call *call) {
  const atr__slices *s = &((const atr__gather_nd_params *)call->params)->slices;
  const size_t word = atr__host_word(call->in[0].type), bytes = (size_t)s->inner * word;
  for (int64_t t = 0; t < s->batches * s->tuples && bytes; t++) {
    int64_t from;
    const atr_status status = ATR_HOST(slices)(call, s, t, &from);
    if (status) return status;
    memcpy((char *)call->out[0].data + (size_t)t * bytes,
           (const char *)call->in[0].data + (size_t)(t / s->tuples * s->span + from) * word, bytes);
  }
  return ATR_OK;
}
