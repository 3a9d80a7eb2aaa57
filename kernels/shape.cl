/* shape.cl: numbers known when the plan is made, written to a tensor.
 * shape_fwd_i64_baseline: count, y, the numbers. One item a number. No macros. */
ATR_ITEM_KERNEL(ATR_FN(shape_fwd_i64_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  ((__global long *)ATR_PTR(1))[i] = a[3 + i];
}
