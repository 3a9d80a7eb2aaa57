/* conv_step.c: see conv_step.h. */
#include "config.h"

#include "stream/conv_step.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "op/lanes.h"

/* Tiles: of four rows two vectors each, of one row four. */
enum { ROWS = 4, VECTORS = 2, ALONE = 4, TAPS_NEAR = 16, PARTS = 4, LINE = 16 };

/* ---- a row by parts */

/* n in whole lines of the cache. */
static int64_t row_lines(int64_t n) {
  return (n + LINE - 1) / LINE * LINE;
}

/* What the bias takes in front of a row's weights. */
static int64_t row_bias(const atr__conv_step *s) {
  return row_lines(s->wide);
}

#if defined(__x86_64__)
typedef float wide_lanes __attribute__((vector_size(64), aligned(4)));
typedef int32_t wide_mask __attribute__((vector_size(64)));
typedef float lanes __attribute__((vector_size(32), aligned(4)));
typedef int32_t lanes_mask __attribute__((vector_size(32)));

/* x into the ring, and what each tap reads; the last one reads x itself. */
static inline __attribute__((always_inline)) void
row_taps(const atr__conv_step *s, const float *x, float *ring, int64_t mask, int64_t at, const float **tap) {
  tap[s->k - 1] = x;
  if (s->k == 1) return;
  float *to = ring + (at & mask) * s->c;
  int64_t i = 0;
  for (; i + ATR__LANES <= s->c; i += ATR__LANES) *(lanes *)(to + i) = *(const lanes *)(x + i);
  for (; i < s->c; i++) to[i] = x[i];
  at -= (s->k - 1) * s->d;
  for (int64_t f = 0; f + 1 < s->k; f++, at += s->d) tap[f] = ring + (at & mask) * s->c;
}

/* `vectors` vectors of outputs from o on, of `wide`; PARTS sums of each. */
#define ROW_TILE(name, type, mask)                                                                           \
  static inline __attribute__((always_inline)) void name(const atr__conv_step *s, const float *const *tap,   \
                                                         int64_t wide, int64_t o, int vectors,               \
                                                         const float *residual, float *y) {                  \
    enum { WIDE = (int)(sizeof(type) / sizeof(float)) };                                                     \
    const float *w = s->rows + row_bias(s) + o;                                                              \
    type sum[PARTS][2];                                                                                      \
    ATR__UNROLL                                                                                              \
    for (int v = 0; v < vectors; v++) {                                                                      \
      sum[0][v] = *(const type *)(s->rows + o + v * WIDE);                                                   \
      sum[1][v] = sum[2][v] = sum[3][v] = (type){ 0 };                                                       \
    }                                                                                                        \
    for (int64_t f = 0; f < s->k; f++) {                                                                     \
      const float *x = tap[f];                                                                               \
      int64_t c = 0;                                                                                         \
      for (; c + PARTS <= s->c; c += PARTS) ATR__UNROLL                                                      \
      for (int part = 0; part < PARTS; part++, w += wide) ATR__UNROLL                                        \
      for (int v = 0; v < vectors; v++) sum[part][v] += *(const type *)(w + v * WIDE) * x[c + part];         \
      for (; c < s->c; c++, w += wide) ATR__UNROLL                                                           \
      for (int v = 0; v < vectors; v++) sum[0][v] += *(const type *)(w + v * WIDE) * x[c];                   \
    }                                                                                                        \
    ATR__UNROLL                                                                                              \
    for (int v = 0; v < vectors; v++) {                                                                      \
      type all = (sum[0][v] + sum[1][v]) + (sum[2][v] + sum[3][v]);                                          \
      if (residual) all += *(const type *)(residual + o + v * WIDE);                                         \
      if (s->relu) all = (type)((mask)all & ~(mask)(all < (type){ 0 }));                                     \
      *(type *)(y + o + v * WIDE) = all;                                                                     \
    }                                                                                                        \
  }
ROW_TILE(row_tile_16, wide_lanes, wide_mask)
ROW_TILE(row_tile_8, lanes, lanes_mask)

/* oc in whole vectors: what is stored is there. */
static inline __attribute__((always_inline)) void row_tiles_16(const atr__conv_step *s,
                                                               const float *const *tap, int64_t wide,
                                                               const float *residual, float *y) {
  int64_t o = 0;
  for (; o + 32 <= wide; o += 32) row_tile_16(s, tap, wide, o, 2, residual, y);
  for (; o + 16 <= wide; o += 16) row_tile_16(s, tap, wide, o, 1, residual, y);
  for (; o < wide; o += 8) row_tile_8(s, tap, wide, o, 1, residual, y);
}

