/* sparse_host.h: rows and columns of a sparse matrix times a vector, entries ascending; see sparse.h. Include
 * after op/host.h.
 */
#ifndef ATR_OP_SPARSE_HOST_H
#define ATR_OP_SPARSE_HOST_H

#include "op/host.h"

typedef struct sparse {
  const atr_real *value;
  const int32_t *start, *column;     /* NULL: dense */
  const int32_t *back, *row, *entry; /* the transposed pattern */
} sparse;

/* sum + row i · x. */
static inline atr_real sparse_row(const sparse *m, atr_real sum, const atr_real *x, int64_t i) {
  for (int32_t e = m->start[i]; e < m->start[i + 1]; e++) sum += m->value[e] * x[m->column[e]];
  return sum;
}

/* column j · g. */
static inline atr_real sparse_column(const sparse *m, const atr_real *g, int64_t j) {
  atr_real sum = 0;
  for (int32_t e = m->back[j]; e < m->back[j + 1]; e++) sum += m->value[m->entry[e]] * g[m->row[e]];
  return sum;
}

#endif
