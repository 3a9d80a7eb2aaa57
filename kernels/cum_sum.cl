/* cum_sum.cl: sums along an axis. Macro TYPE (float or an integer).
 * cum_sum_fwd_baseline: lines, x, y, extent, inner, exclusive, reverse. One item a line. */
#ifndef TYPE
#error "cum_sum.cl needs TYPE"
#endif

ATR_ITEM_KERNEL(ATR_FN(cum_sum_fwd_baseline)) {
  ATR_BEGIN;
  const int line = ATR_ITEM, extent = a[5], inner = a[6];
  if (line >= a[0]) return;
  const int first = line / inner * extent * inner + line % inner;
  __global const TYPE *x = (__global const TYPE *)ATR_PTR(1) + first;
  __global TYPE *y = (__global TYPE *)ATR_PTR(3) + first;
  TYPE sum = 0;
  for (int t = 0; t < extent; t++) {
    const int at = (a[8] ? extent - 1 - t : t) * inner;
    const TYPE before = sum;
    sum += x[at];
    y[at] = a[7] ? before : sum;
  }
}
