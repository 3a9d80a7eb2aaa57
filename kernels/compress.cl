/* compress.cl: slices for which a condition holds. Macro: WORD (uchar, int, long).
 * compress_fwd_baseline: count, x, condition (uchar), y, extent of the axis, slices that stay, inner, length of the
 *   condition. One item a column. */
#ifndef WORD
#error "compress.cl needs WORD"
#endif

ATR_ITEM_KERNEL(ATR_FN(compress_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int inner = a[9], outer = i / inner, own = i % inner;
  __global const uchar *condition = (__global const uchar *)ATR_PTR(3);
  __global const WORD *x = (__global const WORD *)ATR_PTR(1) + outer * a[7] * inner + own;
  __global WORD *y = (__global WORD *)ATR_PTR(5) + outer * a[8] * inner + own;
  for (int k = 0, to = 0; k < a[10] && to < a[8]; k++)
    if (condition[k]) y[to++ * inner] = x[k * inner];
}
