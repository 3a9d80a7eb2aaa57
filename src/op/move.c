/* move.c: copying strided elements on the host; see move.h. */
#include "op/move.h"

#include <string.h>

typedef struct {
  const atr__walk *walk;
  size_t word;
  char *to;
  const char *from;
} job;

#define STRIDED(type)                                                                                        \
  for (int64_t k = 0; k < n; k++) ((type *)to)[k * ts] = ((const type *)from)[k * fs]

static void range(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const int inner = j->walk->rank - 1;
  const int64_t ts = inner < 0 ? 1 : j->walk->stride[0][inner],
                fs = inner < 0 ? 1 : j->walk->stride[1][inner];
  for (int64_t i = begin, n; i < end; i += n) {
    int64_t offset[ATR__WALK_OPERANDS];
    n = atr__walk_row(j->walk, i, end, offset);
    char *to = j->to + offset[0] * (int64_t)j->word;
    const char *from = j->from + offset[1] * (int64_t)j->word;
    if (ts == 1 && fs == 1)
      memcpy(to, from, (size_t)n * j->word);
    else if (j->word == 8)
      STRIDED(uint64_t);
    else if (j->word == 4)
      STRIDED(uint32_t);
    else if (j->word == 2)
      STRIDED(uint16_t);
    else
      STRIDED(uint8_t);
  }
}

void atr__move_host(atr__pool *pool, const atr__walk *walk, size_t word, void *to, const void *from) {
  job j = { walk, word, to, from };
  if (walk->count) atr__pool_for(pool, walk->count, 16384, range, &j);
}

void atr__move_zero_host(size_t word, void *to, int64_t count) {
  if (count) memset(to, 0, (size_t)count * word);
}
