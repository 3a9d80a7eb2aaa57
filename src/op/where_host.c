/* where_host.c: Where on the host. */
#include "op/host.h"
#include "op/walk.h"
#include "op/where.h"

typedef struct {
  const atr__walk *walk;
  const uint8_t *condition;
  const char *x, *y;
  char *z;
  size_t word;
} job;

static void range(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const int inner = j->walk->rank - 1;
  int64_t at[ATR__WALK_OPERANDS], step[3] = { 0, 0, 0 };
  for (int o = 0; o < 3 && inner >= 0; o++) step[o] = j->walk->stride[o][inner];
  for (int64_t i = begin, n; i < end; i += n) {
    n = atr__walk_row(j->walk, i, end, at);
    for (int64_t k = 0; k < n; k++) {
      const char *from = j->condition[at[0] + k * step[0]] ? j->x + (size_t)(at[1] + k * step[1]) * j->word
                                                           : j->y + (size_t)(at[2] + k * step[2]) * j->word;
      memcpy(j->z + (size_t)(i + k) * j->word, from, j->word);
    }
  }
}

atr_status ATR_HOST(where)(const atr__call *call) {
  atr__walk walk = atr__walk_over(&call->out[0].shape);
  for (int i = 0; i < 3; i++) atr__walk_broadcast(&walk, &call->in[i].shape);
  atr__walk_join(&walk);
  job j = { &walk,
            call->in[0].data,
            call->in[1].data,
            call->in[2].data,
            call->out[0].data,
            atr__host_word(call->out[0].type) };
  if (walk.count) atr__pool_for(call->pool, walk.count, 8192, range, &j);
  return ATR_OK;
}
