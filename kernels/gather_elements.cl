/* gather_elements.cl: elements chosen along an axis by an index each. Macros: WORD (uchar, int, long), INDEX (int, long).
 * gather_elements_fwd_baseline: x, indices, y, extent of the axis, its stride in x, count, a walk over the indices of (x).
 *   One item an element of y; an index outside sets the run's status and reads the nearest element. */
#if !defined(WORD) || !defined(INDEX)
#error "gather_elements.cl needs WORD and INDEX"
#endif

ATR_KERNEL(ATR_FN(gather_elements_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[8]) return;
  const int extent = a[6];
  int from[1];
  ATR_WALK(9, 1, i, from);
  long at = ((__global const INDEX *)ATR_PTR(2))[i];
  if (at < -extent || at >= extent) ATR_SET_STATUS(1);
  if (at < 0) at += extent;
  at = clamp(at, 0L, (long)extent - 1);
  ((__global WORD *)ATR_PTR(4))[i] = ((__global const WORD *)ATR_PTR(0))[from[0] + (int)at * a[7]];
}
