/* conv_host.c: convolution on the host.
 *
 * One output row at a time: the row starts from the bias, then each tap adds its weight times a shifted input
 * row, so the inner loop runs along contiguous memory. Products and sums are rounded apart (no fused
 * multiply-add), the same on every machine. */
#include "op/conv.h"
#include "op/conv_tiles.h"
#include "op/host.h"

typedef struct {
  const atr__conv_params *p;
  const atr_real *x, *w, *b, *residual, *factor;
  atr_real *y;
} job;

static void add_scaled(atr_real *restrict y, const atr_real *restrict x, atr_real w, int64_t n,
                       int64_t stride) {
  if (stride == 1)
    for (int64_t i = 0; i < n; i++) y[i] += w * x[i];
  else
    for (int64_t i = 0; i < n; i++) y[i] += w * x[i * stride];
}

/* What the planner joined to the convolution, on the row at offset `at`. */
static void finish(const job *j, int64_t oc, int64_t at) {
  const int64_t n = j->p->out[2];
  const atr_real low = (atr_real)atr__conv_low(j->p), high = (atr_real)atr__conv_high(j->p);
  atr_real *y = j->y + at;
  if (j->factor)
    for (int64_t i = 0; i < n; i++) y[i] = y[i] * j->factor[oc] + (j->b ? j->b[oc] : 0);
  if (j->residual)
    for (int64_t i = 0; i < n; i++) y[i] += j->residual[at + i];
  if (low > -INFINITY || high < INFINITY)
    for (int64_t i = 0; i < n; i++) y[i] = y[i] < low ? low : y[i] > high ? high : y[i];
}

static void output_row(const job *j, int64_t n, int64_t oc, int64_t oz, int64_t oy, int64_t at) {
  const atr__conv_params *p = j->p;
  atr_real *y = j->y + at;
  const int64_t cg = p->c / p->group, fd = p->filter[0], fh = p->filter[1], fw = p->filter[2];
  const int64_t first = oc / (p->oc / p->group) * cg;
  const atr_real start = j->b && !j->factor ? j->b[oc] : 0;
  for (int64_t ox = 0; ox < p->out[2]; ox++) y[ox] = start;
  for (int64_t ic = 0; ic < cg; ic++)
    for (int64_t fz = 0; fz < fd; fz++) {
      const int64_t z = oz * p->stride[0] + fz * p->dilation[0] - p->pad[0];
      if (z < 0 || z >= p->in[0]) continue;
      for (int64_t fy = 0; fy < fh; fy++) {
        const int64_t row = oy * p->stride[1] + fy * p->dilation[1] - p->pad[1];
        if (row < 0 || row >= p->in[1]) continue;
        const atr_real *w = j->w + (((oc * cg + ic) * fd + fz) * fh + fy) * fw;
        const atr_real *x = j->x + (((n * p->c + first + ic) * p->in[0] + z) * p->in[1] + row) * p->in[2];
        for (int64_t fx = 0; fx < fw; fx++) {
          const int64_t shift = fx * p->dilation[2] - p->pad[2];
          int64_t low, high;
          atr__conv_valid(shift, p->stride[2], p->in[2], p->out[2], &low, &high);
          if (low < high)
            add_scaled(y + low, x + low * p->stride[2] + shift, w[fx], high - low, p->stride[2]);
        }
      }
    }
  finish(j, oc, at);
}

static void rows(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const int64_t *out = j->p->out;
  for (int64_t i = begin; i < end; i++) {
    const int64_t oy = i % out[1], oz = i / out[1] % out[0], plane = i / out[1] / out[0];
    output_row(j, plane / j->p->oc, plane % j->p->oc, oz, oy, i * out[2]);
  }
}

atr_status ATR_HOST(conv)(const atr__call *call) {
  const atr__conv_params *p = call->params;
  job j = { .p = p, .x = ATR_IN(call, 0), .w = ATR_IN(call, 1), .y = ATR_OUT(call, 0) };
  if (call->n_in > 2) j.b = ATR_IN(call, 2);
  if (call->n_in > ATR__CONV_RESIDUAL) j.residual = ATR_IN(call, ATR__CONV_RESIDUAL);
  if (call->n_in > ATR__CONV_FACTOR) j.factor = ATR_IN(call, ATR__CONV_FACTOR);
  if (!call->out[0].count) return ATR_OK;
#ifndef ATR_REAL_IS_DOUBLE
  if (atr__conv_lines(p, j.x, j.w, j.b, j.residual, j.factor, j.y, call->pool) ||
      atr__conv_rows(p, j.x, j.w, j.b, j.residual, j.factor, j.y, call->pool) ||
      atr__conv_tiles(p, j.x, j.w, j.b, j.residual, j.factor, j.y, call->pool))
    return ATR_OK;
#endif
  const int64_t row_work = p->c / p->group * p->filter[0] * p->filter[1] * p->filter[2] * p->out[2];
  atr__pool_for(call->pool, call->out[0].count / p->out[2], 16384 / (row_work + 1) + 1, rows, (void *)&j);
  return ATR_OK;
}
