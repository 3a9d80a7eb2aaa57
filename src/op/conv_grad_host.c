/* conv_grad_host.c: the gradients of convolution on the host.
 *
 * The input's gradient is built a row at a time: each (oc, output row, tap) that reaches the row adds its
 * weight times a row of dy. The filter's gradient is a sum of products of rows, the bias's of rows; a row is
 * taken in eight interleaved partial sums, added pairwise, and rows are added in the order of images and
 * positions. Products and sums are rounded apart. */
#include "op/conv_input.h"
#include "op/conv_tiles.h"

typedef struct {
  const atr__conv_params *p;
  const atr_real *a, *b; /* the operator's two inputs */
  atr_real *out;
  const atr_real *bias; /* NULL: none */
} job;

/* The output position whose tap k reads input position i; -1 where there is none. */
static int64_t source(int64_t i, int64_t k, int axis, const atr__conv_params *p) {
  const int64_t at = i + p->pad[axis] - k * p->dilation[axis];
  if (at < 0 || at % p->stride[axis] || at / p->stride[axis] >= p->out[axis]) return -1;
  return at / p->stride[axis];
}

static void add_scaled(atr_real *restrict to, const atr_real *restrict from, atr_real w, int64_t n,
                       int64_t stride) {
  if (stride == 1)
    for (int64_t i = 0; i < n; i++) to[i] += w * from[i];
  else
    for (int64_t i = 0; i < n; i++) to[i * stride] += w * from[i];
}

/* dx's row (n, c, z, y). Taps descend, so that positions of dy ascend. */
static void input_row(const job *j, int64_t n, int64_t c, int64_t z, int64_t row, atr_real *dx) {
  const atr__conv_params *p = j->p;
  const int64_t cg = p->c / p->group, ocg = p->oc / p->group;
  const int64_t fd = p->filter[0], fh = p->filter[1], fw = p->filter[2];
  const int64_t first = c / cg * ocg;
  const atr_real start = j->bias ? j->bias[c] : 0;
  for (int64_t i = 0; i < p->in[2]; i++) dx[i] = start;
  for (int64_t oc = first; oc < first + ocg; oc++)
    for (int64_t fz = fd - 1; fz >= 0; fz--) {
      const int64_t oz = source(z, fz, 0, p);
      if (oz < 0) continue;
      for (int64_t fy = fh - 1; fy >= 0; fy--) {
        const int64_t oy = source(row, fy, 1, p);
        if (oy < 0) continue;
        const atr_real *w = j->b + (((oc * cg + c % cg) * fd + fz) * fh + fy) * fw;
        const atr_real *dy = j->a + (((n * p->oc + oc) * p->out[0] + oz) * p->out[1] + oy) * p->out[2];
        for (int64_t fx = fw - 1; fx >= 0; fx--) {
          const int64_t shift = fx * p->dilation[2] - p->pad[2];
          int64_t low, high;
          atr__conv_valid(shift, p->stride[2], p->in[2], p->out[2], &low, &high);
          if (low < high)
            add_scaled(dx + low * p->stride[2] + shift, dy + low, w[fx], high - low, p->stride[2]);
        }
      }
    }
  if (p->activation == ATR__ACT_RELU)
    for (int64_t i = 0; i < p->in[2]; i++) dx[i] = dx[i] > 0 ? dx[i] : (dx[i] == dx[i] ? 0 : dx[i]);
}

static void input_rows(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const int64_t *in = j->p->in;
  for (int64_t i = begin; i < end; i++) {
    const int64_t row = i % in[1], z = i / in[1] % in[0], plane = i / in[1] / in[0];
    input_row(j, plane / j->p->c, plane % j->p->c, z, row, j->out + i * in[2]);
  }
}

void ATR_HOST(conv_input)(const atr__conv_params *p, const atr_real *dy, const atr_real *w,
                          const atr_real *bias, atr_real *dx, atr__pool *pool) {
  const job j = { p, dy, w, dx, bias };
  if (!p->in[2]) return;
#ifndef ATR_REAL_IS_DOUBLE
  if (atr__conv_tiles_input(p, dy, w, bias, dx, pool)) return;
#endif
  const int64_t row_work = p->oc / p->group * p->filter[0] * p->filter[1] * p->filter[2] * p->in[2];
  atr__pool_for(pool, p->n * p->c * p->in[0] * p->in[1], 16384 / (row_work + 1) + 1, input_rows, (void *)&j);
}

atr_status ATR_HOST(conv_grad_input)(const atr__call *call) {
  ATR_HOST(conv_input)(call->params, ATR_IN(call, 0), ATR_IN(call, 1), NULL, ATR_OUT(call, 0), call->pool);
  return ATR_OK;
}

