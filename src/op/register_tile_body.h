/* register_tile_body.h: the functions of register_tile.h for one set of instructions; register_tile.c
 * includes this once for each, with TILE_SET (its name), TILE_TARGET, and TILE_ROWS × TILE_VECTORS vectors of
 * TILE_LANES floats. */
#define vector TILE_NAME(vector)
typedef float vector __attribute__((vector_size(4 * TILE_LANES), aligned(4), may_alias));
#define numbers TILE_NAME(numbers)
typedef int32_t numbers __attribute__((vector_size(4 * TILE_LANES), aligned(4), may_alias));

/* rows × vectors sums stay in registers from the first k to the last. */
static inline __attribute__((always_inline)) TILE_TARGET void
TILE_NAME(block)(int rows, int vectors, int64_t k, const float *a, int64_t a_row, int64_t a_col,
                 const float *b, int64_t b_row, float *c, int64_t c_row) {
  vector sum[TILE_ROWS][TILE_VECTORS], value[TILE_VECTORS];
  const float *line[TILE_ROWS];
  ATR__UNROLL
  for (int r = 0; r < rows; r++) {
    line[r] = a + r * a_row;
    ATR__UNROLL
    for (int v = 0; v < vectors; v++) sum[r][v] = *(const vector *)(c + r * c_row + v * TILE_LANES);
  }
  for (int64_t i = 0; i < k; i++, b += b_row) {
    ATR__UNROLL
    for (int v = 0; v < vectors; v++) value[v] = *(const vector *)(b + v * TILE_LANES);
    ATR__UNROLL
    for (int r = 0; r < rows; r++) {
      const float x = line[r][i * a_col];
      ATR__UNROLL
      for (int v = 0; v < vectors; v++) sum[r][v] += value[v] * x;
    }
  }
  ATR__UNROLL
  for (int r = 0; r < rows; r++) ATR__UNROLL
  for (int v = 0; v < vectors; v++) *(vector *)(c + r * c_row + v * TILE_LANES) = sum[r][v];
}

/* TILE_CASE of each number of rows and of vectors that a tile may have, so that both are constants in it. */
#if TILE_VECTORS > 2
#define TILE_CASES(r) TILE_CASE(r, 1) TILE_CASE(r, 2) TILE_CASE(r, 3)
#else
#define TILE_CASES(r) TILE_CASE(r, 1) TILE_CASE(r, 2)
#endif
#if TILE_ROWS > 4
#define TILE_CASES_MORE TILE_CASES(5) TILE_CASES(6) TILE_CASES(7) TILE_CASES(8)
#else
#define TILE_CASES_MORE
#endif
#define TILE_SWITCH                                                                                          \
  switch (rows * 4 + vectors) { TILE_CASES(1) TILE_CASES(2) TILE_CASES(3) TILE_CASES(4) TILE_CASES_MORE }

TILE_TARGET static void TILE_NAME(some)(int64_t rows, int64_t vectors, int64_t k, const float *a,
                                        int64_t a_row, int64_t a_col, const float *b, int64_t b_row, float *c,
                                        int64_t c_row) {
#define TILE_CASE(r, v)                                                                                      \
  case (r)*4 + (v): TILE_NAME(block)(r, v, k, a, a_row, a_col, b, b_row, c, c_row); break;
  TILE_SWITCH
#undef TILE_CASE
}

TILE_TARGET static void TILE_NAME(multiply)(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row,
                                            int64_t a_col, const float *b, int64_t b_row, float *c,
                                            int64_t c_row) {
  enum { COLUMNS = TILE_VECTORS * TILE_LANES };
  const int64_t vectors = (n + TILE_LANES - 1) / TILE_LANES, whole = n % TILE_LANES == 0;
  float room[TILE_ROWS * COLUMNS];
  for (int64_t i = 0; i < m; i += TILE_ROWS) {
    const int64_t rows = m - i < TILE_ROWS ? m - i : TILE_ROWS;
    const float *from = a + i * a_row;
    float *to = c + i * c_row;
    if (whole) {
      TILE_NAME(some)(rows, vectors, k, from, a_row, a_col, b, b_row, to, c_row);
      continue;
    }
    for (int64_t r = 0; r < rows; r++)
      for (int64_t j = 0; j < vectors * TILE_LANES; j++)
        room[r * COLUMNS + j] = j < n ? to[r * c_row + j] : 0;
    TILE_NAME(some)(rows, vectors, k, from, a_row, a_col, b, b_row, room, COLUMNS);
    for (int64_t r = 0; r < rows; r++) memcpy(to + r * c_row, room + r * COLUMNS, (size_t)n * sizeof *to);
  }
}

/* Six vectors of one row. */
static inline __attribute__((always_inline)) TILE_TARGET void
TILE_NAME(line)(int vectors, int64_t k, const float *a, const float *b, int64_t b_row, float *c) {
  vector sum[6];
  ATR__UNROLL
  for (int v = 0; v < vectors; v++) sum[v] = *(const vector *)(c + v * TILE_LANES);
  for (int64_t i = 0; i < k; i++, b += b_row) {
    const float x = a[i];
    ATR__UNROLL
    for (int v = 0; v < vectors; v++) sum[v] += *(const vector *)(b + v * TILE_LANES) * x;
  }
  ATR__UNROLL
  for (int v = 0; v < vectors; v++) *(vector *)(c + v * TILE_LANES) = sum[v];
}

