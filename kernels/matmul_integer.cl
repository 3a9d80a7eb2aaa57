/* matmul_integer.cl: products of matrices of 8-bit integers. Macros: MATMUL_A, MATMUL_B, MATMUL_Y (types), MATMUL_SCALED
 * (1: y is 8-bit too, 0: the sum itself).
 * matmul_integer_fwd_baseline: 0 count, 1 a, 3 b, 5 y, 7 inner dimension, 8 step of b along it, 9 zero points of a, 11 of b
 * (both may be absent), 13 scales of a, 15 of b, 17 whether they vary, 18 (b's), 19 scale of y, 21 its zero point, 23
 * least, 24 greatest, 25 walk (a, b, what belongs to a's row, to b's column). One item an element; sums wrap, so they are
 * unsigned. */
#if !defined(MATMUL_A) || !defined(MATMUL_B) || !defined(MATMUL_Y) || !defined(MATMUL_SCALED)
#error "matmul_integer.cl needs MATMUL_A, MATMUL_B, MATMUL_Y and MATMUL_SCALED"
#endif
#include "quantize.clh"

ATR_ITEM_KERNEL(ATR_FN(matmul_integer_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  int at[4];
  ATR_WALK(25, 4, i, at);
  __global const MATMUL_A *left = (__global const MATMUL_A *)ATR_PTR(1) + at[0];
  __global const MATMUL_B *right = (__global const MATMUL_B *)ATR_PTR(3) + at[1];
  const int left_zero = ATR_ABSENT(9) ? 0 : ((__global const MATMUL_A *)ATR_PTR(9))[at[2]];
  const int right_zero = ATR_ABSENT(11) ? 0 : ((__global const MATMUL_B *)ATR_PTR(11))[at[3]];
  uint sum = 0;
  for (int k = 0; k < a[7]; k++) sum += (uint)(((int)left[k] - left_zero) * ((int)right[k * a[8]] - right_zero));
  __global MATMUL_Y *y = (__global MATMUL_Y *)ATR_PTR(5);
#if MATMUL_SCALED
  const float scale = ATR_PTR(13)[a[17] ? at[2] : 0] * ATR_PTR(15)[a[18] ? at[3] : 0];
  const int zero = ((__global const MATMUL_Y *)ATR_PTR(21))[0];
  y[i] = (MATMUL_Y)atr_quantize((float)as_int(sum) * atr_quantize_divide(scale, ATR_PTR(19)[0]), zero, a[23], a[24]);
#else
  y[i] = as_int(sum);
#endif
}
#undef MATMUL_A
#undef MATMUL_B
#undef MATMUL_Y
#undef MATMUL_SCALED
