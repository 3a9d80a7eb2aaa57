/* dropout.cl: Dropout and its gradient. No macros.
 * dropout_fwd_f32_baseline: one item four elements, those of one block of random words. Words: 0 count, 1 training,
 *   2 threshold, 3 scale, 4 and 5 key, 6 x, 8 step (two ints, may be absent), 10 y, 12 mask (bytes, may be absent).
 * dropout_bwd_x_f32_baseline: one item an element. Words: 0 count, 1 scale, 2 dy, 4 mask, 6 dx. */
#include "random.clh"

ATR_KERNEL(ATR_FN(dropout_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int block = ATR_ITEM, first = block * 4;
  if (block >= (a[0] + 3) / 4) return;
  __global const float *x = ATR_PTR(6);
  __global const int *count_up = (__global const int *)ATR_PTR(8);
  __global float *y = ATR_PTR(10);
  __global uchar *mask = (__global uchar *)ATR_PTR(12);
  const int stepped = !ATR_ABSENT(8), masked = !ATR_ABSENT(12);
  uint words[4] = { 0, 0, 0, 0 };
  if (a[1]) {
    const uint4 word = atr_philox((uint2)((uint)a[4], (uint)a[5]),
                                  (uint4)((uint)block, 0u, stepped ? (uint)count_up[0] : 0u,
                                          stepped ? (uint)count_up[1] : 0u));
    words[0] = word.x;
    words[1] = word.y;
    words[2] = word.z;
    words[3] = word.w;
  }
  for (int k = 0; k < 4 && first + k < a[0]; k++) {
    const int keep = !a[1] || words[k] >> 8 >= (uint)a[2];
    y[first + k] = !a[1] ? x[first + k] : keep ? x[first + k] * ATR_FLOAT(3) : 0.0f;
    if (masked) mask[first + k] = (uchar)keep;
  }
}

ATR_KERNEL(ATR_FN(dropout_bwd_x_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  ATR_PTR(6)[i] = ((__global const uchar *)ATR_PTR(4))[i] ? ATR_PTR(2)[i] * ATR_FLOAT(1) : 0.0f;
}
