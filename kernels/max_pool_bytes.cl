/* max_pool_bytes.cl: MaxPool of 8-bit integers over [n·c][d][h][w]. Macros: MAX_POOL_T (char or uchar), MAX_POOL_LOW
 * (its least value, of a window that holds nothing).
 * max_pool_fwd_baseline: words 0-21 as in max_pool.cl, 22 x, 24 y, 26 indices (may be absent). One item an element; of
 * equal elements the first. */
#if !defined(MAX_POOL_T) || !defined(MAX_POOL_LOW)
#error "max_pool_bytes.cl needs MAX_POOL_T and MAX_POOL_LOW"
#endif
#include "pool.clh"

ATR_ITEM_KERNEL(ATR_FN(max_pool_fwd_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM;
  if (at >= a[0]) return;
  const int ow = at % a[6], row = at / a[6], oh = row % a[5], deep = row / a[5], od = deep % a[4];
  const int plane = deep / a[4], base = plane * (a[1] * a[2] * a[3]);
  ATR_POOL_TAPS(0, od, start_d, first_d, end_d)
  ATR_POOL_TAPS(1, oh, start_h, first_h, end_h)
  ATR_POOL_TAPS(2, ow, start_w, first_w, end_w)
  __global const MAX_POOL_T *x = (__global const MAX_POOL_T *)ATR_PTR(22) + base;
  int best = MAX_POOL_LOW, none = 1;
  long chosen = 0;
  for (int i = first_d; i < end_d; i++)
    for (int j = first_h; j < end_h; j++)
      for (int k = first_w; k < end_w; k++) {
        const int at_d = start_d + i * a[13], at_h = start_h + j * a[14], at_w = start_w + k * a[15];
        const int v = x[(at_d * a[2] + at_h) * a[3] + at_w];
        if (none || v > best) {
          best = v;
          chosen = (long)at_d * a[19] + (long)at_h * a[20] + (long)at_w * a[21];
        }
        none = 0;
      }
  ((__global MAX_POOL_T *)ATR_PTR(24))[at] = (MAX_POOL_T)best;
  if (!ATR_ABSENT(26)) ((__global long *)ATR_PTR(26))[at] = base + chosen;
}
#undef MAX_POOL_T
#undef MAX_POOL_LOW
