/* grid_sample_host.c: GridSample and GridSampleGrad on the host. A gradient adds up a grid's points in their
 * order. */
#include "op/grid_sample.h"
#include "op/host.h"

/* What a point reads along an axis: positions (-1: zero), weights, and their slopes against the grid's
 * coordinate. */
typedef struct {
  int n;
  int64_t at[4];
  atr_real w[4], slope[4];
} taps;

/* x between low and high, reflected at both as often as needed; *sign: of its slope. */
static atr_real reflect(atr_real x, atr_real low, atr_real high, atr_real *sign) {
  const atr_real range = high - low, beyond = x < low ? low - x : x - high;
  *sign = 1;
  if (beyond <= 0) return x;
  *sign = 0;
  if (range <= 0) return low;
  const atr_real times = ATR_MATH(floor)(beyond / range), rest = beyond - times * range;
  const int even = ATR_MATH(fmod)(times, 2) < (atr_real)0.5;
  *sign = even ? -1 : 1;
  return (x < low) == even ? low + rest : high - rest;
}

static int64_t tap(const atr__grid_sample_params *p, int64_t at, int64_t size) {
  if (at >= 0 && at < size) return at;
  if (p->padding == ATR__GRID_ZEROS) return -1;
  if (p->padding == ATR__GRID_REFLECTION) {
    atr_real sign;
    const atr_real low = p->align ? 0 : (atr_real)-0.5;
    at = (int64_t)reflect((atr_real)at, low, (atr_real)(size - 1) - low, &sign);
  }
  return at < 0 ? 0 : at >= size ? size - 1 : at;
}

/* Keys' weights of the four neighbours for a place t behind the second of them, and their slopes. */
static void cubic(atr_real t, atr_real w[4], atr_real slope[4]) {
  const atr_real a = (atr_real)-0.75;
  for (int k = 0; k < 4; k++) {
    const atr_real u = k < 2 ? t + 1 - (atr_real)k : (atr_real)k - 1 - t, side = k < 2 ? 1 : -1;
    const int near = k == 1 || k == 2;
    w[k] = near ? ((a + 2) * u - (a + 3)) * u * u + 1 : ((a * u - 5 * a) * u + 8 * a) * u - 4 * a;
    slope[k] = side * (near ? (3 * (a + 2) * u - 2 * (a + 3)) * u : (3 * a * u - 10 * a) * u + 8 * a);
  }
}

static void taps_of(const atr__grid_sample_params *p, int axis, atr_real g, taps *t) {
  const atr_real size = (atr_real)p->in[axis], low = p->align ? 0 : (atr_real)-0.5, high = size - 1 - low;
  atr_real x = p->align ? (g + 1) / 2 * (size - 1) : ((g + 1) * size - 1) / 2;
  atr_real slope = p->align ? (size - 1) / 2 : size / 2, sign = 1;
  t->n = p->mode == ATR__GRID_NEAREST ? 1 : p->mode == ATR__GRID_LINEAR ? 2 : 4;
  if (p->mode == ATR__GRID_NEAREST) x = p->axes == 2 ? ATR_MATH(rint)(x) : ATR_MATH(round)(x);
  if (p->padding == ATR__GRID_BORDER && (x < low || x > high)) {
    x = x < 0 ? 0 : size - 1;
    sign = 0;
  } else if (p->padding == ATR__GRID_REFLECTION)
    x = reflect(x, low, high, &sign);
  slope *= sign;
  if (!(x > -4 && x < size + 4)) { /* far outside, or NaN */
    for (int k = 0; k < 4; k++) {
      t->at[k] = -1;
      t->w[k] = t->slope[k] = 0;
    }
    return;
  }
  const atr_real whole = ATR_MATH(floor)(x), rest = x - whole;
  const int64_t first = (int64_t)whole - (p->mode == ATR__GRID_CUBIC);
  for (int k = 0; k < t->n; k++) t->at[k] = tap(p, first + k, p->in[axis]);
  t->w[0] = 1;
  t->slope[0] = 0;
  if (p->mode == ATR__GRID_LINEAR) {
    t->w[0] = 1 - rest;
    t->w[1] = rest;
    t->slope[0] = -1;
    t->slope[1] = 1;
  } else if (p->mode == ATR__GRID_CUBIC)
    cubic(rest, t->w, t->slope);
  for (int k = 0; k < t->n; k++) t->slope[k] *= slope;
}

