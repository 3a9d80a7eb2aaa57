/* gather.cl: slices of an axis chosen by indices. Macros: WORD (uchar, ushort, int, long), INDEX (int, long).
 * gather_fwd_baseline: count, x, indices, y, extent of the axis, number of indices, inner. One item an element of y; an
 *   index outside sets the run's status and reads the first slice.
 * gather_bwd_f32_baseline: the same with dy for x and dx for y. One item an element of dx: it adds what was read from it
 *   in the order of the indices. */
#if !defined(WORD) || !defined(INDEX)
#error "gather.cl needs WORD and INDEX"
#endif

ATR_ITEM_KERNEL(ATR_FN(gather_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int extent = a[7], n = a[8], inner = a[9];
  const INDEX given = ((__global const INDEX *)ATR_PTR(3))[i / inner % n];
  int at = 0; /* in 32 bits: one driver loses the sign of an int made long */
  if (given < -extent || given >= extent)
    ATR_SET_STATUS(1);
  else
    at = given < 0 ? (int)given + extent : (int)given;
  ((__global WORD *)ATR_PTR(5))[i] =
      ((__global const WORD *)ATR_PTR(1))[(i / (inner * n) * extent + at) * inner + i % inner];
}

ATR_ITEM_KERNEL(ATR_FN(gather_bwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int extent = a[7], n = a[8], inner = a[9], own = i / inner % extent;
  __global const INDEX *index = (__global const INDEX *)ATR_PTR(3);
  __global const float *dy = ATR_PTR(1) + i / (inner * extent) * n * inner + i % inner;
  float sum = 0.0f;
  for (int k = 0; k < n; k++) {
    const INDEX at = index[k];
    if (at < -extent || at >= extent)
      ATR_SET_STATUS(1);
    else if ((at < 0 ? (int)at + extent : (int)at) == own)
      sum += dy[k * inner];
  }
  ATR_PTR(5)[i] = sum;
}
