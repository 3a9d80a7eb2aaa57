/* conv_rows.c: convolutions of few output channels on the host, in float, by tiles of sums
 * (register_tile.h). There, laying the input out for a product of matrices (conv_tiles.c) takes longer than
 * the product: each number is copied once for every tap.
 *
 * A strip of the output copies what it reads once, zeros around it, columns that are equal modulo the stride
 * side by side. In the copy, neighbours of a tap are neighbours in memory, and the places that the taps of
 * an output read are at the same distance from it everywhere. Sums are those of conv_host.c, in its order. */
#include "config.h"

#include <string.h>

#include "op/conv_tiles.h"
#include "op/register_tile.h"

enum {
  ROWS_MOST = 32,     /* output channels of a group */
  STRIDE_MOST = 8,    /* along a row */
  WORK_LEAST = 512,   /* multiplications of a whole call */
  ROOM_MOST = 1 << 15 /* of a strip's copy, floats: some cached while sums are made */
};

typedef struct {
  const atr__tile *tile;
  const atr__conv_params *p;
  const float *x, *w, *b, *residual, *factor;
  float *y;
  int64_t channels, rows, deep; /* of a group; deep: taps of all channels */
  int64_t tall, wide;           /* of a strip of the output */
  int64_t high, line;           /* of its copy: rows, floats from one to the next */
  int64_t phase;                /* floats of a line that are equal modulo the stride */
  int64_t down, across;         /* strips of a plane */
  atr__rooms *rooms;
} job;

static int64_t up(int64_t n, int64_t to) {
  return atr__ceil_div(n, to) * to;
}

/* What a strip of this size needs. */
static int64_t copy_of(job *j, int64_t tall, int64_t wide) {
  const atr__conv_params *p = j->p;
  j->tall = tall;
  j->wide = wide;
  j->high = (tall - 1) * p->stride[1] + (p->filter[1] - 1) * p->dilation[1] + 1;
  j->phase = up(wide, j->tile->lanes) + (p->filter[2] - 1) * p->dilation[2] / p->stride[2] + 1;
  j->line = p->stride[2] * j->phase;
  return j->channels * j->high * j->line;
}

/* The strip whose first output is at (oy, ox), of the channels that x begins with; zeros: those around it,
 * too. */
static void copy_strip(const job *j, const float *x, int64_t oy, int64_t ox, int zeros, float *to) {
  const atr__conv_params *p = j->p;
  const int64_t top = oy * p->stride[1] - p->pad[1], left = ox * p->stride[2] - p->pad[2];
  const int64_t above = atr__min_i64(j->high, atr__max_i64(0, -top));
  const int64_t inside = atr__max_i64(0, atr__min_i64(j->high, p->in[1] - top) - above);
  for (int64_t f = 0; f < p->stride[2]; f++) {
    int64_t low, high;
    atr__conv_valid(left + f, p->stride[2], p->in[2], j->phase, &low, &high);
    low = atr__min_i64(low, j->phase);
    high = atr__max_i64(low, high);
    for (int64_t c = 0; c < j->channels; c++) {
      float *plane = to + c * j->high * j->line + f * j->phase, *first = plane + above * j->line;
      const float *from = x + (c * p->in[1] + top + above) * p->in[2] + left + f + low * p->stride[2];
      if (low < high) j->tile->copy(first + low, j->line, from, p->in[2], p->stride[2], high - low, inside);
      if (!zeros) continue;
      j->tile->copy(plane, j->line, NULL, 0, 1, j->phase, above);
      if (low) j->tile->copy(first, j->line, NULL, 0, 1, low, inside);
      if (high < j->phase) j->tile->copy(first + high, j->line, NULL, 0, 1, j->phase - high, inside);
      j->tile->copy(first + inside * j->line, j->line, NULL, 0, 1, j->phase, j->high - above - inside);
    }
  }
}

