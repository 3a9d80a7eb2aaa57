/* sparse_case.h: random patterns of square matrices for tests, the same for the same hid, share and seed, and
 * what they stand for as a dense matrix. Row 1, where there are three or more, is empty unless all are full.
 */
#ifndef SPARSE_CASE_H
#define SPARSE_CASE_H

#include "op_case.h"

static inline int sparse_has(int64_t hid, int64_t i, int64_t j, int percent, uint32_t seed) {
  if (percent >= 100) return 1;
  if (hid > 2 && i == 1) return 0;
  uint32_t s = ((uint32_t)(i * hid + j) + seed * 7919u) * 2654435761u;
  s ^= s >> 15, s *= 2246822519u, s ^= s >> 13;
  return (int)(s % 100) < percent;
}

/* Zeros where there is no entry. */
static inline void sparse_thin(op_tensor *dense, int percent, uint32_t seed) {
  const int64_t hid = dense->shape.dim[0];
  for (int64_t k = 0; k < hid * hid; k++)
    if (!sparse_has(hid, k / hid, k % hid, percent, seed)) dense->v[k] = 0;
}

/* Adds what `what` names as an input. */
typedef enum sparse_part {
  SPARSE_VALUES,
  SPARSE_START,
  SPARSE_COLUMN,
  SPARSE_BACK,
  SPARSE_ROW,
  SPARSE_ENTRY
} sparse_part;
static inline void sparse_add(op_case *c, sparse_part what, const double *dense, int64_t hid, int percent,
                              uint32_t seed) {
  const int turned = what >= SPARSE_BACK;
  double *list = calloc((size_t)(hid * hid + 1), sizeof *list), *lines = calloc((size_t)hid + 1, 8);
  ck_assert(list && lines);
  int64_t n = 0;
  for (int64_t a = 0; a < hid; a++) {
    for (int64_t b = 0; b < hid; b++) {
      const int64_t i = turned ? b : a, j = turned ? a : b;
      if (!sparse_has(hid, i, j, percent, seed)) continue;
      double entry = 0; /* how many come before (i, j) */
      for (int64_t k = 0; what == SPARSE_ENTRY && k < i * hid + j; k++)
        entry += sparse_has(hid, k / hid, k % hid, percent, seed);
      list[n++] = what == SPARSE_VALUES ? dense[i * hid + j] : what == SPARSE_ENTRY ? entry : (double)b;
    }
    lines[a + 1] = (double)n;
  }
  if (what == SPARSE_VALUES)
    op_case_real(c, OP_SHAPE(n), list);
  else if (what == SPARSE_START || what == SPARSE_BACK)
    op_case_constant(c, ATR_I32, OP_SHAPE(hid + 1), lines);
  else
    op_case_constant(c, ATR_I32, OP_SHAPE(n), list);
  free(list);
  free(lines);
}

static inline void sparse_values(op_case *c, const op_tensor *dense, int percent, uint32_t seed) {
  sparse_add(c, SPARSE_VALUES, dense->v, dense->shape.dim[0], percent, seed);
}
static inline void sparse_pattern(op_case *c, int64_t hid, int percent, uint32_t seed) {
  sparse_add(c, SPARSE_START, NULL, hid, percent, seed);
  sparse_add(c, SPARSE_COLUMN, NULL, hid, percent, seed);
}
static inline void sparse_transposed(op_case *c, int64_t hid, int percent, uint32_t seed) {
  sparse_add(c, SPARSE_BACK, NULL, hid, percent, seed);
  sparse_add(c, SPARSE_ROW, NULL, hid, percent, seed);
  sparse_add(c, SPARSE_ENTRY, NULL, hid, percent, seed);
}

static inline void sparse_same(const op_tensor *a, const op_tensor *b) {
  ck_assert_int_eq(a->count, b->count);
  for (int64_t k = 0; k < a->count; k++)
    ck_assert_msg(a->v[k] == b->v[k], "element %lld: dense %.17g, sparse %.17g", (long long)k, a->v[k],
                  b->v[k]);
}

#endif