static inline __attribute__((always_inline)) void
row_tiles_8(const atr__conv_step *s, const float *const *tap, int64_t wide, const float *residual, float *y) {
  int64_t o = 0;
  for (; o + 16 <= wide; o += 16) row_tile_8(s, tap, wide, o, 2, residual, y);
  for (; o < wide; o += 8) row_tile_8(s, tap, wide, o, 1, residual, y);
}

/* The widths that networks mostly have are known to the compiler, which takes a sixteenth less time. */
#define ROW(name, instructions, tiles)                                                                       \
  __attribute__((target(instructions))) static void name(const atr__conv_step *s, const float *x,            \
                                                         float *ring, int64_t mask, int64_t at,              \
                                                         const float *residual, float *y) {                  \
    const float *tap[TAPS_NEAR];                                                                             \
    row_taps(s, x, ring, mask, at, tap);                                                                     \
    if (s->wide == 32)                                                                                       \
      tiles(s, tap, 32, residual, y);                                                                        \
    else if (s->wide == 16)                                                                                  \
      tiles(s, tap, 16, residual, y);                                                                        \
    else if (s->wide == 64)                                                                                  \
      tiles(s, tap, 64, residual, y);                                                                        \
    else                                                                                                     \
      tiles(s, tap, s->wide, residual, y);                                                                   \
  }
ROW(row_avx512, "avx512f", row_tiles_16)
ROW(row_avx2, "avx2", row_tiles_8)
#endif

static void choose_row(atr__conv_step *s) {
#if defined(__x86_64__)
  if (s->wide != s->oc || s->k > TAPS_NEAR) return;
  if (__builtin_cpu_supports("avx512f"))
    s->row = row_avx512;
  else if (__builtin_cpu_supports("avx2"))
    s->row = row_avx2;
#else
  (void)s;
#endif
}

atr_status atr__conv_step_create(const atr__conv_params *p, const float *w, const float *b, int quick,
                                 atr_error *error, atr__conv_step *s) {
  *s = (atr__conv_step){
    .c = p->c, .oc = p->oc, .wide = atr__lanes_up(p->oc), .k = p->filter[2], .d = p->dilation[2]
  };
  if (quick) choose_row(s);
  const size_t bytes = (size_t)(s->c * s->k * s->wide) * sizeof *s->w;
  s->w = atr__calloc_aligned(bytes);
  s->b = atr__calloc_aligned((size_t)s->wide * sizeof *s->b);
  if (!s->w || !s->b) {
    atr__conv_step_free(s);
    return atr__nomem(error, bytes);
  }
  for (int64_t o = 0; o < s->oc; o++) {
    s->b[o] = b ? b[o] : 0;
    for (int64_t i = 0; i < s->c * s->k; i++) s->w[i * s->wide + o] = w[o * s->c * s->k + i];
  }
  return ATR_OK;
}

void atr__conv_step_free(atr__conv_step *s) {
  atr__free_aligned(s->w);
  atr__free_aligned(s->b);
  s->w = s->b = NULL;
}

size_t atr__conv_step_rows_floats(const atr__conv_step *s) {
  return s->row ? (size_t)(row_bias(s) + row_lines(s->c * s->k * s->wide)) : 0;
}

void atr__conv_step_rows_place(atr__conv_step *s, float *at) {
  s->rows = at;
  memcpy(at, s->b, (size_t)s->wide * sizeof *at);
  at += row_bias(s);
  for (int64_t f = 0; f < s->k; f++)
    for (int64_t c = 0; c < s->c; c++, at += s->wide)
      memcpy(at, s->w + (c * s->k + f) * s->wide, (size_t)s->wide * sizeof *at);
}

/* Sums of `rows` (1 or ROWS) neighbouring rows and `vectors` vectors of channels from `o` on. tap[r·k + f]:
 * the row that tap f of row r reads; taps [from, k). */