TILE_TARGET static void TILE_NAME(single)(int64_t n, int64_t k, const float *a, const float *b, int64_t b_row,
                                          float *c) {
  int64_t j = 0;
  for (; j + 6 * TILE_LANES <= n; j += 6 * TILE_LANES) TILE_NAME(line)(6, k, a, b + j, b_row, c + j);
  if (j + 4 * TILE_LANES <= n) {
    TILE_NAME(line)(4, k, a, b + j, b_row, c + j);
    j += 4 * TILE_LANES;
  }
  if (j + 2 * TILE_LANES <= n) {
    TILE_NAME(line)(2, k, a, b + j, b_row, c + j);
    j += 2 * TILE_LANES;
  }
  for (; j < n; j += TILE_LANES)
    TILE_NAME(multiply)(1, n - j < TILE_LANES ? n - j : TILE_LANES, k, a, 0, 1, b + j, b_row, c + j, 0);
}

/* A row of n floats, 4 ≤ n ≤ 8 or a vector and more: pieces of one size, the last one over the end of the one
 * before. */
#define TILE_PIECES(type, size)                                                                              \
  for (int64_t r = 0; r < rows; r++, to += to_row, from += from_row) {                                       \
    for (int64_t j = 0; j + (size) < n; j += (size)) *(type *)(to + j) = *(const type *)(from + j);          \
    *(type *)(to + n - (size)) = *(const type *)(from + n - (size));                                         \
  }

#define four TILE_NAME(four)
typedef float four __attribute__((vector_size(16), aligned(4), may_alias));

TILE_TARGET static void TILE_NAME(copy)(float *to, int64_t to_row, const float *from, int64_t from_row,
                                        int64_t stride, int64_t n, int64_t rows) {
  if (!from)
    for (int64_t r = 0; r < rows; r++, to += to_row) memset(to, 0, (size_t)n * sizeof *to);
  else if (stride != 1 || n < 4)
    for (int64_t r = 0; r < rows; r++, to += to_row, from += from_row) {
      int64_t j = 0;
      for (; stride == 2 && j + TILE_LANES <= n; j += TILE_LANES) {
        const vector a = *(const vector *)(from + 2 * j),
                     b = *(const vector *)(from + 2 * j + TILE_LANES - 1);
        *(vector *)(to + j) = TILE_SECOND(TILE_LANES)(a, b);
      }
      for (; j < n; j++) to[j] = from[j * stride];
    }
  else if (n < TILE_LANES)
    TILE_PIECES(four, 4)
  else
    TILE_PIECES(vector, TILE_LANES)
}

#include "op/register_tile_lines.h"
#include "op/register_tile_rows.h"

TILE_TARGET static void TILE_NAME(fill)(int64_t n, float value, float *y) {
  int64_t i = 0;
  for (; i + TILE_LANES <= n; i += TILE_LANES) *(vector *)(y + i) = (vector){ 0 } + value;
  for (; i < n; i++) y[i] = value;
}

TILE_TARGET static void TILE_NAME(finish)(int64_t n, const float *factor, float summand,
                                          const float *residual, float low, float high, float *y) {
  const int clip = low > -INFINITY || high < INFINITY;
  int64_t i = 0;
  if (!factor && !residual && !clip) return;
  for (; i + TILE_LANES <= n; i += TILE_LANES) {
    vector v = *(const vector *)(y + i);
    if (factor) v = v * *factor + summand;
    if (residual) v += *(const vector *)(residual + i);
    if (clip) {
      const vector least = (vector){ 0 } + low, most = (vector){ 0 } + high;
      const numbers below = v<least, above = v> most;
      v = (vector)(((numbers)least & below) | ((numbers)v & ~below));
      v = (vector)(((numbers)most & above) | ((numbers)v & ~above));
    }
    *(vector *)(y + i) = v;
  }
  for (; i < n; i++) {
    if (factor) y[i] = y[i] * *factor + summand;
    if (residual) y[i] += residual[i];
    if (clip) y[i] = y[i] < low ? low : y[i] > high ? high : y[i];
  }
}

static const atr__tile TILE_NAME(tile) = { .lanes = TILE_LANES,
                                           .rows = TILE_ROWS,
                                           .columns = TILE_VECTORS * TILE_LANES,
                                           .multiply = TILE_NAME(multiply),
                                           .single = TILE_NAME(single),
                                           .lines = TILE_NAME(lines),
                                           .places = TILE_NAME(places),
                                           .plane = TILE_NAME(plane),
                                           .copy = TILE_NAME(copy),
                                           .turn = TILE_NAME(turn),
                                           .fill = TILE_NAME(fill),
                                           .finish = TILE_NAME(finish) };

#undef TILE_SWITCH
#undef TILE_CASES_MORE
#undef TILE_CASES
#undef TILE_PIECES
#undef four
#undef numbers
#undef vector
#undef TILE_SET
#undef TILE_TARGET
#undef TILE_LANES
#undef TILE_VECTORS
#undef TILE_ROWS
