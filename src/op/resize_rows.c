/* resize_rows.c: Resize on the host, in float, by rows: see resize_rows.h.
 *
 * What columns and rows read is worked out once, before the loop. A row of the input is resized along itself
 * into one of a few places, where the output rows that read it, neighbours mostly, find it again; an output
 * row is a sum of such. Where columns repeat in pairs (a doubling of the width), vectors of even and of odd
 * columns are computed from neighbours in memory and then shuffled together. */
#include "config.h"

#include "op/resize_rows.h"

#include <string.h>

#include "base/checked.h"
#include "op/lanes.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

enum { LAST = ATR__RESIZE_AXES - 1, CHUNK = 512, PLACES = 4, TAPS_MOST = 16 };

/* A column reads `taps` numbers or fewer from `first` on; its weights are `taps` apart. */
typedef struct {
  int32_t first, n;
} column;

typedef struct {
  const atr__resize_params *p;
  const float *x;
  float *y;
  const atr__resize_taps *rows[LAST]; /* of each position along the other axes */
  const column *columns;
  const float *weights;
  int64_t taps;
  int64_t low, high; /* columns that repeat in pairs: low is even; none: low = high */
  int gaps;          /* some columns read nothing */
} job;

#ifdef __clang__
#define ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define ZIP_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#else
#define ZIP_LOW(a, b) __builtin_shuffle(a, b, (atr__lanes_int){ 0, 8, 1, 9, 2, 10, 3, 11 })
#define ZIP_HIGH(a, b) __builtin_shuffle(a, b, (atr__lanes_int){ 4, 12, 5, 13, 6, 14, 7, 15 })
#endif

/* Columns o, o + 2, … of eight, and those behind them, from what column o reads first and o + 1 does. */
ATR__CLONES
static void pairs(int64_t n, int64_t taps, const float *even, const float *odd, const float *even_weights,
                  const float *odd_weights, float *to) {
  for (int64_t i = 0; i < n; i++) {
    atr__lanes a = { 0 }, b = { 0 };
    for (int64_t k = 0; k < taps; k++) {
      a += even_weights[k] * *(const atr__lanes_any *)(even + i * ATR__LANES + k);
      b += odd_weights[k] * *(const atr__lanes_any *)(odd + i * ATR__LANES + k);
    }
    *(atr__lanes_any *)(to + 2 * i * ATR__LANES) = ZIP_LOW(a, b);
    *(atr__lanes_any *)(to + (2 * i + 1) * ATR__LANES) = ZIP_HIGH(a, b);
  }
}

static void one_by_one(const job *j, const float *line, int64_t start, int64_t end, float *to) {
  for (int64_t o = start; o < end; o++) {
    const column *c = &j->columns[o];
    const float *w = j->weights + o * j->taps, *x = line + c->first;
    float sum = 0;
    if (c->n == 1)
      sum += w[0] * x[0];
    else if (c->n == 2)
      sum = sum + w[0] * x[0] + w[1] * x[1];
    else
      for (int64_t k = 0; k < c->n; k++) sum += w[k] * x[k];
    to[o - start] = sum;
  }
}

/* Columns [start, end) of a row of the input, resized. */
static void along(const job *j, const float *line, int64_t start, int64_t end, float *to) {
  const int64_t low = atr__max_i64(start, j->low), high = atr__min_i64(end, j->high);
  const int64_t n = low < high ? (high - low) / (2 * ATR__LANES) : 0, rest = low + 2 * n * ATR__LANES;
  if (!n) {
    one_by_one(j, line, start, end, to);
    return;
  }
  one_by_one(j, line, start, low, to);
  const float *weights = j->weights + low * j->taps;
  pairs(n, j->taps, line + j->columns[low].first, line + j->columns[low + 1].first, weights,
        weights + j->taps, to + (low - start));
  one_by_one(j, line, rest, end, to + (rest - start));
}

/* y = y + weight · x, of nothing where it is the first. */
ATR__CLONES
static void add_row(int64_t n, float weight, const float *x, int first, float *y) {
  int64_t i = 0;
  for (; i + ATR__LANES <= n; i += ATR__LANES) {
    atr__lanes sum = { 0 };
    if (!first) sum = *(const atr__lanes_any *)(y + i);
    *(atr__lanes_any *)(y + i) = sum + weight * *(const atr__lanes_any *)(x + i);
  }
  for (; i < n; i++) y[i] = (first ? 0 : y[i]) + weight * x[i];
}

static int64_t rows_of(const int64_t size[ATR__RESIZE_AXES]) {
  return size[0] * size[1] * size[2] * size[3];
}

/* Rows of the input that have been resized: whose they are. */
typedef struct {
  const float *line[PLACES];
  float row[PLACES][CHUNK];
} places;

