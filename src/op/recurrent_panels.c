/* recurrent_panels.c: see recurrent_panels.h. */
#include "config.h"

#include "op/recurrent_panels.h"

#include "base/checked.h"

enum {
  WIDE = ATR__TILE_LINE, /* columns of a panel: whole tiles of every set of instructions */
  LINES_MOST = 16,       /* of a block */
  UNITS = 64,            /* of a gate, a piece of work where weights are read as they lie */
  STEP_LARGE = 1 << 18,  /* multiplications of a line's step, of which panels go to threads */
};

typedef struct {
  const atr__panels *p;
  const atr__tile *tile;
  int64_t m, a_row, c_row;
  const float *a;
  float *c;
} job;

static int64_t columns_of(const atr__panels *p) {
  return p->gates * p->wide;
}

int64_t atr__panels_size(const atr__panels *p) {
  return atr__ceil_div(columns_of(p), WIDE) * WIDE * p->k;
}

static void fill(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__panels *p = j->p;
  for (int64_t panel = begin; panel < end; panel++) {
    float *to = p->at + panel * WIDE * p->k;
    const int64_t last = atr__min_i64(columns_of(p), (panel + 1) * WIDE);
    for (int64_t column = panel * WIDE; column < last;) {
      const int64_t gate = column / p->wide, unit = column % p->wide, there = p->hid - unit;
      const int64_t n = atr__min_i64(last - column, there > 0 ? there : p->wide - unit);
      if (there > 0 && p->rows)
        j->tile->copy(to + column - panel * WIDE, WIDE, p->from + unit, p->hid, 1, n, p->k);
      else if (there > 0)
        j->tile->turn(to + column - panel * WIDE, WIDE, p->from + (gate * p->hid + unit) * p->k, p->k, n,
                      p->k);
      else
        j->tile->copy(to + column - panel * WIDE, WIDE, NULL, 0, 1, n, p->k);
      column += n;
    }
    if (last % WIDE) j->tile->copy(to + last % WIDE, WIDE, NULL, 0, 1, WIDE - last % WIDE, p->k);
  }
}

void atr__panels_fill(const atr__panels *panels, const atr__tile *tile, atr__pool *pool) {
  const job j = { .p = panels, .tile = tile };
  atr__pool_for(pool, atr__ceil_div(columns_of(panels), WIDE), atr__ceil_div(8192, WIDE * (panels->k + 1)),
                fill, (void *)&j);
}

static void multiply(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__panels *p = j->p;
  for (int64_t panel = begin; panel < end; panel++) {
    const int64_t first = panel * WIDE, n = atr__min_i64(WIDE, columns_of(p) - first);
    const float *b = p->at + first * p->k;
    if (j->m == 1)
      j->tile->single(n, p->k, j->a, b, WIDE, j->c + first);
    else
      for (int64_t i = 0; i < n; i += j->tile->columns)
        j->tile->multiply(j->m, atr__min_i64(j->tile->columns, n - i), p->k, j->a, j->a_row, 1, b + i, WIDE,
                          j->c + first + i, j->c_row);
  }
}

/* Pieces of the gates' units. */
static void multiply_in_place(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__panels *p = j->p;
  const int64_t pieces = atr__ceil_div(p->hid, UNITS);
  for (int64_t i = begin; i < end; i++) {
    const int64_t gate = i / pieces, unit = i % pieces * UNITS;
    j->tile->lines(j->m, atr__min_i64(UNITS, p->hid - unit), p->k, j->a, j->a_row,
                   p->from + (gate * p->hid + unit) * p->k, p->k, j->c + gate * p->wide + unit, j->c_row);
  }
}

void atr__panels_multiply(const atr__panels *panels, const atr__tile *tile, atr__pool *pool, int64_t m,
                          const float *a, int64_t a_row, float *c, int64_t c_row) {
  const job j = { panels, tile, m, a_row, c_row, a, c };
  const int64_t wide = panels->at ? WIDE : UNITS;
  const int64_t count = panels->at ? atr__ceil_div(columns_of(panels), WIDE)
                                   : panels->gates * atr__ceil_div(panels->hid, UNITS);
  atr__pool_body *const body = panels->at ? multiply : multiply_in_place;
  if (pool)
    atr__pool_for(pool, count, atr__tile_grain((m + 3) * panels->k * wide), body, (void *)&j);
  else
    body((void *)&j, 0, count);
}

int64_t atr__panels_cut(const atr__recurrent_params *p, atr__pool *pool, atr__pool **within) {
  const int64_t threads = atr__pool_threads(pool), lines = p->n * p->dirs;
  const int shared = threads > 1 && lines < 2 * threads && p->gates * p->hid * p->hid >= STEP_LARGE;
  *within = shared ? pool : NULL;
  return shared ? p->n : atr__min_i64(p->n, atr__min_i64(LINES_MOST, atr__ceil_div(lines, threads)));
}
