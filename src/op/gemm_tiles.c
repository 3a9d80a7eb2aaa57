/* gemm_tiles.c: Gemm and MatMul on the host, in float, by tiles of sums (register_tile.h): the sums of
 * gemm_host.c, in their order, so every bit is.
 *
 * A piece of work is a strip of columns of one batch, for some rows. For a stretch of k the strip of b is
 * copied, a panel of tile columns after another; then every tile of rows meets every panel. Where there are
 * few rows b is read where it lies, also where it is transposed. */
#include "config.h"

#include "op/gemm.h"

#include <math.h>

#include "base/checked.h"
#include "op/register_tile.h"

enum {
  DEPTH = 256,     /* of a stretch of k: a panel stays in the second cache, a tile's part of a in the first */
  PANELS = 4,      /* of a strip */
  ROWS_LEAST = 32, /* of a piece of work where rows are cut */
  WORK_LEAST = 256, /* multiplications of a whole call */
};

typedef struct {
  const atr__gemm_problem *g;
  const atr__tile *tile;
  const float *a, *b, *c;
  float *y;
  int in_rows;                          /* few rows of a meet rows of b that are columns of the product */
  int64_t strip, strips, split, splits; /* how it is cut: columns, rows */
  atr__rooms *rooms;
} job;

static void pack(const job *j, const float *b, int64_t depth, int64_t n, float *to) {
  const atr__gemm_problem *g = j->g;
  const int64_t columns = j->tile->columns, spare = atr__ceil_div(n, j->tile->lanes) * j->tile->lanes - n;
  if (g->b_col == 1)
    j->tile->copy(to, columns, b, g->b_row, 1, n, depth);
  else
    j->tile->turn(to, columns, b, g->b_col, n, depth);
  if (spare) j->tile->copy(to + n, columns, NULL, 0, 1, spare, depth);
}

static void finish(const job *j, int64_t row, int64_t column, int64_t n, float *y) {
  const atr__gemm_problem *g = j->g;
  const float *c = g->with_c ? j->c + row * g->c_row + column * g->c_col : NULL;
  if (g->alpha == 1 && (!c || (g->beta == 1 && g->c_col == 1)))
    j->tile->finish(n, NULL, 0, c, -INFINITY, INFINITY, y);
  else
    for (int64_t i = 0; i < n; i++) {
      const float v = g->alpha * y[i];
      y[i] = c ? v + g->beta * c[i * g->c_col] : v;
    }
}

/* Rows [row, row + m) and columns [column, column + n) of a batch. */
static void strip(const job *j, int64_t batch, int64_t row, int64_t m, int64_t column, int64_t n,
                  float *room) {
  const atr__gemm_problem *g = j->g;
  const atr__tile *tile = j->tile;
  const int64_t columns = tile->columns;
  int64_t at[ATR__WALK_OPERANDS];
  atr__walk_row(&g->batch, batch, batch + 1, at);
  const float *a = j->a + at[0] + row * g->a_row, *b = j->b + at[1] + column * g->b_col;
  float *y = j->y + (batch * g->m + row) * g->n + column;
  for (int64_t r = 0; r < m; r++) tile->fill(n, 0, y + r * g->n);
  if (j->in_rows) tile->lines(m, n, g->k, a, g->a_row, b, g->b_col, y, g->n);
  for (int64_t k = 0; k < g->k && !j->in_rows; k += DEPTH) {
    const int64_t depth = atr__min_i64(DEPTH, g->k - k);
    /* Columns of a last vector that is not full are copied all the same: nothing is read behind b. */
    const int64_t there = m <= tile->rows && g->b_col == 1 ? n / tile->lanes * tile->lanes : 0;
    for (int64_t i = there; i < n; i += columns)
      pack(j, b + k * g->b_row + i * g->b_col, depth, atr__min_i64(columns, n - i),
           room + (i - there) * DEPTH);
    for (int64_t r = 0; r < m; r += tile->rows) {
      const int64_t rows = atr__min_i64(tile->rows, m - r);
      const float *from = a + r * g->a_row + k * g->a_col;
      float *to = y + r * g->n;
      for (int64_t i = 0; i < there; i += columns)
        tile->multiply(rows, atr__min_i64(columns, there - i), depth, from, g->a_row, g->a_col,
                       b + k * g->b_row + i, g->b_row, to + i, g->n);
      for (int64_t i = there; i < n; i += columns)
        tile->multiply(rows, atr__min_i64(columns, n - i), depth, from, g->a_row, g->a_col,
                       room + (i - there) * DEPTH, columns, to + i, g->n);
    }
  }
  for (int64_t r = 0; r < m; r++) finish(j, row + r, column, n, y + r * g->n);
}

