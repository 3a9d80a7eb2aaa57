/* move.c: copying strided elements on the host; see move.h. */
#include "op/move.h"

#include <string.h>

#include "base/checked.h"
#include "op/register_tile.h"

enum { TALL = 64, WIDE = 256 }; /* of a piece that is turned over */

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

/* Whether rows along the last dimension are written side by side but read from places apart, and rows along
 * the one before it the other way round: a matrix to be turned over. */
static int is_turned(const atr__walk *walk, size_t word) {
  const int inner = walk->rank - 1, outer = inner - 1;
  return outer >= 0 && word == sizeof(float) && walk->stride[0][inner] == 1 && walk->stride[1][outer] == 1 &&
         walk->stride[1][inner] > 1 && walk->dim[inner] > 1 && walk->dim[outer] > 1;
}

/* Pieces of such matrices, as bits: whether they are floats does not matter. */
static void turned(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__walk *walk = j->walk;
  const atr__tile *tile = atr__tile_best();
  const int inner = walk->rank - 1, outer = inner - 1;
  const int64_t n = walk->dim[inner], rows = walk->dim[outer];
  const int64_t across = atr__ceil_div(n, WIDE), down = atr__ceil_div(rows, TALL);
  for (int64_t i = begin; i < end; i++) {
    const int64_t column = i % across * WIDE, row = i / across % down * TALL;
    int64_t offset[ATR__WALK_OPERANDS];
    atr__walk_row(walk, (i / across / down * rows + row) * n + column, walk->count, offset);
    tile->turn((float *)(void *)j->to + offset[0], walk->stride[0][outer],
               (const float *)(const void *)j->from + offset[1], walk->stride[1][inner],
               atr__min_i64(WIDE, n - column), atr__min_i64(TALL, rows - row));
  }
}

void atr__move_host(atr__pool *pool, const atr__walk *walk, size_t word, void *to, const void *from) {
  job j = { walk, word, to, from };
  if (!walk->count) return;
  if (is_turned(walk, word)) {
    const int64_t n = walk->dim[walk->rank - 1], rows = walk->dim[walk->rank - 2];
    const int64_t piece = atr__min_i64(n, WIDE) * atr__min_i64(rows, TALL);
    atr__pool_for(pool, walk->count / n / rows * atr__ceil_div(n, WIDE) * atr__ceil_div(rows, TALL),
                  16384 / piece + 1, turned, &j);
  } else
    atr__pool_for(pool, walk->count, 16384, range, &j);
}

void atr__move_zero_host(size_t word, void *to, int64_t count) {
  if (count) memset(to, 0, (size_t)count * word);
}
