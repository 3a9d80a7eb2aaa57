/* conv_tiles_filter.c: the gradient of a convolution's filter on the host, in float, by tiles of sums; see
 * conv_tiles.h.
 *
 * A stretch of dy's positions is turned, so that channels are innermost. Then at each tap the rows of a tile
 * are input channels, its columns are output channels, and k runs along a row of the image where the tap is
 * inside: x is read where it lies. A stretch is summed in the order of its positions, and added to the sum of
 * those before; stretches follow each other by image. */
#include "config.h"

#include <string.h>

#include "op/conv_tiles.h"
#include "op/register_tile.h"

enum {
  POSITIONS = 4096,  /* at most, of a stretch: longer sums would lose digits */
  STRETCH = 1 << 18, /* numbers of dy in a stretch: it stays in the second cache or the third */
  CHANNELS = 32,     /* of x, of a piece of work */
  COLUMNS_MOST = 64,
  TURN = 64,          /* positions turned by a piece of work */
  WORK_LEAST = 30000, /* multiplications of a whole call */
};

typedef struct {
  const atr__conv_params *p;
  const atr__tile *tile;
  const float *x, *dy;
  float *dw, *turned; /* [group][panel][position][columns] */
  int64_t cg, ocg, panels, blocks, taps;
  int64_t image, row, rows, begin, end; /* the stretch: some rows, or a part of one */
} job;

static int64_t length_of(const job *j) {
  return (j->end - j->begin) * j->rows;
}

static void turn(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const int64_t columns = j->tile->columns, plane = j->p->out[0] * j->p->out[1] * j->p->out[2];
  const int64_t length = length_of(j), parts = atr__ceil_div(length, TURN);
  for (int64_t i = begin; i < end; i++) {
    const int64_t at = i % parts * TURN, panel = i / parts % j->panels, group = i / parts / j->panels;
    const int64_t oc = panel * columns, n = atr__min_i64(columns, j->ocg - oc);
    const int64_t some = atr__min_i64(TURN, length - at);
    const int64_t spare = atr__ceil_div(n, j->tile->lanes) * j->tile->lanes - n;
    float *to = j->turned + ((group * j->panels + panel) * length + at) * columns;
    j->tile->turn(to, columns,
                  j->dy + (j->image * j->p->oc + group * j->ocg + oc) * plane + j->row * j->p->out[2] +
                      j->begin + at,
                  plane, n, some);
    if (spare) j->tile->copy(to + n, columns, NULL, 0, 1, spare, some);
  }
}

/* One tap between some input channels and a panel of output channels of a group. */
static void piece(const job *j, int64_t group, int64_t panel, int64_t tap, int64_t block) {
  const atr__conv_params *p = j->p;
  const int64_t columns = j->tile->columns, length = j->end - j->begin, first = block * CHANNELS;
  const int64_t m = atr__min_i64(CHANNELS, j->cg - first),
                n = atr__min_i64(columns, j->ocg - panel * columns);
  const int64_t fx = tap % p->filter[2], fy = tap / p->filter[2] % p->filter[1],
                fz = tap / p->filter[2] / p->filter[1];
  const int64_t line = p->in[2], layer = p->in[1] * line, plane = p->in[0] * layer;
  const int64_t shift = fx * p->dilation[2] - p->pad[2];
  const float *x = j->x + (j->image * p->c + group * j->cg + first) * plane;
  const float *turned = j->turned + (group * j->panels + panel) * length * j->rows * columns;
  float sum[CHANNELS * COLUMNS_MOST] = { 0 };
  int64_t low, high;
  atr__conv_valid(shift, p->stride[2], p->in[2], p->out[2], &low, &high);
  low = atr__max_i64(low, j->begin);
  high = atr__min_i64(high, j->end);
  if (low >= high) return;
  for (int64_t r = 0; r < j->rows; r++) {
    const int64_t oz = (j->row + r) / p->out[1], oy = (j->row + r) % p->out[1];
    const int64_t z = oz * p->stride[0] + fz * p->dilation[0] - p->pad[0];
    const int64_t y = oy * p->stride[1] + fy * p->dilation[1] - p->pad[1];
    if (z < 0 || z >= p->in[0] || y < 0 || y >= p->in[1]) continue;
    j->tile->multiply(m, n, high - low, x + z * layer + y * line + low * p->stride[2] + shift, plane,
                      p->stride[2], turned + (r * length + low - j->begin) * columns, columns, sum, columns);
  }
  for (int64_t o = 0; o < n; o++) {
    float *to = j->dw + ((group * j->ocg + panel * columns + o) * j->cg + first) * j->taps + tap;
    for (int64_t c = 0; c < m; c++) to[c * j->taps] += sum[c * columns + o];
  }
}

static void pieces(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  for (int64_t i = begin; i < end; i++) {
    const int64_t block = i % j->blocks, tap = i / j->blocks % j->taps,
                  panel = i / j->blocks / j->taps % j->panels;
    piece(j, i / j->blocks / j->taps / j->panels, panel, tap, block);
  }
}

int atr__conv_tiles_filter(const atr__conv_params *p, const float *x, const float *dy, float *dw,
                           atr__pool *pool) {
  job j = { .p = p, .tile = atr__tile_best(), .x = x, .dy = dy, .dw = dw };
  j.cg = p->c / p->group;
  j.ocg = p->oc / p->group;
  j.taps = p->filter[0] * p->filter[1] * p->filter[2];
  const int64_t rows = p->out[0] * p->out[1], ow = p->out[2];
  if (!pool || j.ocg < 2 ||
      (double)p->n * (double)p->oc * (double)j.cg * (double)j.taps * (double)rows * (double)ow < WORK_LEAST)
    return 0;
  j.panels = atr__ceil_div(j.ocg, j.tile->columns);
  j.blocks = atr__ceil_div(j.cg, CHANNELS);
  const int64_t wide = p->group * j.panels * j.tile->columns;
  const int64_t most = atr__max_i64(1, atr__min_i64(POSITIONS, STRETCH / wide));
  const int64_t part = atr__min_i64(most, ow), some = atr__min_i64(rows, most / part);
  const int64_t floats = atr__ceil_div(part * some * wide, atr__pool_threads(pool));
  atr__rooms *rooms = atr__rooms_take(pool, (size_t)floats * sizeof(float));
  if (!rooms) return 0;
  j.turned = atr__rooms_whole(rooms);
  memset(dw, 0, (size_t)(p->oc * j.cg * j.taps) * sizeof *dw);
  for (j.image = 0; j.image < p->n; j.image++)
    for (j.row = 0; j.row < rows; j.row += some)
      for (j.begin = 0; j.begin < ow; j.begin += part) {
        j.rows = atr__min_i64(some, rows - j.row);
        j.end = atr__min_i64(ow, j.begin + part);
        atr__pool_for(pool, p->group * j.panels * atr__ceil_div(length_of(&j), TURN), 4, turn, &j);
        atr__pool_for(pool, p->group * j.panels * j.taps * j.blocks, 1, pieces, &j);
      }
  atr__rooms_give(pool, rooms);
  return 1;
}
