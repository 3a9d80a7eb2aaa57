/* one_hot.cl: indices as an axis of zeros and ones. Macros: WORD (uchar, ushort, int, long), INDEX (float or an
 * integer; fractions are dropped).
 * one_hot_fwd_baseline: count, indices, values (off, on), y, depth, inner. One item an element. */
#if !defined(WORD) || !defined(INDEX)
#error "one_hot.cl needs WORD and INDEX"
#endif

ATR_ITEM_KERNEL(ATR_FN(one_hot_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM, depth = a[7], inner = a[8];
  if (i >= a[0]) return;
  const int d = i / inner % depth;
  const long index = (long)((__global const INDEX *)ATR_PTR(1))[i / (inner * depth) * inner + i % inner];
  const int on = index == d || (index < 0 && index + depth == d);
  ((__global WORD *)ATR_PTR(5))[i] = ((__global const WORD *)ATR_PTR(3))[on];
}