/* How far from an output's first number each of its taps reads. */
static void offsets(const job *j, int32_t *offset) {
  const atr__conv_params *p = j->p;
  for (int64_t c = 0; c < j->channels; c++)
    for (int64_t fy = 0; fy < p->filter[1]; fy++)
      for (int64_t fx = 0; fx < p->filter[2]; fx++) {
        const int64_t at = fx * p->dilation[2], row = c * j->high + fy * p->dilation[1];
        *offset++ = (int32_t)(row * j->line + at % p->stride[2] * j->phase + at / p->stride[2]);
      }
}

/* A vector of outputs: y's positions [at, at + n), from a place of the copy. whole: the sums may be written
 * straight, lanes behind the last one too. */
typedef struct {
  int64_t at, n, from;
  int whole;
} place;

static place place_of(const job *j, int64_t oy, int64_t ox, int64_t tall, int64_t wide, int64_t v) {
  const atr__conv_params *p = j->p;
  const int64_t lanes = j->tile->lanes, across = atr__ceil_div(wide, lanes), row = v / across,
                column = v % across * lanes;
  place o = { .at = (oy + row) * p->out[2] + ox + column,
              .n = atr__min_i64(lanes, wide - column),
              .from = row * p->stride[1] * j->line + column };
  /* Lanes behind a row's last fall on the next rows' first, which come later. */
  o.whole = o.n == lanes || (wide == p->out[2] && o.at + lanes <= (oy + tall) * wide);
  return o;
}

/* What the planner joined, on n outputs at y of a row of the product. */
static void finish(const job *j, int64_t channel, int64_t at, int64_t n, float *y) {
  const float summand = j->b && j->factor ? j->b[channel] : 0;
  j->tile->finish(n, j->factor ? j->factor + channel : NULL, summand, j->residual ? j->residual + at : NULL,
                  atr__conv_low(j->p), atr__conv_high(j->p), y);
}

/* Outputs [oy, oy + tall) × [ox, ox + wide) of some channels, of which y begins with the first. */
static void multiply(const job *j, int64_t image, int64_t first, int64_t oy, int64_t ox, int64_t tall,
                     int64_t wide, const float *copy, const int32_t *offset) {
  const atr__tile *tile = j->tile;
  const int64_t lanes = tile->lanes, plane = j->p->out[1] * j->p->out[2],
                count = tall * atr__ceil_div(wide, lanes), most = tile->columns / lanes;
  float room[8 * 16 * ATR__TILE_VECTORS]; /* a tile of any processor */
  if (j->rows == 1)
    tile->plane(tall, wide, j->deep, j->w + first * j->deep, offset, copy, j->p->stride[1] * j->line,
                j->b && !j->factor ? j->b[first] : 0,
                j->y + (image * j->p->oc + first) * plane + oy * j->p->out[2] + ox, j->p->out[2]);
  for (int64_t v = 0; v < count && j->rows > 1; v += most) {
    const int64_t vectors = atr__min_i64(most, count - v);
    place list[ATR__TILE_VECTORS];
    for (int64_t i = 0; i < vectors; i++) list[i] = place_of(j, oy, ox, tall, wide, v + i);
    for (int64_t r = 0; r < j->rows; r += tile->rows) {
      const int64_t rows = atr__min_i64(tile->rows, j->rows - r), channel = first + r;
      float *y = j->y + (image * j->p->oc + channel) * plane;
      atr__tile_places places = { .start = j->b && !j->factor ? j->b + channel : NULL };
      for (int64_t i = 0; i < vectors; i++) {
        places.from[i] = copy + list[i].from;
        places.to[i] = list[i].whole ? y + list[i].at : room + i * lanes;
        places.to_row[i] = list[i].whole ? plane : tile->columns;
      }
      tile->places(rows, vectors, j->deep, j->w + channel * j->deep, j->deep, offset, &places);
      for (int64_t i = 0; i < vectors; i++)
        for (int64_t q = 0; q < rows && !list[i].whole; q++)
          memcpy(y + q * plane + list[i].at, places.to[i] + q * tile->columns, (size_t)list[i].n * sizeof *y);
    }
  }
  if (!j->factor && !j->residual && j->p->activation == ATR__ACT_NONE) return;
  for (int64_t r = 0; r < j->rows; r++)
    for (int64_t row = 0; row < tall; row++) {
      const int64_t at = (image * j->p->oc + first + r) * plane + (oy + row) * j->p->out[2] + ox;
      if (wide == j->p->out[2]) { /* all rows at once */
        finish(j, first + r, at, tall * wide, j->y + at);
        break;
      }
      finish(j, first + r, at, wide, j->y + at);
    }
}

