/* sparse_host.h: a sparse matrix and its transpose times a vector; see sparse.h. Include
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

/* to[i] += Σ value[e]·x[index[e]] over the entries e of line i, `entry` telling where their values are (NULL:
 * in the same order). Entries ascend in each sum; four lines go side by side, so that no sum waits for
 * itself. */
static inline void sparse_lines(const atr_real *value, const int32_t *start, const int32_t *entry,
                                const int32_t *index, const atr_real *x, int64_t n, atr_real *to) {
  int64_t i = 0;
#define TERM(e) (value[entry ? entry[e] : (e)] * x[index[e]])
  for (; i + 4 <= n; i += 4) {
    int32_t a = start[i], b = start[i + 1], c = start[i + 2], d = start[i + 3], left = b - a;
    const int32_t b_end = c, c_end = d, a_end = b, d_end = start[i + 4];
    if (c - b < left) left = c - b;
    if (d - c < left) left = d - c;
    if (d_end - d < left) left = d_end - d;
    atr_real s = to[i], t = to[i + 1], u = to[i + 2], v = to[i + 3];
    for (; left > 0; left--, a++, b++, c++, d++) s += TERM(a), t += TERM(b), u += TERM(c), v += TERM(d);
    for (; a < a_end; a++) s += TERM(a);
    for (; b < b_end; b++) t += TERM(b);
    for (; c < c_end; c++) u += TERM(c);
    for (; d < d_end; d++) v += TERM(d);
    to[i] = s, to[i + 1] = t, to[i + 2] = u, to[i + 3] = v;
  }
  for (; i < n; i++)
    for (int32_t e = start[i]; e < start[i + 1]; e++) to[i] += TERM(e);
#undef TERM
}

/* to += M·x. */
static inline void sparse_rows(const sparse *m, const atr_real *x, int64_t n, atr_real *to) {
  sparse_lines(m->value, m->start, NULL, m->column, x, n, to);
}

/* to = Mᵀ·g. */
static inline void sparse_columns(const sparse *m, const atr_real *g, int64_t n, atr_real *to) {
  memset(to, 0, (size_t)n * sizeof *to);
  sparse_lines(m->value, m->back, m->entry, m->row, g, n, to);
}

#endif
