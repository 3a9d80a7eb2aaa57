/* quantize_dynamic.cl: numbers as 8-bit integers whose scale follows from the numbers. No macros.
 * quantize_range_f32: parts, count, elements of a part, x, ranges (pairs: least, greatest, 0 among them). One item a
 *   part.
 * quantize_scale_f32: parts, ranges, where behind them scale and zero point are written, scale, zero point (both may be
 *   absent). One item.
 * quantize_dynamic_f32: count, x, ranges, where scale and zero point are, y. One item an element. */
#include "quantize.clh"

ATR_ITEM_KERNEL(ATR_FN(quantize_range_f32)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int end = min(a[1], (i + 1) * a[2]);
  float low = 0.0f, high = 0.0f;
  for (int k = i * a[2]; k < end; k++) {
    const float x = ATR_PTR(3)[k];
    low = x < low ? x : low;
    high = x > high ? x : high;
  }
  ATR_PTR(5)[2 * i] = low;
  ATR_PTR(5)[2 * i + 1] = high;
}

ATR_ITEM_KERNEL(ATR_FN(quantize_scale_f32)) {
  ATR_BEGIN;
  if (ATR_ITEM) return;
  float low = 0.0f, high = 0.0f;
  for (int k = 0; k < a[0]; k++) {
    low = min(low, ATR_PTR(1)[2 * k]);
    high = max(high, ATR_PTR(1)[2 * k + 1]);
  }
  const float scale = high > low ? atr_quantize_divide(high - low, 255.0f) : 1.0f;
  const int zero = atr_quantize(atr_quantize_divide(-low, scale), 0, 0, 255);
  ATR_PTR(1)[a[3]] = scale;
  ATR_PTR(1)[a[3] + 1] = (float)zero;
  if (!ATR_ABSENT(4)) ATR_PTR(4)[0] = scale;
  if (!ATR_ABSENT(6)) ((__global uchar *)ATR_PTR(6))[0] = (uchar)zero;
}

ATR_ITEM_KERNEL(ATR_FN(quantize_dynamic_f32)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const float scale = ATR_PTR(3)[a[5]];
  const int zero = (int)ATR_PTR(3)[a[5] + 1];
  ((__global uchar *)ATR_PTR(6))[i] = (uchar)atr_quantize(atr_quantize_divide(ATR_PTR(1)[i], scale), zero, 0, 255);
}
