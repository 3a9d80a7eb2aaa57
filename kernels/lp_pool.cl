/* lp_pool.cl: pooling by p-norms and its gradient over [n·c][d][h][w]. One item an element of the output (forward) or of
 * the input (gradient). Words: 0 count; 1-18 pool.clh; 19 p, 20 1/p; then tensors: 21 x, 23 y or 21 dy, 23 x, 25 y,
 * 27 dx. No macros. */
#include "pool.clh"

ATR_ITEM_KERNEL(ATR_FN(lp_pool_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM, p = a[19];
  if (at >= a[0]) return;
  const int ow = at % a[6], row = at / a[6], oh = row % a[5], deep = row / a[5], od = deep % a[4];
  __global const float *x = ATR_PTR(21) + (size_t)(deep / a[4]) * (a[1] * a[2] * a[3]);
  ATR_POOL_TAPS(0, od, start_d, first_d, end_d)
  ATR_POOL_TAPS(1, oh, start_h, first_h, end_h)
  ATR_POOL_TAPS(2, ow, start_w, first_w, end_w)
  float sum = 0.0f;
  for (int i = first_d; i < end_d; i++)
    for (int j = first_h; j < end_h; j++) {
      __global const float *line = x + ((start_d + i * a[13]) * a[2] + start_h + j * a[14]) * a[3] + start_w;
      float part = 0.0f;
      for (int k = first_w; k < end_w; k++) {
        const float v = fabs(line[k * a[15]]);
        part += p == 1 ? v : p == 2 ? v * v : pown(v, p);
      }
      sum += part;
    }
  ATR_PTR(23)[at] = p == 1 ? sum : p == 2 ? sqrt(sum) : pow(sum, ATR_FLOAT(20));
}

ATR_ITEM_KERNEL(ATR_FN(lp_pool_bwd_x_f32_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM, p = a[19];
  if (at >= a[0]) return;
  const int at_w = at % a[3], row = at / a[3], at_h = row % a[2], deep = row / a[2], at_d = deep % a[1];
  const size_t plane = (size_t)(deep / a[1]) * (a[4] * a[5] * a[6]);
  __global const float *dy = ATR_PTR(21) + plane, *y = ATR_PTR(25) + plane;
  const float x = ATR_PTR(23)[at], v = fabs(x);
  ATR_POOL_WINDOWS(0, at_d, first_d, last_d)
  ATR_POOL_WINDOWS(1, at_h, first_h, last_h)
  ATR_POOL_WINDOWS(2, at_w, first_w, last_w)
  float sum = 0.0f;
  for (int od = first_d; od <= last_d; od++)
    for (int oh = first_h; oh <= last_h; oh++)
      for (int ow = first_w; ow <= last_w; ow++) {
        const int off = (at_d + a[16] - od * a[10]) % a[13] | (at_h + a[17] - oh * a[11]) % a[14] |
                        (at_w + a[18] - ow * a[12]) % a[15];
        const int o = (od * a[5] + oh) * a[6] + ow;
        if (off || y[o] == 0.0f) continue;
        const float share = v / y[o];
        sum += dy[o] * (p == 1 ? 1.0f : p == 2 ? share : pown(share, p - 1));
      }
  ATR_PTR(27)[at] = x > 0.0f ? sum : x < 0.0f ? -sum : x == 0.0f ? 0.0f : x;
}