static atr_real joined(const atr_real sum[8]) {
  return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

static atr_real product(const atr_real *restrict dy, const atr_real *restrict x, int64_t n, int64_t stride) {
  atr_real sum[8] = { 0 };
  int64_t i = 0;
  if (stride == 1)
    for (; i + 8 <= n; i += 8)
      for (int k = 0; k < 8; k++) sum[k] += dy[i + k] * x[i + k];
  for (; i < n; i++) sum[i % 8] += dy[i] * x[i * stride];
  return joined(sum);
}

/* The filter's taps between output channel oc and its group's input channel ic. Rows are outermost: a row of
 * dy meets every tap while it is near. */
static void filter_plane(const job *j, int64_t oc, int64_t ic, atr_real *dw) {
  const atr__conv_params *p = j->p;
  const int64_t cg = p->c / p->group, c = oc / (p->oc / p->group) * cg + ic;
  const int64_t fd = p->filter[0], fh = p->filter[1], fw = p->filter[2];
  for (int64_t k = 0; k < fd * fh * fw; k++) dw[k] = 0;
  for (int64_t n = 0; n < p->n; n++)
    for (int64_t o = 0; o < p->out[0] * p->out[1]; o++) {
      const int64_t oz = o / p->out[1], oy = o % p->out[1];
      const atr_real *dy = j->b + ((n * p->oc + oc) * p->out[0] * p->out[1] + o) * p->out[2];
      for (int64_t fz = 0; fz < fd; fz++) {
        const int64_t z = oz * p->stride[0] + fz * p->dilation[0] - p->pad[0];
        if (z < 0 || z >= p->in[0]) continue;
        for (int64_t fy = 0; fy < fh; fy++) {
          const int64_t row = oy * p->stride[1] + fy * p->dilation[1] - p->pad[1];
          if (row < 0 || row >= p->in[1]) continue;
          const atr_real *x = j->a + (((n * p->c + c) * p->in[0] + z) * p->in[1] + row) * p->in[2];
          for (int64_t fx = 0; fx < fw; fx++) {
            const int64_t shift = fx * p->dilation[2] - p->pad[2];
            int64_t low, high;
            atr__conv_valid(shift, p->stride[2], p->in[2], p->out[2], &low, &high);
            if (low < high)
              dw[(fz * fh + fy) * fw + fx] +=
                  product(dy + low, x + low * p->stride[2] + shift, high - low, p->stride[2]);
          }
        }
      }
    }
}

static void filter_planes(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const int64_t cg = j->p->c / j->p->group, taps = j->p->filter[0] * j->p->filter[1] * j->p->filter[2];
  for (int64_t i = begin; i < end; i++) filter_plane(j, i / cg, i % cg, j->out + i * taps);
}

atr_status ATR_HOST(conv_grad_filter)(const atr__call *call) {
  const atr__conv_params *p = call->params;
  const job j = { p, ATR_IN(call, 0), ATR_IN(call, 1), ATR_OUT(call, 0), NULL };
  if (!call->out[0].count) return ATR_OK;
#ifndef ATR_REAL_IS_DOUBLE
  if (atr__conv_tiles_filter(p, j.a, j.b, j.out, call->pool)) return ATR_OK;
#endif
  const int64_t taps = p->filter[0] * p->filter[1] * p->filter[2];
  const int64_t plane_work = p->n * taps * p->out[0] * p->out[1] * p->out[2];
  atr__pool_for(call->pool, call->out[0].count / taps, 16384 / (plane_work + 1) + 1, filter_planes,
                (void *)&j);
  return ATR_OK;
}

static atr_real row_sum(const atr_real *dy, int64_t n) {
  atr_real sum[8] = { 0 };
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int k = 0; k < 8; k++) sum[k] += dy[i + k];
  for (; i < n; i++) sum[i % 8] += dy[i];
  return joined(sum);
}

static void bias_channels(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__conv_params *p = j->p;
  const int64_t rows = p->out[0] * p->out[1], ow = p->out[2];
  for (int64_t oc = begin; oc < end; oc++) {
    atr_real sum = 0;
    for (int64_t n = 0; n < p->n; n++)
      for (int64_t o = 0; o < rows; o++) {
        const atr_real *dy = j->a + ((n * p->oc + oc) * rows + o) * ow;
        sum += row_sum(dy, ow);
      }
    j->out[oc] = sum;
  }
}

atr_status ATR_HOST(conv_grad_bias)(const atr__call *call) {
  const job j = { call->params, ATR_IN(call, 0), NULL, ATR_OUT(call, 0), NULL };
  atr__pool_for(call->pool, call->out[0].count, 1, bias_channels, (void *)&j);
  return ATR_OK;
}
