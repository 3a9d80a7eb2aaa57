/* grid_sample.cl: an image or volume read at the places of a grid. No macros. After three tensors follow: channels, points of
 * the grid a sample, three extents of x, axes (2, 3), mode (0 nearest, 1 linear, 2 cubic), padding (0 zeros, 1 border, 2
 * reflection), align.
 * grid_sample_fwd_f32_baseline: count, x, grid, y, those. One item an element of y.
 * grid_sample_bwd_x_f32_baseline: count, dy, grid, dx, those. One item a plane of dx: it adds the points in their order.
 * grid_sample_bwd_grid_f32_baseline: count, dy, grid, dgrid, those, x. One item a point: it adds the channels in their order. */

typedef struct {
  int n, at[4];
  float w[4], slope[4]; /* against the grid's coordinate */
} atr_grid_taps;

/* x between low and high, reflected at both as often as needed; *sign: of its slope. */
static float atr_grid_reflect(float x, float low, float high, float *sign) {
  const float range = high - low, beyond = x < low ? low - x : x - high;
  *sign = beyond <= 0.0f ? 1.0f : 0.0f;
  if (beyond <= 0.0f) return x;
  if (range <= 0.0f) return low;
  const float times = floor(beyond / range), rest = beyond - times * range;
  const int even = fmod(times, 2.0f) < 0.5f;
  *sign = even ? -1.0f : 1.0f;
  return (x < low) == even ? low + rest : high - rest;
}

static int atr_grid_tap(int at, int size, int padding, int align) {
  if (at >= 0 && at < size) return at;
  if (padding == 0) return -1;
  if (padding == 2) {
    float sign;
    const float low = align ? 0.0f : -0.5f;
    at = (int)atr_grid_reflect((float)at, low, (float)(size - 1) - low, &sign);
  }
  return clamp(at, 0, size - 1);
}

static void atr_grid_axis(__global const int *a, int axis, float g, atr_grid_taps *t) {
  const int mode = a[13], padding = a[14], align = a[15], extent = a[9 + axis];
  const float size = (float)extent, low = align ? 0.0f : -0.5f, high = size - 1.0f - low;
  float x = align ? (g + 1.0f) / 2.0f * (size - 1.0f) : ((g + 1.0f) * size - 1.0f) / 2.0f;
  float slope = align ? (size - 1.0f) / 2.0f : size / 2.0f, sign = 1.0f;
  t->n = mode == 0 ? 1 : mode == 1 ? 2 : 4;
  if (mode == 0) x = a[12] == 2 ? rint(x) : round(x);
  if (padding == 1 && (x < low || x > high)) {
    x = x < 0.0f ? 0.0f : size - 1.0f;
    sign = 0.0f;
  } else if (padding == 2)
    x = atr_grid_reflect(x, low, high, &sign);
  slope *= sign;
  for (int k = 0; k < 4; k++) {
    t->at[k] = -1;
    t->w[k] = t->slope[k] = 0.0f;
  }
  if (!(x > -4.0f && x < size + 4.0f)) return; /* far outside, or NaN */
  const float whole = floor(x), rest = x - whole;
  const int first = (int)whole - (mode == 2);
  for (int k = 0; k < t->n; k++) t->at[k] = atr_grid_tap(first + k, extent, padding, align);
  if (mode == 0)
    t->w[0] = 1.0f;
  else if (mode == 1) {
    t->w[0] = 1.0f - rest;
    t->w[1] = rest;
    t->slope[0] = -slope;
    t->slope[1] = slope;
  } else
    for (int k = 0; k < 4; k++) {
      const float c = -0.75f, u = k < 2 ? rest + 1.0f - (float)k : (float)k - 1.0f - rest;
      const float side = k < 2 ? slope : -slope;
      const int near = k == 1 || k == 2;
      t->w[k] = near ? ((c + 2.0f) * u - (c + 3.0f)) * u * u + 1.0f
                     : ((c * u - 5.0f * c) * u + 8.0f * c) * u - 4.0f * c;
      t->slope[k] = side * (near ? (3.0f * (c + 2.0f) * u - 2.0f * (c + 3.0f)) * u
                                 : (3.0f * c * u - 10.0f * c) * u + 8.0f * c);
    }
}

