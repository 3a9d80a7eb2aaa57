/* conv_step.c: see conv_step.h. */
#include "config.h"

#include "stream/conv_step.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "op/lanes.h"

/* Tiles: of four rows two vectors each, of one row four. */
enum { ROWS = 4, VECTORS = 2, ALONE = 4, TAPS_NEAR = 16 };

atr_status atr__conv_step_create(const atr__conv_params *p, const float *w, const float *b, atr_error *error,
                                 atr__conv_step *s) {
  *s = (atr__conv_step){ p->c, p->oc, atr__lanes_up(p->oc), p->filter[2], p->dilation[2], NULL, NULL };
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

void atr__conv_step_run(const atr__conv_step *s, const float *ring, int64_t mask, int64_t at, int64_t index,
                        int64_t n, float *y, int64_t stride) {
  const int64_t back = (s->k - 1) * s->d;
  for (int64_t row = 0; row < n;) {
    const int64_t missing = back - (index + row); /* rows that the first tap reaches before the beginning */
    const int64_t from = missing > 0 ? atr__min_i64(s->k - 1, atr__ceil_div(missing, s->d)) : 0;
    const int rows = !from && n - row >= ROWS && s->k <= TAPS_NEAR ? ROWS : 1;
    if (s->k > TAPS_NEAR)
      long_row(s, ring, mask, at + row, from, y + row, stride);
    else {
      const float *tap[ROWS * TAPS_NEAR];
      ATR__UNROLL
      for (int r = 0; r < rows; r++)
        for (int64_t f = from; f < s->k; f++)
          tap[r * s->k + f] = ring + ((at + row + r - (s->k - 1 - f) * s->d) & mask) * s->c;
      tiles(s, tap, from, rows, y + row, stride);
    }
    row += rows;
  }
}
