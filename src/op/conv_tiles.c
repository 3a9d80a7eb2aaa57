/* conv_tiles.c: see conv_tiles.h. Here are the forward pass and the input's gradient, which is the transposed
 * convolution too.
 *
 * Both are one product: rows are channels of the result, columns its positions, and k runs over channels of
 * the source, then taps. A piece of work is a strip of positions of one image and group, for some rows: for a
 * stretch of k the values that the strip reads are copied, a panel of tile columns after another, zeros where
 * a tap is outside; then every tile of rows meets every panel.
 *
 * The input's gradient at a stride is one such product for each residue of the positions: those that are
 * equal modulo the stride are reached by the same taps, and their sources are neighbours. */
#include "config.h"

#include "op/conv_tiles.h"

#include <string.h>

#include "op/register_tile.h"

enum {
  DEPTH = 256,      /* of a stretch of k: a panel stays in the second cache, a tile's weights in the first */
  PANELS = 4,       /* of a strip */
  ROWS_LEAST = 32,  /* of a piece of work */
  WORK_LEAST = 512, /* multiplications of a whole call */
  STRIDE_MOST = 8,  /* of a gradient: each residue is a product */
  COLUMNS_MOST = 64
};

/* Position o of the result reads position o · step + first + t · delta of the source by its t-th tap. */
typedef struct {
  int64_t in, out, step, first, delta, taps;
} axis;

typedef struct {
  const atr__tile *tile;
  axis axis[3];
  int64_t groups, rows, channels;         /* of a group: of the result, of the source */
  const float *a;                         /* [groups][rows][channels][taps] */
  const float *x;                         /* [n][groups][channels][in] */
  const float *start, *factor, *residual; /* by row, by row, as y; or NULL */
  float low, high;
  float *y;      /* [n][groups][rows][plane], of which this writes a lattice or all */
  int64_t plane; /* of y */
  int64_t at[4]; /* y's positions: the first, and the steps between neighbours along each axis */
  int dense;     /* they lie one behind the other */
  int64_t positions, strip, strips, split, splits; /* how it is cut: positions, rows */
  atr__rooms *rooms;
} product;

/* Some neighbours of a panel that one tap reads one behind the other; from -1: zeros. */
typedef struct {
  int64_t to, from, n;
} run;

static int64_t taps_of(const product *p) {
  return p->axis[0].taps * p->axis[1].taps * p->axis[2].taps;
}

static int add_run(run *list, int n, int64_t to, int64_t from, int64_t length, int64_t stride) {
  if (!length) return n;
  run *last = n ? &list[n - 1] : NULL;
  if (last && (from < 0 ? last->from < 0 : last->from >= 0 && last->from + last->n * stride == from)) {
    last->n += length;
    return n;
  }
  list[n] = (run){ to, from, length };
  return n + 1;
}

/* Neighbours of a panel in one row of the result. */
typedef struct {
  int64_t n, x, y, z;
} piece;

static int pieces_of(const product *p, int64_t o, int64_t n, piece *list) {
  const axis *a = p->axis;
  int64_t x = o % a[2].out, y = o / a[2].out % a[1].out, z = o / a[2].out / a[1].out;
  int count = 0;
  while (n > 0) {
    list[count] = (piece){ atr__min_i64(n, a[2].out - x), x, y, z };
    n -= list[count++].n;
    x = 0;
    if (++y == a[1].out) y = 0, z++;
  }
  return count;
}

static int64_t clamp(int64_t i, int64_t low, int64_t high) {
  return i < low ? low : i > high ? high : i;
}

/* What a tap reads for these pieces: from[0], from[1] are its offsets along z and y, `shift` along x, where
 * it is inside for x in [low, high). */
static int runs_of(const axis *a, const piece *list, int pieces, const int64_t from[2], int64_t shift,
                   int64_t low, int64_t high, run *runs) {
  int count = 0;
  int64_t to = 0;
  for (int i = 0; i < pieces; i++) {
    const int64_t begin = list[i].x, end = begin + list[i].n, first = clamp(low, begin, end);
    const int64_t last = clamp(high, first, end);
    const int64_t y = list[i].y * a[1].step + from[1], z = list[i].z * a[0].step + from[0];
    if (y < 0 || y >= a[1].in || z < 0 || z >= a[0].in)
      count = add_run(runs, count, to, -1, end - begin, 0);
    else {
      count = add_run(runs, count, to, -1, first - begin, 0);
      count = add_run(runs, count, to + first - begin,
                      (z * a[1].in + y) * a[2].in + first * a[2].step + shift, last - first, a[2].step);
      count = add_run(runs, count, to + last - begin, -1, end - last, 0);
    }
    to += end - begin;
  }
  return count;
}