static void output_row(const job *j, int64_t row, int64_t start, int64_t end, places *some) {
  const atr__resize_params *p = j->p;
  const int64_t rows = rows_of(p->out), n = end - start;
  const float *plane = j->x + row / rows * rows_of(p->in) * p->in[LAST];
  float *to = j->y + row * p->out[LAST] + start;
  const atr__resize_taps *taps[LAST];
  int64_t k[LAST] = { 0 };
  int any = 1, first = 1;
  row %= rows;
  for (int axis = LAST - 1; axis >= 0; row /= p->out[axis--]) {
    taps[axis] = &j->rows[axis][p->out[axis] == 1 ? 0 : row % p->out[axis]];
    any = any && taps[axis]->n;
  }
  for (int axis = any ? 0 : -1; axis >= 0;) {
    int64_t from = 0;
    double weight = 1;
    for (int a = 0; a < LAST; a++) {
      from = from * p->in[a] + taps[a]->first + k[a];
      weight *= atr__resize_weight(p, a, taps[a], k[a]);
    }
    if (!(weight >= 0 && weight <= 0)) {
      const float *line = plane + from * p->in[LAST];
      const int64_t place = from % PLACES;
      if (some->line[place] != line) along(j, line, start, end, some->row[place]);
      some->line[place] = line;
      add_row(n, (float)weight, some->row[place], first, to);
      first = 0;
    }
    for (axis = LAST - 1; axis >= 0 && ++k[axis] == taps[axis]->n; axis--) k[axis] = 0;
  }
  if (first)
    for (int64_t i = 0; i < n; i++) to[i] = any ? 0 : p->outside;
  for (int64_t o = start; j->gaps && o < end; o++)
    if (!j->columns[o].n) to[o - start] = p->outside;
}

static void output_rows(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const int64_t width = j->p->out[LAST];
  for (int64_t start = 0; start < width; start += CHUNK) {
    places some;
    memset(some.line, 0, sizeof some.line);
    for (int64_t row = begin; row < end; row++)
      output_row(j, row, start, atr__min_i64(start + CHUNK, width), &some);
  }
}

/* Whether column o + 2 is o, one further. */
static int repeats(const job *j, int64_t o) {
  const column *c = &j->columns[o];
  return c[0].n == j->taps && c[2].n == j->taps && c[2].first == c[0].first + 1 &&
         !memcmp(j->weights + o * j->taps, j->weights + (o + 2) * j->taps, (size_t)j->taps * sizeof(float));
}

static void find_pairs(job *j) {
  const int64_t width = j->p->out[LAST];
  int64_t o = 0;
  while (o + 3 < width && !(repeats(j, o) && repeats(j, o + 1))) o++;
  j->low = j->high = o;
  if (o + 3 >= width) return;
  while (o + 2 < width && repeats(j, o)) o++;
  j->high = o + 2; /* which o + 1 repeats */
}

/* An aligned piece of *room. */
static void *take(char **room, size_t bytes) {
  char *piece = *room;
  *room += (bytes + 63) / 64 * 64;
  return piece;
}

int atr__resize_rows(const atr__resize_params *p, const float *x, float *y, atr__pool *pool) {
  const int64_t width = p->out[LAST];
  job j = { .p = p, .x = x, .y = y };
  atr__resize_taps taps;
  int64_t positions = 0;
  if (!pool || p->in[LAST] > INT32_MAX || width > INT32_MAX / TAPS_MOST) return 0;
  for (int64_t o = 0; o < width; o++) {
    atr__resize_taps_at(p, LAST, o, &taps);
    if (taps.n > TAPS_MOST) return 0;
    j.taps = atr__max_i64(j.taps, taps.n);
    j.gaps |= !taps.n;
  }
  for (int axis = 0; axis < LAST; axis++) positions += p->out[axis];
  const size_t bytes = (size_t)positions * sizeof taps +
                       (size_t)width * (sizeof(column) + (size_t)j.taps * sizeof(float)) + 64 * (LAST + 2);
  atr__rooms *rooms = atr__rooms_take(pool, bytes / (size_t)atr__pool_threads(pool) + 64);
  if (!rooms) return 0;
  char *room = atr__rooms_whole(rooms);
  for (int axis = 0; axis < LAST; axis++) {
    atr__resize_taps *list = take(&room, (size_t)p->out[axis] * sizeof taps);
    for (int64_t o = 0; o < p->out[axis]; o++) atr__resize_taps_at(p, axis, o, &list[o]);
    j.rows[axis] = list;
  }
  column *columns = take(&room, (size_t)width * sizeof *columns);
  float *weights = take(&room, (size_t)(width * j.taps) * sizeof *weights);
  for (int64_t o = 0; o < width; o++) {
    atr__resize_taps_at(p, LAST, o, &taps);
    columns[o] = (column){ (int32_t)taps.first, (int32_t)taps.n };
    for (int64_t k = 0; k < taps.n; k++)
      weights[o * j.taps + k] = (float)atr__resize_weight(p, LAST, &taps, k);
  }
  j.columns = columns, j.weights = weights;
  find_pairs(&j);
  atr__pool_for(pool, p->outer * rows_of(p->out), 8192 / width + 1, output_rows, &j);
  atr__rooms_give(pool, rooms);
  return 1;
}
