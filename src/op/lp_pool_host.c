/* lp_pool_host.c: pooling by p-norms and its gradient on the host. A range of the loop is a run of output
 * rows (forward) or of input rows (gradient). */
#include "op/host.h"
#include "op/lp_pool.h"

typedef struct {
  const atr__lp_pool_params *p;
  const atr_real *x, *dy, *y;
  atr_real *to;
} job;

static atr_real power(atr_real v, int p) {
  return p == 0 ? 1 : p == 1 ? v : p == 2 ? v * v : ATR_MATH(pow)(v, (atr_real)p);
}

static atr_real root(atr_real v, int p) {
  return p == 1 ? v : p == 2 ? ATR_MATH(sqrt)(v) : ATR_MATH(pow)(v, 1 / (atr_real)p);
}

static atr_real window_norm(const job *j, const atr_real *x, const int64_t o[3]) {
  const atr__pool_window *w = &j->p->window;
  int64_t first[3], end[3], start[3];
  for (int k = 0; k < 3; k++) {
    atr__pool_window_taps(w, k, o[k], &first[k], &end[k]);
    start[k] = o[k] * w->stride[k] - w->pad[k];
  }
  atr_real sum = 0;
  for (int64_t a = first[0]; a < end[0]; a++)
    for (int64_t b = first[1]; b < end[1]; b++) {
      const int64_t line =
          ((start[0] + a * w->dilation[0]) * w->in[1] + start[1] + b * w->dilation[1]) * w->in[2] + start[2];
      atr_real part = 0;
      for (int64_t c = first[2]; c < end[2]; c++)
        part += power(ATR_MATH(fabs)(x[line + c * w->dilation[2]]), j->p->p);
      sum += part;
    }
  return root(sum, j->p->p);
}

static void forward_rows(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__pool_window *w = &j->p->window;
  for (int64_t row = begin; row < end; row++) {
    const atr_real *x = j->x + row / (w->out[0] * w->out[1]) * w->in[0] * w->in[1] * w->in[2];
    int64_t o[3] = { row / w->out[1] % w->out[0], row % w->out[1], 0 };
    for (; o[2] < w->out[2]; o[2]++) j->to[row * w->out[2] + o[2]] = window_norm(j, x, o);
  }
}

atr_status ATR_HOST(lp_pool)(const atr__call *call) {
  const atr__pool_window *w = &((const atr__lp_pool_params *)call->params)->window;
  job j = { .p = call->params, .x = ATR_IN(call, 0), .to = ATR_OUT(call, 0) };
  atr__pool_for(call->pool, w->planes * w->out[0] * w->out[1], 4096 / w->out[2] + 1, forward_rows, &j);
  return ATR_OK;
}

/* Whether the window at o along dimension k has a tap at `at`, over which it reaches. */
static int has_tap(const atr__pool_window *w, int k, int64_t o, int64_t at) {
  return (at + w->pad[k] - o * w->stride[k]) % w->dilation[k] == 0;
}

/* The sum over windows of dy · (v / y)^(p - 1), for v = |x| at `at` of a plane whose outputs start at
 * `plane`. */
static atr_real slope(const job *j, int64_t plane, const int64_t at[3], atr_real v) {
  const atr__pool_window *w = &j->p->window;
  int64_t first[3], last[3];
  for (int k = 0; k < 3; k++) atr__pool_window_over(w, k, at[k], &first[k], &last[k]);
  atr_real sum = 0;
  for (int64_t od = first[0]; od <= last[0]; od++)
    for (int64_t oh = first[1]; oh <= last[1]; oh++)
      for (int64_t ow = first[2]; ow <= last[2]; ow++) {
        const int64_t o = plane + (od * w->out[1] + oh) * w->out[2] + ow;
        if (has_tap(w, 0, od, at[0]) && has_tap(w, 1, oh, at[1]) && has_tap(w, 2, ow, at[2]) &&
            (j->y[o] > 0 || j->y[o] != j->y[o]))
          sum += j->dy[o] * power(v / j->y[o], j->p->p - 1);
      }
  return sum;
}

static void grad_rows(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__pool_window *w = &j->p->window;
  for (int64_t row = begin; row < end; row++) {
    const int64_t plane = row / (w->in[0] * w->in[1]) * w->out[0] * w->out[1] * w->out[2];
    int64_t at[3] = { row / w->in[1] % w->in[0], row % w->in[1], 0 };
    for (; at[2] < w->in[2]; at[2]++) {
      const int64_t i = row * w->in[2] + at[2];
      const atr_real x = j->x[i];
      j->to[i] = x > 0 ? slope(j, plane, at, x) : x < 0 ? -slope(j, plane, at, -x) : x;
    }
  }
}

atr_status ATR_HOST(lp_pool_grad)(const atr__call *call) {
  const atr__pool_window *w = &((const atr__lp_pool_params *)call->params)->window;
  job j = { .p = call->params,
            .dy = ATR_IN(call, 0),
            .x = ATR_IN(call, 1),
            .y = ATR_IN(call, 2),
            .to = ATR_OUT(call, 0) };
  atr__pool_for(call->pool, w->planes * w->in[0] * w->in[1], 4096 / w->in[2] + 1, grad_rows, &j);
  return ATR_OK;
}