/* Rows [k, k + depth) of the panel for positions [o, o + n) of the group that x begins with. */
static void pack(const product *p, const float *x, int64_t k, int64_t depth, int64_t o, int64_t n,
                 float *to) {
  const axis *a = p->axis;
  const int64_t columns = p->tile->columns, taps = taps_of(p), plane = a[0].in * a[1].in * a[2].in;
  const int64_t spare = atr__ceil_div(n, p->tile->lanes) * p->tile->lanes - n;
  const int64_t channel0 = k / taps, tap0 = k % taps, channel1 = (k + depth) / taps,
                tap1 = (k + depth) % taps;
  piece pieces[COLUMNS_MOST];
  run runs[3 * COLUMNS_MOST + 1];
  const int n_pieces = pieces_of(p, o, n, pieces);
  for (int64_t tx = 0; tx < a[2].taps; tx++) {
    const int64_t shift = a[2].first + tx * a[2].delta;
    int64_t low, high;
    atr__conv_valid(shift, a[2].step, a[2].in, a[2].out, &low, &high);
    for (int64_t tz = 0; tz < a[0].taps; tz++)
      for (int64_t ty = 0; ty < a[1].taps; ty++) {
        const int64_t t = (tz * a[1].taps + ty) * a[2].taps + tx;
        const int64_t first = channel0 + (t < tap0), last = channel1 + (t < tap1);
        const int64_t from[2] = { a[0].first + tz * a[0].delta, a[1].first + ty * a[1].delta };
        if (first >= last) continue;
        int count = runs_of(a, pieces, n_pieces, from, shift, low, high, runs);
        count = add_run(runs, count, n, -1, spare, 0);
        float *row = to + (first * taps + t - k) * columns;
        for (int i = 0; i < count; i++)
          p->tile->copy(row + runs[i].to, taps * columns,
                        runs[i].from < 0 ? NULL : x + first * plane + runs[i].from, plane, a[2].step,
                        runs[i].n, last - first);
      }
  }
}

/* Values of positions [o, o + n) to where they belong. */
static void scatter(const product *p, int64_t o, int64_t n, const float *from, float *plane) {
  const axis *a = p->axis;
  int64_t ox = o % a[2].out, oy = o / a[2].out % a[1].out, oz = o / a[2].out / a[1].out;
  for (int64_t i = 0; i < n;) {
    float *to = plane + p->at[0] + oz * p->at[1] + oy * p->at[2] + ox * p->at[3];
    const int64_t some = atr__min_i64(n - i, a[2].out - ox);
    for (int64_t j = 0; j < some; j++) to[j * p->at[3]] = from[i + j];
    i += some;
    ox = 0;
    if (++oy == a[1].out) oy = 0, oz++;
  }
}

/* Rows [first, last) of the group at positions [o, o + n): panels and, for a lattice, sums in `room`. */
static void strip(const product *p, int64_t image, int64_t group, int64_t first, int64_t last, int64_t o,
                  int64_t n, float *room) {
  const atr__tile *tile = p->tile;
  const int64_t deep = p->channels * taps_of(p), columns = tile->columns;
  const int64_t plane = p->axis[0].in * p->axis[1].in * p->axis[2].in;
  const float *x = p->x + (image * p->groups + group) * p->channels * plane;
  const int64_t row0 = group * p->rows + first, at = (image * p->groups * p->rows + row0) * p->plane;
  const float *a = p->a + row0 * deep;
  float *y = p->dense ? p->y + at + o : room + p->strip * DEPTH;
  const int64_t wide = p->dense ? p->plane : p->strip;
  for (int64_t r = 0; r < last - first; r++) {
    const float start = p->start && !p->factor ? p->start[row0 + r] : 0;
    tile->fill(n, start, y + r * wide);
  }
  for (int64_t k = 0; k < deep; k += DEPTH) {
    const int64_t depth = atr__min_i64(DEPTH, deep - k);
    for (int64_t j = 0; j < n; j += columns)
      pack(p, x, k, depth, o + j, atr__min_i64(columns, n - j), room + j * DEPTH);
    for (int64_t r = 0; r < last - first; r += tile->rows)
      for (int64_t j = 0; j < n; j += columns)
        tile->multiply(atr__min_i64(tile->rows, last - first - r), atr__min_i64(columns, n - j), depth,
                       a + r * deep + k, deep, 1, room + j * DEPTH, columns, y + r * wide + j, wide);
  }
  for (int64_t r = 0; r < last - first; r++) {
    const float *residual = p->residual ? p->residual + at + r * p->plane + o : NULL;
    const float summand = p->start && p->factor ? p->start[row0 + r] : 0;
    tile->finish(n, p->factor ? p->factor + row0 + r : NULL, summand, residual, p->low, p->high,
                 y + r * wide);
    if (!p->dense) scatter(p, o, n, y + r * wide, p->y + at + r * p->plane);
  }
}