static void strips(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__conv_params *p = j->p;
  float *room = atr__rooms_enter(j->rooms);
  int32_t *offset = (int32_t *)(void *)(room + up(j->channels * j->high * j->line, 16));
  offsets(j, offset);
  int64_t last_x = -1, last_y = -1; /* what the zeros lie around */
  for (int64_t i = begin; i < end; i++) {
    const int64_t ox = i % j->across * j->wide, oy = i / j->across % j->down * j->tall;
    const int64_t set = i / j->across / j->down, group = set % p->group, image = set / p->group;
    copy_strip(j, j->x + set * j->channels * p->in[1] * p->in[2], oy, ox, ox != last_x || oy != last_y, room);
    last_x = ox, last_y = oy;
    multiply(j, image, group * j->rows, oy, ox, atr__min_i64(j->tall, p->out[1] - oy),
             atr__min_i64(j->wide, p->out[2] - ox), room, offset);
  }
  atr__rooms_leave(j->rooms, room);
}

/* Strips as large as the room allows, and so small that every thread gets some. 0: one row is too much. */
static int cut(job *j, int64_t pieces) {
  const atr__conv_params *p = j->p;
  const int64_t step = j->tile->columns;
  const int64_t parts = atr__ceil_div(pieces, p->n * p->group);
  int64_t tall = atr__ceil_div(p->out[1], parts), wide = p->out[2];
  if (p->out[1] == 1) wide = atr__min_i64(wide, up(atr__ceil_div(wide, parts), step));
  while (copy_of(j, tall, wide) > ROOM_MOST) {
    if (tall > 1)
      tall = atr__ceil_div(tall, 2);
    else if (wide > step)
      wide = up(atr__ceil_div(wide, 2), step);
    else
      return 0;
  }
  j->down = atr__ceil_div(p->out[1], tall);
  j->across = atr__ceil_div(p->out[2], wide);
  return 1;
}

int atr__conv_rows(const atr__conv_params *p, const float *x, const float *w, const float *b,
                   const float *residual, const float *factor, float *y, atr__pool *pool) {
  job j = { .tile = atr__tile_best(),
            .p = p,
            .x = x,
            .w = w,
            .b = b,
            .residual = residual,
            .factor = factor,
            .y = y,
            .channels = p->c / p->group,
            .rows = p->oc / p->group,
            .deep = p->c / p->group * p->filter[1] * p->filter[2] };
  if (!pool || p->in[0] != 1 || p->out[0] != 1 || p->filter[0] != 1 || p->stride[2] > STRIDE_MOST ||
      j.rows > ROWS_MOST || (j.rows > 1 ? 2 : 4) * p->out[2] < j.tile->lanes)
    return 0;
  const int64_t work = p->n * p->oc * p->out[1] * p->out[2] * j.deep, threads = atr__pool_threads(pool);
  if (work < WORK_LEAST) return 0;
  if (!cut(&j, atr__min_i64(4 * threads, work / atr__tile_grain(1) + 1))) return 0;
  const int64_t floats = up(j.channels * j.high * j.line, 16) + j.deep;
  j.rooms = atr__rooms_take(pool, (size_t)floats * sizeof(float));
  if (!j.rooms) return 0;
  const int64_t count = p->n * p->group * j.down * j.across;
  atr__pool_for(pool, count, atr__tile_grain(work / atr__max_i64(1, count)), strips, &j);
  atr__rooms_give(pool, j.rooms);
  return 1;
}
