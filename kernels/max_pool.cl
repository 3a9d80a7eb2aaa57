/* max_pool.cl: MaxPool and its gradient over [n·c][d][h][w]. One item an element of the output (forward) or of the
 * input (gradient). Words: 0 count; 1-3 input d h w, 4-6 output, 7-9 filter, 10-12 stride, 13-15 dilation,
 * 16-18 padding in front, 19-21 index steps; then tensors: x, y[, indices] or dy, indices, dx. No macros.
 *
 * Indices are long, over the whole tensor. NaN wins; of equal elements the first. */

/* The window at the output element: first tap inside the input, one past the last, position of tap 0. */
#define ATR_POOL_TAPS(k, o, start, first, end)                                                                    \
  const int start = (o) * a[10 + (k)] - a[16 + (k)];                                                              \
  const int first = start < 0 ? (a[13 + (k)] - 1 - start) / a[13 + (k)] : 0;                                      \
  const int end = min(a[7 + (k)], (a[1 + (k)] - 1 - start) / a[13 + (k)] + 1);

#define ATR_MAX_POOL(name, keep, store)                                                                           \
  ATR_KERNEL(ATR_FN(name)) {                                                                                      \
    ATR_BEGIN;                                                                                                    \
    const int at = ATR_ITEM;                                                                                      \
    if (at >= a[0]) return;                                                                                       \
    const int ow = at % a[6], row = at / a[6], oh = row % a[5], deep = row / a[5], od = deep % a[4];              \
    const int plane = deep / a[4], base = plane * (a[1] * a[2] * a[3]);                                           \
    ATR_POOL_TAPS(0, od, start_d, first_d, end_d)                                                                 \
    ATR_POOL_TAPS(1, oh, start_h, first_h, end_h)                                                                 \
    ATR_POOL_TAPS(2, ow, start_w, first_w, end_w)                                                                 \
    __global const float *x = ATR_PTR(22) + base;                                                                 \
    float best = -INFINITY;                                                                                       \
    int chosen_d = start_d + first_d * a[13], chosen_h = start_h + first_h * a[14],                               \
        chosen_w = start_w + first_w * a[15];                                                                     \
    for (int i = first_d; i < end_d; i++)                                                                         \
      for (int j = first_h; j < end_h; j++)                                                                       \
        for (int k = first_w; k < end_w; k++) {                                                                   \
          const int at_d = start_d + i * a[13], at_h = start_h + j * a[14], at_w = start_w + k * a[15];           \
          const float v = x[(at_d * a[2] + at_h) * a[3] + at_w];                                                  \
          if (v > best || v != v) {                                                                               \
            best = v;                                                                                             \
            keep;                                                                                                 \
          }                                                                                                       \
        }                                                                                                         \
    ATR_PTR(24)[at] = best;                                                                                       \
    store;                                                                                                        \
  }

ATR_MAX_POOL(max_pool_fwd_f32_baseline, , )
ATR_MAX_POOL(max_pool_fwd_f32_baseline_indices, (chosen_d = at_d, chosen_h = at_h, chosen_w = at_w),
             ((__global long *)ATR_PTR(26))[at] =
                 (long)base + chosen_d * a[19] + chosen_h * a[20] + chosen_w * a[21])

/* The window position whose tap is at input position `at`; negative: none. */
#define ATR_POOL_POSITION(k, at, tap, o)                                                                          \
  const int start_##o = (at) + a[16 + (k)] - (tap) * a[13 + (k)];                                                 \
  const int o = start_##o < 0 || start_##o % a[10 + (k)] || start_##o / a[10 + (k)] >= a[4 + (k)]                 \
                    ? -1                                                                                          \
                    : start_##o / a[10 + (k)];

ATR_KERNEL(ATR_FN(max_pool_bwd_x_f32_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM;
  if (at >= a[0]) return;
  const int at_w = at % a[3], row = at / a[3], at_h = row % a[2], deep = row / a[2], at_d = deep % a[1];
  const int plane = deep / a[1], base = plane * (a[4] * a[5] * a[6]);
  const long mine = (long)plane * (a[1] * a[2] * a[3]) + at_d * a[19] + at_h * a[20] + at_w * a[21];
  __global const float *dy = ATR_PTR(22) + base;
  __global const long *chosen = (__global const long *)ATR_PTR(24) + base;
  float sum = 0.0f;
  for (int i = a[7] - 1; i >= 0; i--) { /* descending taps: ascending windows */
    ATR_POOL_POSITION(0, at_d, i, od)
    if (od < 0) continue;
    for (int j = a[8] - 1; j >= 0; j--) {
      ATR_POOL_POSITION(1, at_h, j, oh)
      if (oh < 0) continue;
      for (int k = a[9] - 1; k >= 0; k--) {
        ATR_POOL_POSITION(2, at_w, k, ow)
        if (ow < 0) continue;
        const int o = (od * a[5] + oh) * a[6] + ow;
        if (chosen[o] == mine) sum += dy[o];
      }
    }
  }
  ATR_PTR(26)[at] = sum;
}
#undef ATR_POOL_TAPS
#undef ATR_MAX_POOL
#undef ATR_POOL_POSITION
