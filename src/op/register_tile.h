/* register_tile.h: products of matrices of floats on the host, a tile of sums in registers at a time: what
 * convolution, Gemm, recurrent layers and their gradients have in common.
 *
 * Every element of a product is one sum, over k ascending, of products that are rounded before they are
 * added, so a tile's width, the instructions that there are and the cut among threads change no bit: results
 * are those of the plain loops in *_host.c, which stay for streams (a block of memory is needed here, which
 * they must not ask for), for what is too small, and as the oracle. */
#ifndef ATR_OP_REGISTER_TILE_H
#define ATR_OP_REGISTER_TILE_H

#include <stdint.h>

enum {
  ATR__TILE_LINE = 96
}; /* columns that `single` takes at once: whole tiles of each set of instructions */

/* Where vectors of a row of the product come from and go to. */
enum { ATR__TILE_VECTORS = 3 };
typedef struct atr__tile_places {
  const float *from[ATR__TILE_VECTORS];
  float *to[ATR__TILE_VECTORS];
  int64_t to_row[ATR__TILE_VECTORS]; /* from one row of the product to the next */
  const float *start;                /* by row: what sums start with; or NULL */
} atr__tile_places;

/* The tile's size and the functions for the instructions of this processor. */
typedef struct atr__tile {
  int lanes, rows, columns; /* floats in a vector; sums in registers, `columns` in whole vectors */
  /* c[m][n] += a · b. n ≤ columns. Element (i, k) of a lies at i · a_row + k · a_col; rows of b are b_row
   * apart and readable to the end of a vector. */
  void (*multiply)(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row, int64_t a_col,
                   const float *b, int64_t b_row, float *c, int64_t c_row);
  /* The same of one row, whose a lies one behind the other; n is a multiple of 4, at most ATR__TILE_LINE. */
  void (*single)(int64_t n, int64_t k, const float *a, const float *b, int64_t b_row, float *c);
  /* c[m][n] += a · bᵀ: rows of b, b_row apart, are columns of the product, turned over as they are read. For
   * few rows of a, whose elements lie one behind the other. */
  void (*lines)(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row, const float *b, int64_t b_row,
                float *c, int64_t c_row);
  /* A whole tile or less, of b whose k-th row is found at from[v] + offset[k] for each vector: images where
   * they lie. Writes the sums, all lanes. */
  void (*places)(int64_t rows, int64_t vectors, int64_t k, const float *a, int64_t a_row,
                 const int32_t *offset, const atr__tile_places *places);
  /* The same of one row of a, for `high` rows of n outputs, to_row apart; those of a row read from
   * neighbours, rows from places from_row apart. Readable to the end of a vector behind each row; writes
   * outputs only. */
  void (*plane)(int64_t high, int64_t n, int64_t k, const float *a, const int32_t *offset, const float *from,
                int64_t from_row, float start, float *to, int64_t to_row);
  /* to[r][j] = from[r · from_row + j · stride] for j < n, r < rows; from NULL: 0. */
  void (*copy)(float *to, int64_t to_row, const float *from, int64_t from_row, int64_t stride, int64_t n,
               int64_t rows);
  /* to[r][j] = from[j · from_row + r] for j < n, r < rows. */
  void (*turn)(float *to, int64_t to_row, const float *from, int64_t from_row, int64_t n, int64_t rows);
  void (*fill)(int64_t n, float value, float *y);
  /* What a convolution does at its end: y = y · *factor + summand, + residual[i], to low … high; NULL: not.
   */
  void (*finish)(int64_t n, const float *factor, float summand, const float *residual, float low, float high,
                 float *y);
} atr__tile;

/* How many pieces of so many multiplications a thread must get to be worth waking. */
static inline int64_t atr__tile_grain(int64_t work) {
  return work > 0 ? (1 << 19) / work + 1 : 1 << 19;
}

const atr__tile *atr__tile_best(void);
/* All that this processor can run, best first; NULL beyond the last. For tests. */
const atr__tile *atr__tile_at(int i);

#endif
