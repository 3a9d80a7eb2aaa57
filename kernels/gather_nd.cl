/* gather_nd.cl: slices that index tuples name. Macros: WORD (uchar, int, long), INDEX (int, long).
 * gather_nd_fwd_baseline: count, x, indices, y, dimensions in an index, indices a batch, elements of a slice, stride of a
 *   batch in x, then extent and stride in x of each dimension. One item an element of y; an index outside sets the run's
 *   status and reads the first slice. */
#if !defined(WORD) || !defined(INDEX)
#error "gather_nd.cl needs WORD and INDEX"
#endif

ATR_ITEM_KERNEL(ATR_FN(gather_nd_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int depth = a[7], inner = a[9], tuple = i / inner;
  __global const INDEX *index = (__global const INDEX *)ATR_PTR(3) + tuple * depth;
  int from = tuple / a[8] * a[10] + i % inner;
  for (int d = 0; d < depth; d++) {
    const int extent = a[11 + 2 * d];
    const INDEX given = index[d];
    if (given < -extent || given >= extent)
      ATR_SET_STATUS(1);
    else
      from += (given < 0 ? (int)given + extent : (int)given) * a[12 + 2 * d];
  }
  ((__global WORD *)ATR_PTR(5))[i] = ((__global const WORD *)ATR_PTR(1))[from];
}
