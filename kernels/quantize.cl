/* quantize.cl: numbers as integers and back. Macros: QUANTIZE_X, QUANTIZE_Y (types), QUANTIZE_BACK (1: from integers).
 * quantize_fwd_baseline: count, x, scales, zero points (may be absent), y, extent of the axis, elements within, block,
 * strides of the scales (outer, axis, inner), least, greatest. One item an element. */
#if !defined(QUANTIZE_X) || !defined(QUANTIZE_Y) || !defined(QUANTIZE_BACK)
#error "quantize.cl needs QUANTIZE_X, QUANTIZE_Y and QUANTIZE_BACK"
#endif
#include "quantize.clh"

ATR_ITEM_KERNEL(ATR_FN(quantize_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int inner = a[10], rest = i / inner;
  const int at = rest / a[9] * a[12] + rest % a[9] / a[11] * a[13] + i % inner * a[14];
  const QUANTIZE_X x = ((__global const QUANTIZE_X *)ATR_PTR(1))[i];
  const float scale = ATR_PTR(3)[at];
#if QUANTIZE_BACK
  const long zero = ATR_ABSENT(5) ? 0 : ((__global const QUANTIZE_X *)ATR_PTR(5))[at];
  ATR_PTR(7)[i] = (float)((long)x - zero) * scale;
#else
  const int zero = ATR_ABSENT(5) ? 0 : ((__global const QUANTIZE_Y *)ATR_PTR(5))[at];
  ((__global QUANTIZE_Y *)ATR_PTR(7))[i] =
      (QUANTIZE_Y)atr_quantize(atr_quantize_divide((float)x, scale), zero, a[15], a[16]);
#endif
}
#undef QUANTIZE_X
#undef QUANTIZE_Y
#undef QUANTIZE_BACK
