/* compress_host.c: Compress on the host. */
#include "op/compress.h"
#include "op/host.h"

atr_status ATR_HOST(compress)(const atr__call *call) {
  const atr__compress_params *p = call->params;
  const uint8_t *condition = call->in[1].data;
  const size_t bytes = (size_t)p->inner * atr__host_word(call->in[0].type);
  for (int64_t i = 0, to = 0; i < call->in[1].count && bytes; i++) {
    if (!condition[i]) continue;
    for (int64_t o = 0; o < p->outer; o++)
      memcpy((char *)call->out[0].data + (size_t)(o * p->kept + to) * bytes,
             (const char *)call->in[0].data + (size_t)(o * p->extent + i) * bytes, bytes);
    to++;
  }
  return ATR_OK;
}