static void strips(void *user, int64_t begin, int64_t end) {
  const product *p = user;
  float *room = atr__rooms_enter(p->rooms);
  for (int64_t i = begin; i < end; i++) {
    const int64_t part = i / p->strips % p->splits, o = i % p->strips * p->strip, first = part * p->split;
    const int64_t set = i / p->strips / p->splits;
    strip(p, set / p->groups, set % p->groups, first, atr__min_i64(p->rows, first + p->split), o,
          atr__min_i64(p->strip, p->positions - o), room);
  }
  atr__rooms_leave(p->rooms, room);
}

/* Cuts, and runs all n images. 0: no memory. */
static int run_product(product *p, int64_t n, atr__pool *pool) {
  const int64_t columns = p->tile->columns, threads = atr__pool_threads(pool);
  p->positions = p->axis[0].out * p->axis[1].out * p->axis[2].out;
  if (!p->positions || !n || !p->rows) return 1;
  const int64_t panels = atr__ceil_div(p->positions, columns), sets = n * p->groups;
  int64_t many = atr__min_i64(PANELS, panels);
  while (many > 1 && sets * atr__ceil_div(panels, many) < 4 * threads) many--;
  p->strips = atr__ceil_div(panels, many);
  p->strip = many * columns;
  p->split = p->rows;
  if (threads > 1 && sets * p->strips < 4 * threads) { /* each part packs the panels anew */
    const int64_t parts = atr__ceil_div(4 * threads, sets * p->strips);
    const int64_t rows = atr__max_i64(ROWS_LEAST, atr__ceil_div(p->rows, parts));
    p->split = atr__ceil_div(rows, p->tile->rows) * p->tile->rows;
  }
  p->splits = atr__ceil_div(p->rows, p->split);
  const int64_t floats = p->strip * (DEPTH + (p->dense ? 0 : atr__min_i64(p->split, p->rows)));
  p->rooms = atr__rooms_take(pool, (size_t)floats * sizeof(float));
  if (!p->rooms) return 0;
  const int64_t work = p->channels * taps_of(p) * p->split * p->strip;
  atr__pool_for(pool, sets * p->strips * p->splits, atr__tile_grain(work), strips, p);
  atr__rooms_give(pool, p->rooms);
  return 1;
}

/* Enough to do, and more than one channel of the source for one of the result. */
static int pays(const atr__conv_params *p, const atr__pool *pool) {
  double work = (double)p->n * (double)p->oc * (double)(p->c / p->group);
  for (int i = 0; i < 3; i++) work *= (double)p->filter[i] * (double)p->out[i];
  return pool && work >= WORK_LEAST && (p->c > p->group || p->oc > p->group);
}

int atr__conv_tiles(const atr__conv_params *p, const float *x, const float *w, const float *b,
                    const float *residual, const float *factor, float *y, atr__pool *pool) {
  if (!pays(p, pool)) return 0;
  product q = { .tile = atr__tile_best(),
                .groups = p->group,
                .rows = p->oc / p->group,
                .channels = p->c / p->group,
                .a = w,
                .x = x,
                .start = b,
                .factor = factor,
                .residual = residual,
                .low = atr__conv_low(p),
                .high = atr__conv_high(p),
                .y = y,
                .plane = p->out[0] * p->out[1] * p->out[2],
                .dense = 1 };
  for (int i = 0; i < 3; i++)
    q.axis[i] = (axis){ p->in[i], p->out[i], p->stride[i], -p->pad[i], p->dilation[i], p->filter[i] };
  return run_product(&q, p->n, pool);
}

