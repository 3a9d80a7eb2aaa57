/* gemm_host.c: Gemm, and the product it shares with MatMul, on the host: rows of y in parallel, k outside so
 * that the innermost loop runs along rows of b and y; each element still accumulates over k in ascending
 * order. */
#include "op/gemm.h"
#include "op/host.h"

enum { COLUMNS = 256 };

typedef struct {
  const atr__gemm_problem *g;
  const atr_real *a, *b, *c;
  atr_real *y;
} job;

static void rows(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__gemm_problem *g = j->g;
  for (int64_t row = begin; row < end; row++) {
    const int64_t batch = row / g->m, i = row % g->m;
    int64_t at[ATR__WALK_OPERANDS];
    atr__walk_row(&g->batch, batch, batch + 1, at);
    const atr_real *a = j->a + at[0] + i * g->a_row, *b = j->b + at[1];
    atr_real *y = j->y + row * g->n;
    for (int64_t from = 0; from < g->n; from += COLUMNS) {
      const int64_t n = atr__min_i64(COLUMNS, g->n - from);
      atr_real sum[COLUMNS];
      for (int64_t o = 0; o < n; o++) sum[o] = 0;
      if (g->b_col == 1)
        for (int64_t k = 0; k < g->k; k++) {
          const atr_real x = a[k * g->a_col], *line = b + k * g->b_row + from;
          for (int64_t o = 0; o < n; o++) sum[o] += x * line[o];
        }
      else
        for (int64_t o = 0; o < n; o++)
          for (int64_t k = 0; k < g->k; k++)
            sum[o] += a[k * g->a_col] * b[k * g->b_row + (from + o) * g->b_col];
      for (int64_t o = 0; o < n; o++) {
        atr_real v = (atr_real)g->alpha * sum[o];
        if (g->with_c) v += (atr_real)g->beta * j->c[i * g->c_row + (from + o) * g->c_col];
        y[from + o] = v;
      }
    }
  }
}

void ATR_HOST(gemm_run)(const atr__call *call, const atr__gemm_problem *g) {
  job j = { g, ATR_IN(call, 0), ATR_IN(call, 1), g->with_c ? ATR_IN(call, 2) : NULL, ATR_OUT(call, 0) };
#ifndef ATR_REAL_IS_DOUBLE
  if (call->out[0].count && atr__gemm_tiles(call, g)) return;
#endif
  const int64_t work = atr__max_i64(1, g->n) * atr__max_i64(1, g->k);
  if (call->out[0].count)
    atr__pool_for(call->pool, g->m * g->batch.count, atr__max_i64(1, 32768 / work), rows, &j);
}

atr_status ATR_HOST(gemm)(const atr__call *call) {
  const int with_c = call->n_in > 2 && call->in[2].type != ATR_TYPE_NONE;
  const atr__gemm_problem g = atr__gemm_problem_of(call->params, &call->in[0].shape, &call->in[1].shape,
                                                   with_c ? &call->in[2].shape : NULL, &call->out[0].shape);
  ATR_HOST(gemm_run)(call, &g);
  return ATR_OK;
}
