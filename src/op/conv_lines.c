/* conv_lines.c: convolutions with a few output positions on the host, in float, by tiles of sums
 * (register_tile.h): the last layers of a small network, or all of one that sees a short stretch of time.
 *
 * There, vectors of positions would be mostly empty. What a position reads is copied to a line, zeros where a
 * tap is outside, and the lines meet the weights where they lie: vectors are output channels. Sums are those
 * of conv_host.c, in its order. */
#include "config.h"

#include <string.h>

#include "op/conv_tiles.h"
#include "op/register_tile.h"

enum {
  LINES_MOST = 8,      /* positions of all images */
  UNITS = 64,          /* output channels of a piece of work */
  WORK_LEAST = 512,    /* multiplications of a whole call */
  ROOM_MOST = 1 << 16, /* of all lines, floats */
};

typedef struct {
  const atr__tile *tile;
  const atr__conv_params *p;
  const float *w, *b, *residual, *factor;
  float *y;
  const float *line;                /* [group][image][position][deep] */
  int64_t rows, deep, plane, lines; /* of a group: output channels, taps of all channels; positions */
} job;

/* What output o of a group of channels reads. */
static void gather(const atr__conv_params *p, const float *x, const int64_t o[3], float *to) {
  int64_t start[3], first, end;
  for (int i = 0; i < 3; i++) start[i] = o[i] * p->stride[i] - p->pad[i];
  atr__conv_valid(start[2], p->dilation[2], p->in[2], p->filter[2], &first, &end);
  first = atr__min_i64(first, p->filter[2]);
  end = atr__max_i64(first, end);
  for (int64_t c = 0; c < p->c / p->group; c++)
    for (int64_t fz = 0; fz < p->filter[0]; fz++)
      for (int64_t fy = 0; fy < p->filter[1]; fy++, to += p->filter[2]) {
        const int64_t z = start[0] + fz * p->dilation[0], y = start[1] + fy * p->dilation[1];
        if (z < 0 || z >= p->in[0] || y < 0 || y >= p->in[1]) {
          memset(to, 0, (size_t)p->filter[2] * sizeof *to);
          continue;
        }
        const float *row = x + ((c * p->in[0] + z) * p->in[1] + y) * p->in[2] + start[2];
        for (int64_t fx = 0; fx < first; fx++) to[fx] = 0;
        for (int64_t fx = first; fx < end; fx++) to[fx] = row[fx * p->dilation[2]];
        for (int64_t fx = end; fx < p->filter[2]; fx++) to[fx] = 0;
      }
}

static void pieces(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__conv_params *p = j->p;
  const int64_t parts = atr__ceil_div(j->rows, UNITS);
  float sum[LINES_MOST * UNITS];
  for (int64_t i = begin; i < end; i++) {
    const int64_t group = i / parts, unit = i % parts * UNITS, n = atr__min_i64(UNITS, j->rows - unit);
    const int64_t channel = group * j->rows + unit;
    for (int64_t line = 0; line < j->lines; line++)
      if (j->b && !j->factor)
        memcpy(sum + line * UNITS, j->b + channel, (size_t)n * sizeof *sum);
      else
        memset(sum + line * UNITS, 0, (size_t)n * sizeof *sum);
    j->tile->lines(j->lines, n, j->deep, j->line + group * j->lines * j->deep, j->deep,
                   j->w + channel * j->deep, j->deep, sum, UNITS);
    for (int64_t image = 0; image < p->n; image++) {
      const int64_t at = (image * p->oc + channel) * j->plane;
      j->tile->turn(j->y + at, j->plane, sum + image * j->plane * UNITS, UNITS, j->plane, n);
      for (int64_t r = 0; r < n; r++)
        j->tile->finish(j->plane, j->factor ? j->factor + channel + r : NULL,
                        j->b && j->factor ? j->b[channel + r] : 0,
                        j->residual ? j->residual + at + r * j->plane : NULL, atr__conv_low(p),
                        atr__conv_high(p), j->y + at + r * j->plane);
    }
  }
}

int atr__conv_lines(const atr__conv_params *p, const float *x, const float *w, const float *b,
                    const float *residual, const float *factor, float *y, atr__pool *pool) {
  job j = { .tile = atr__tile_best(),
            .p = p,
            .w = w,
            .b = b,
            .residual = residual,
            .factor = factor,
            .y = y,
            .rows = p->oc / p->group,
            .deep = p->c / p->group * p->filter[0] * p->filter[1] * p->filter[2],
            .plane = p->out[0] * p->out[1] * p->out[2] };
  if (!pool || j.plane > LINES_MOST || p->n > LINES_MOST) return 0;
  j.lines = p->n * j.plane;
  if (j.lines < 1 || j.lines > LINES_MOST || 2 * j.lines > j.tile->lanes || 2 * j.rows < j.tile->lanes ||
      j.lines * p->oc * j.deep < WORK_LEAST || p->group * j.lines * j.deep > ROOM_MOST)
    return 0;
  const int64_t floats = p->group * j.lines * j.deep, channels = p->c / p->group;
  atr__rooms *rooms =
      atr__rooms_take(pool, (size_t)atr__ceil_div(floats, atr__pool_threads(pool)) * sizeof(float));
  if (!rooms) return 0;
  float *to = atr__rooms_whole(rooms);
  j.line = to;
  for (int64_t i = 0; i < p->group * j.lines; i++, to += j.deep) {
    const int64_t group = i / j.lines, image = i % j.lines / j.plane, at = i % j.plane;
    const int64_t o[3] = { at / p->out[2] / p->out[1], at / p->out[2] % p->out[1], at % p->out[2] };
    gather(p, x + (image * p->c + group * channels) * p->in[0] * p->in[1] * p->in[2], o, to);
  }
  atr__pool_for(pool, p->group * atr__ceil_div(j.rows, UNITS),
                atr__tile_grain((j.lines + 3) * j.deep * atr__min_i64(UNITS, j.rows)), pieces, &j);
  atr__rooms_give(pool, rooms);
  return 1;
}
