/* recurrent_panels.h: a matrix of weights of a recurrent layer laid out for many products with few rows:
 * panels of columns, in each of which a row lies behind the other. A column is a unit of a gate; gates begin
 * at multiples of `wide`, and the columns between are zeros. */
#ifndef ATR_OP_RECURRENT_PANELS_H
#define ATR_OP_RECURRENT_PANELS_H

#include "base/thread.h"
#include "op/recurrent.h"
#include "op/register_tile.h"

typedef struct atr__panels {
  int64_t gates, hid, wide, k; /* k rows of gates · wide columns */
  const float *from;           /* [gates][hid][k], or, with `rows`, [k][hid] */
  float *at;
  int rows;
} atr__panels;

static inline atr__panels atr__panels_of(int64_t gates, int64_t hid, int64_t wide, int64_t k,
                                         const float *from, float *at) {
  return (atr__panels){ gates, hid, wide, k, from, at, 0 };
}
int64_t atr__panels_size(const atr__panels *panels); /* floats at `at` */
void atr__panels_fill(const atr__panels *panels, const atr__tile *tile, atr__pool *pool);
/* c[m] += a[m][k] · panels, rows apart as given, k ascending. pool NULL: on the caller. `at` NULL: weights
 * are read where they lie, which is quicker than laying them out for a few rows; not with `rows`. */
void atr__panels_multiply(const atr__panels *panels, const atr__tile *tile, atr__pool *pool, int64_t m,
                          const float *a, int64_t a_row, float *c, int64_t c_row);

/* How many lines go through a sequence together; *within: the pool whose threads share each of their steps,
 * or NULL: they take such blocks. */
int64_t atr__panels_cut(const atr__recurrent_params *p, atr__pool *pool, atr__pool **within);

#endif