/* Of the three axes, for point `at` of the grid. The grid names the last axis first. */
static void point(const atr__grid_sample_params *p, const atr_real *grid, int64_t at, taps t[3]) {
  t[0] = (taps){ 1, { 0 }, { 1 }, { 0 } };
  for (int d = 0; d < p->axes; d++) taps_of(p, 2 - d, grid[at * p->axes + d], &t[2 - d]);
}

#define EACH_TAP(t)                                                                                          \
  for (int i = 0; i < t[0].n; i++)                                                                           \
    for (int j = 0; j < t[1].n; j++)                                                                         \
      for (int k = 0; k < t[2].n; k++)                                                                       \
        if (t[0].at[i] >= 0 && t[1].at[j] >= 0 && t[2].at[k] >= 0)
#define TAP(p, t) ((t[0].at[i] * p->in[1] + t[1].at[j]) * p->in[2] + t[2].at[k])

static void range(void *user, int64_t begin, int64_t end) {
  const atr__call *call = user;
  const atr__grid_sample_params *p = call->params;
  const int64_t plane = p->in[0] * p->in[1] * p->in[2];
  for (int64_t at = begin; at < end; at++) {
    taps t[3];
    point(p, ATR_IN(call, 1), at, t);
    for (int64_t c = 0; c < p->c; c++) {
      const int64_t own = at / p->points * p->c + c;
      const atr_real *x = ATR_IN(call, 0) + own * plane;
      atr_real sum = 0;
      EACH_TAP(t) sum += t[0].w[i] * t[1].w[j] * t[2].w[k] * x[TAP(p, t)];
      ATR_OUT(call, 0)[own * p->points + at % p->points] = sum;
    }
  }
}

atr_status ATR_HOST(grid_sample)(const atr__call *call) {
  const atr__grid_sample_params *p = call->params;
  if (call->out[0].count)
    atr__pool_for(call->pool, p->n * p->points, atr__max_i64(1, 1024 / p->c), range, (void *)(uintptr_t)call);
  return ATR_OK;
}

static void range_x(void *user, int64_t begin, int64_t end) {
  const atr__call *call = user;
  const atr__grid_sample_params *p = call->params;
  const int64_t plane = p->in[0] * p->in[1] * p->in[2];
  for (int64_t own = begin; own < end; own++) {
    atr_real *dx = ATR_OUT(call, 0) + own * plane;
    for (int64_t i = 0; i < plane; i++) dx[i] = 0;
    for (int64_t at = 0; at < p->points; at++) {
      const atr_real dy = ATR_IN(call, 0)[own * p->points + at];
      taps t[3];
      point(p, ATR_IN(call, 2), own / p->c * p->points + at, t);
      EACH_TAP(t) dx[TAP(p, t)] += t[0].w[i] * t[1].w[j] * t[2].w[k] * dy;
    }
  }
}

static void range_grid(void *user, int64_t begin, int64_t end) {
  const atr__call *call = user;
  const atr__grid_sample_params *p = call->params;
  const int64_t plane = p->in[0] * p->in[1] * p->in[2];
  for (int64_t at = begin; at < end; at++) {
    atr_real sum[3] = { 0, 0, 0 };
    taps t[3];
    point(p, ATR_IN(call, 2), at, t);
    for (int64_t c = 0; c < p->c; c++) {
      const int64_t own = at / p->points * p->c + c;
      const atr_real *x = ATR_IN(call, 1) + own * plane,
                     dy = ATR_IN(call, 0)[own * p->points + at % p->points];
      EACH_TAP(t) {
        const atr_real v = dy * x[TAP(p, t)];
        sum[0] += t[0].slope[i] * t[1].w[j] * t[2].w[k] * v;
        sum[1] += t[0].w[i] * t[1].slope[j] * t[2].w[k] * v;
        sum[2] += t[0].w[i] * t[1].w[j] * t[2].slope[k] * v;
      }
    }
    for (int d = 0; d < p->axes; d++) ATR_OUT(call, 1)[at * p->axes + d] = sum[2 - d];
  }
}

atr_status ATR_HOST(grid_sample_grad)(const atr__call *call) {
  const atr__grid_sample_params *p = call->params;
  void *user = (void *)(uintptr_t)call;
  if (call->out[0].data && call->out[0].count) atr__pool_for(call->pool, p->n * p->c, 1, range_x, user);
  if (call->n_out > 1 && call->out[1].data && call->out[1].count)
    atr__pool_for(call->pool, p->n * p->points, atr__max_i64(1, 1024 / atr__max_i64(1, p->c)), range_grid,
                  user);
  return ATR_OK;
}