static inline __attribute__((always_inline)) void tile(const atr__conv_step *s, const float *const *tap,
                                                       int64_t from, int64_t o, int rows, int vectors,
                                                       float *y, int64_t stride) {
  atr__lanes sum[ROWS][ALONE];
  ATR__UNROLL
  for (int r = 0; r < rows; r++) ATR__UNROLL
  for (int v = 0; v < vectors; v++) sum[r][v] = *(const atr__lanes *)(s->b + o + v * ATR__LANES);
  for (int64_t c = 0; c < s->c; c++)
    for (int64_t f = from; f < s->k; f++) {
      const float *w = s->w + (c * s->k + f) * s->wide + o;
      atr__lanes weight[ALONE];
      ATR__UNROLL
      for (int v = 0; v < vectors; v++) weight[v] = *(const atr__lanes *)(w + v * ATR__LANES);
      ATR__UNROLL
      for (int r = 0; r < rows; r++) {
        const float x = tap[r * s->k + f][c];
        ATR__UNROLL
        for (int v = 0; v < vectors; v++) sum[r][v] += weight[v] * x;
      }
    }
  ATR__UNROLL
  for (int v = 0; v < vectors; v++) {
    const int64_t most = atr__min_i64(ATR__LANES, s->oc - o - v * ATR__LANES);
    ATR__UNROLL
    for (int r = 0; r < rows; r++) {
      float one[ATR__LANES];
      memcpy(one, &sum[r][v], sizeof one);
      for (int64_t i = 0; i < most; i++) y[(o + v * ATR__LANES + i) * stride + r] = one[i];
    }
  }
}

ATR__CLONES
static void tiles(const atr__conv_step *s, const float *const *tap, int64_t from, int rows, float *y,
                  int64_t stride) {
  const int64_t both = VECTORS * ATR__LANES, alone = ALONE * ATR__LANES;
  int64_t o = 0;
  if (rows == ROWS) {
    for (; o + both <= s->wide; o += both) tile(s, tap, from, o, ROWS, VECTORS, y, stride);
    for (; o < s->wide; o += ATR__LANES) tile(s, tap, from, o, ROWS, 1, y, stride);
  } else {
    for (; o + alone <= s->wide; o += alone) tile(s, tap, from, o, 1, ALONE, y, stride);
    for (; o < s->wide; o += ATR__LANES) tile(s, tap, from, o, 1, 1, y, stride);
  }
}

/* More taps than pointers are kept for: plain code in the same order. */
static void long_row(const atr__conv_step *s, const float *ring, int64_t mask, int64_t at, int64_t from,
                     float *y, int64_t stride) {
  for (int64_t o = 0; o < s->oc; o++) {
    float sum = s->b[o];
    for (int64_t c = 0; c < s->c; c++)
      for (int64_t f = from; f < s->k; f++)
        sum += s->w[(c * s->k + f) * s->wide + o] * ring[((at - (s->k - 1 - f) * s->d) & mask) * s->c + c];
    y[o * stride] = sum;
  }
}

/* What follows the sums. */
static void end(const atr__conv_step *s, const float *residual, int64_t n, float *y, int64_t stride) {
  for (int64_t o = 0; residual && o < s->oc; o++)
    for (int64_t i = 0; i < n; i++) y[o * stride + i] += residual[o * stride + i];
  for (int64_t o = 0; s->relu && o < s->oc; o++)
    for (int64_t i = 0; i < n; i++) y[o * stride + i] = y[o * stride + i] < 0 ? 0 : y[o * stride + i];
}

void atr__conv_step_run(const atr__conv_step *s, const float *ring, int64_t mask, int64_t at, int64_t index,
                        int64_t n, const float *residual, float *y, int64_t stride) {
  const int64_t back = (s->k - 1) * s->d;
  for (int64_t row = 0; row < n;) {
    const int64_t missing = back - (index + row); /* rows that the first tap reaches before the beginning */
    const int64_t from = missing > 0 ? atr__min_i64(s->k - 1, atr__ceil_div(missing, s->d)) : 0;
    const int rows = !from && n - row >= ROWS && s->k <= TAPS_NEAR ? ROWS : 1;
    if (s->k > TAPS_NEAR)
      long_row(s, ring, mask, at + row, from, y + row, stride);
    else {
      const float *tap[ROWS * TAPS_NEAR];
      for (int r = 0; r < rows; r++)
        for (int64_t f = from; f < s->k; f++)
          tap[r * s->k + f] = ring + ((at + row + r - (s->k - 1 - f) * s->d) & mask) * s->c;
      tiles(s, tap, from, rows, y + row, stride);
    }
    row += rows;
  }
  if (residual || s->relu) end(s, residual, n, y, stride);
}