static void strips(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  float *room = j->in_rows ? NULL : atr__rooms_enter(j->rooms);
  for (int64_t i = begin; i < end; i++) {
    const int64_t row = i / j->strips % j->splits * j->split, column = i % j->strips * j->strip;
    strip(j, i / j->strips / j->splits, row, atr__min_i64(j->split, j->g->m - row), column,
          atr__min_i64(j->strip, j->g->n - column), room);
  }
  if (room) atr__rooms_leave(j->rooms, room);
}

/* A column is a row of the transposed product. */
static atr__gemm_problem simpler(const atr__gemm_problem *problem, int *turned) {
  atr__gemm_problem g = *problem;
  *turned = 0;
  if (g.n == 1 && g.m > 1) {
    *turned = 1;
    g.n = g.m;
    g.m = 1;
    g.a_row = problem->b_col;
    g.a_col = problem->b_row;
    g.b_row = problem->a_col;
    g.b_col = problem->a_row;
    g.c_row = problem->c_col;
    g.c_col = problem->c_row;
    if (g.batch.count > 1)
      for (int i = 0; i < g.batch.rank; i++) {
        g.batch.stride[0][i] = problem->batch.stride[1][i];
        g.batch.stride[1][i] = problem->batch.stride[0][i];
      }
    g.batch.start[0] = problem->batch.start[1];
    g.batch.start[1] = problem->batch.start[0];
  }
  return g;
}

int atr__gemm_tiles(const atr__call *call, const atr__gemm_problem *problem) {
  int turned;
  const atr__gemm_problem g = simpler(problem, &turned);
  if (!call->pool || (double)g.m * (double)g.n * (double)g.k * (double)g.batch.count < WORK_LEAST ||
      (g.b_col != 1 && g.b_row != 1))
    return 0;
  job j = { .g = &g,
            .tile = atr__tile_best(),
            .a = call->in[turned].data,
            .b = call->in[!turned].data,
            .c = g.with_c ? call->in[2].data : NULL,
            .y = call->out[0].data };
  j.in_rows = g.m <= j.tile->rows && g.b_row == 1 && g.a_col == 1;
  const int64_t threads = atr__pool_threads(call->pool), panels = atr__ceil_div(g.n, j.tile->columns);
  int64_t many = atr__min_i64(PANELS, panels);
  while (many > 1 && g.batch.count * atr__ceil_div(panels, many) < 4 * threads) many--;
  j.strips = atr__ceil_div(panels, many);
  j.strip = many * j.tile->columns;
  j.split = g.m;
  if (threads > 1 && g.batch.count * j.strips < 4 * threads) { /* each part packs its strip anew */
    const int64_t parts = atr__ceil_div(4 * threads, g.batch.count * j.strips);
    const int64_t rows = atr__max_i64(ROWS_LEAST, atr__ceil_div(g.m, parts));
    j.split = atr__ceil_div(rows, j.tile->rows) * j.tile->rows;
  }
  j.splits = atr__ceil_div(g.m, j.split);
  if (!j.in_rows) j.rooms = atr__rooms_take(call->pool, (size_t)(j.strip * DEPTH) * sizeof(float));
  if (!j.rooms && !j.in_rows) return 0;
  atr__pool_for(call->pool, g.batch.count * j.strips * j.splits,
                atr__tile_grain(g.k * (j.split + 3) * j.strip), strips, &j);
  atr__rooms_give(call->pool, j.rooms);
  return 1;
}