/* The positions that are `rest` modulo the stride, along axis i: source positions of their taps, last tap
 * first. last, apart: the filter's numbers of those taps. */
static axis residue(const atr__conv_params *p, int i, int64_t rest, int64_t *last, int64_t *apart) {
  const int64_t s = p->stride[i], d = p->dilation[i], at = rest + p->pad[i];
  axis a = { .in = p->out[i], .out = atr__ceil_div(p->in[i] - rest, s), .step = 1 };
  int64_t q = 1, k = p->filter[i] - 1;
  while (q * d % s) q++; /* at most the stride */
  while (k >= 0 && (at - k * d) % s) k--;
  *last = k;
  *apart = q;
  if (k < 0) return a;
  a.taps = k / q + 1;
  a.first = (at - k * d) / s;
  a.delta = q * d / s;
  return a;
}

/* The weights of some taps as product.a: [group][row][channel][taps], from w[channel][row][filter]. */
typedef struct {
  const atr__conv_params *p;
  const product *q;
  const float *w;
  float *to;
  int64_t last[3], apart[3];
} turning;

static void turn_rows(void *user, int64_t begin, int64_t end) {
  const turning *t = user;
  const product *q = t->q;
  const int64_t *filter = t->p->filter, taps = filter[0] * filter[1] * filter[2], some = taps_of(q);
  for (int64_t i = begin; i < end; i++) {
    const int64_t group = i / q->rows, row = i % q->rows;
    float *to = t->to + i * q->channels * some;
    for (int64_t c = 0; c < q->channels; c++) {
      const float *w = t->w + ((group * q->channels + c) * q->rows + row) * taps;
      for (int64_t z = 0; z < q->axis[0].taps; z++)
        for (int64_t y = 0; y < q->axis[1].taps; y++) {
          const float *line =
              w + ((t->last[0] - z * t->apart[0]) * filter[1] + t->last[1] - y * t->apart[1]) * filter[2];
          for (int64_t x = 0; x < q->axis[2].taps; x++) *to++ = line[t->last[2] - x * t->apart[2]];
        }
    }
  }
}

int atr__conv_tiles_input(const atr__conv_params *p, const float *dy, const float *w, const float *bias,
                          float *dx, atr__pool *pool) {
  if (!pays(p, pool)) return 0;
  const int64_t *s = p->stride;
  if (s[0] > STRIDE_MOST || s[1] > STRIDE_MOST || s[2] > STRIDE_MOST) return 0;
  const int64_t weights = p->oc * (p->c / p->group) * p->filter[0] * p->filter[1] * p->filter[2];
  product q = { .tile = atr__tile_best(),
                .groups = p->group,
                .rows = p->c / p->group,
                .channels = p->oc / p->group,
                .x = dy,
                .start = bias,
                .low = p->activation == ATR__ACT_RELU ? 0 : -INFINITY,
                .high = INFINITY,
                .y = dx,
                .plane = p->in[0] * p->in[1] * p->in[2],
                .dense = s[0] * s[1] * s[2] == 1 };
  atr__rooms *rooms =
      atr__rooms_take(pool, (size_t)atr__ceil_div(weights, atr__pool_threads(pool)) * sizeof(float));
  if (!rooms) return 0;
  turning t = { .p = p, .q = &q, .w = w, .to = atr__rooms_whole(rooms) };
  q.a = t.to;
  int done = 1;
  for (int64_t i = 0; i < s[0] * s[1] * s[2] && done; i++) {
    const int64_t rest[3] = { i / s[2] / s[1], i / s[2] % s[1], i % s[2] };
    for (int k = 0; k < 3; k++) q.axis[k] = residue(p, k, rest[k], &t.last[k], &t.apart[k]);
    const int64_t line = p->in[2], layer = p->in[1] * line;
    const int64_t at[4] = { rest[0] * layer + rest[1] * line + rest[2], s[0] * layer, s[1] * line, s[2] };
    memcpy(q.at, at, sizeof at);
    atr__pool_for(pool, p->c, atr__ceil_div(16384, q.channels * taps_of(&q) + 1), turn_rows, &t);
    done = run_product(&q, p->n, pool);
  }
  atr__rooms_give(pool, rooms);
  return done;
}
