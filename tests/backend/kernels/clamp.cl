/* clamp.cl: for the tests of the backend. clamp_low, negate: count, x, y; max(x, 0) that keeps NaN, and -x. */
ATR_ITEM_KERNEL(ATR_FN(clamp_low)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const float x = ATR_PTR(1)[i];
  ATR_PTR(3)[i] = x < 0.0f ? 0.0f : x;
}
ATR_ITEM_KERNEL(ATR_FN(negate)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i < a[0]) ATR_PTR(3)[i] = -ATR_PTR(1)[i];
}
