/* dropout_host.c: Dropout and its gradient on the host; a range of the loop is a run of blocks of four
 * elements. */
#include "base/random.h"
#include "op/dropout.h"
#include "op/host.h"

typedef struct {
  const atr__dropout_params *p;
  const atr_real *x;
  atr_real *y;
  const uint8_t *kept;
  uint8_t *mask; /* NULL: not wanted */
  int64_t count;
  uint32_t step[2];
} job;

static void forward_blocks(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  for (int64_t block = begin; block < end; block++) {
    uint32_t word[4] = { 0 };
    const uint32_t counter[4] = { (uint32_t)block, 0, j->step[0], j->step[1] };
    if (j->p->training) atr__philox(j->p->key, counter, word);
    for (int k = 0; k < 4; k++) {
      const int64_t i = block / 16 * 64 + k * 16 + block % 16;
      if (i >= j->count) break;
      const int keep = !j->p->training || word[k] >> 8 >= j->p->threshold;
      j->y[i] = !j->p->training ? j->x[i] : keep ? j->x[i] * (atr_real)j->p->scale : 0;
      if (j->mask) j->mask[i] = (uint8_t)keep;
    }
  }
}

atr_status ATR_HOST(dropout)(const atr__call *call) {
  job j = { .p = call->params, .x = ATR_IN(call, 0), .y = ATR_OUT(call, 0), .count = call->out[0].count };
  if (call->n_out > 1) j.mask = call->out[1].data;
  if (call->n_in > 3 && call->in[3].data) memcpy(j.step, call->in[3].data, sizeof j.step);
  atr__pool_for(call->pool, (j.count + 63) / 64 * 16, 1024, forward_blocks, &j);
  return ATR_OK;
}

static void grad_range(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  for (int64_t i = begin; i < end; i++) j->y[i] = j->kept[i] ? j->x[i] * (atr_real)j->p->scale : 0;
}

atr_status ATR_HOST(dropout_grad)(const atr__call *call) {
  job j = { .p = call->params, .x = ATR_IN(call, 0), .kept = call->in[1].data, .y = ATR_OUT(call, 0) };
  atr__pool_for(call->pool, call->out[0].count, 4096, grad_range, &j);
  return ATR_OK;
}