/* The grid names the last axis first. */
static void atr_grid_point(__global const int *a, __global const float *grid, int at, atr_grid_taps t[3]) {
  t[0].n = 1;
  t[0].at[0] = 0;
  t[0].w[0] = 1.0f;
  t[0].slope[0] = 0.0f;
  for (int d = 0; d < a[12]; d++) atr_grid_axis(a, 2 - d, grid[at * a[12] + d], &t[2 - d]);
}

#define ATR_GRID_EACH(t)                                                                                          \
  for (int i = 0; i < t[0].n; i++)                                                                                \
    for (int j = 0; j < t[1].n; j++)                                                                              \
      for (int k = 0; k < t[2].n; k++)                                                                            \
        if (t[0].at[i] >= 0 && t[1].at[j] >= 0 && t[2].at[k] >= 0)
#define ATR_GRID_AT(t) ((t[0].at[i] * a[10] + t[1].at[j]) * a[11] + t[2].at[k])

ATR_ITEM_KERNEL(ATR_FN(grid_sample_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int item = ATR_ITEM;
  if (item >= a[0]) return;
  const int plane = item / a[8];
  atr_grid_taps t[3];
  atr_grid_point(a, ATR_PTR(3), plane / a[7] * a[8] + item % a[8], t);
  __global const float *x = ATR_PTR(1) + plane * (a[9] * a[10] * a[11]);
  float sum = 0.0f;
  ATR_GRID_EACH(t) sum += t[0].w[i] * t[1].w[j] * t[2].w[k] * x[ATR_GRID_AT(t)];
  ATR_PTR(5)[item] = sum;
}

ATR_ITEM_KERNEL(ATR_FN(grid_sample_bwd_x_f32_baseline)) {
  ATR_BEGIN;
  const int plane = ATR_ITEM;
  if (plane >= a[0]) return;
  const int size = a[9] * a[10] * a[11];
  __global float *dx = ATR_PTR(5) + plane * size;
  __global const float *dy = ATR_PTR(1) + plane * a[8];
  for (int i = 0; i < size; i++) dx[i] = 0.0f;
  for (int at = 0; at < a[8]; at++) {
    atr_grid_taps t[3];
    atr_grid_point(a, ATR_PTR(3), plane / a[7] * a[8] + at, t);
    const float v = dy[at];
    ATR_GRID_EACH(t) dx[ATR_GRID_AT(t)] += t[0].w[i] * t[1].w[j] * t[2].w[k] * v;
  }
}

ATR_ITEM_KERNEL(ATR_FN(grid_sample_bwd_grid_f32_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM;
  if (at >= a[0]) return;
  const int size = a[9] * a[10] * a[11], batch = at / a[8];
  atr_grid_taps t[3];
  atr_grid_point(a, ATR_PTR(3), at, t);
  float sum[3] = { 0.0f, 0.0f, 0.0f };
  for (int c = 0; c < a[7]; c++) {
    const int plane = batch * a[7] + c;
    __global const float *x = ATR_PTR(16) + plane * size;
    const float dy = ATR_PTR(1)[plane * a[8] + at % a[8]];
    ATR_GRID_EACH(t) {
      const float v = dy * x[ATR_GRID_AT(t)];
      sum[0] += t[0].slope[i] * t[1].w[j] * t[2].w[k] * v;
      sum[1] += t[0].w[i] * t[1].slope[j] * t[2].w[k] * v;
      sum[2] += t[0].w[i] * t[1].w[j] * t[2].slope[k] * v;
    }
  }
  for (int d = 0; d < a[12]; d++) ATR_PTR(5)[at * a[12] + d] = sum[2 - d];
}
#undef ATR_GRID_EACH
#undef ATR_GRID_AT
