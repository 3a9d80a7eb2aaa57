/* gather_elements.cl: elements chosen along an axis by an index each. Macros: WORD (uchar, int, long), INDEX (int, long).
 * gather_elements_fwd_baseline: x, indices, y, extent of the axis, its stride in x, count, a walk over the indices of (x).
 *   One item an element of y; an index outside sets the run's status and reads the first element. */
#if !defined(WORD) || !defined(INDEX)
#error "gather_elements.cl needs WORD and INDEX"
#endif

ATR_ITEM_KERNEL(ATR_FN(gather_elements_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[8]) return;
  const int extent = a[6];
  int from[1];
  ATR_WALK(9, 1, i, from);
  const INDEX given = ((__global const INDEX *)ATR_PTR(2))[i];
  int at = 0; /* in 32 bits: one driver loses the sign of an int made long */
  if (given < -extent || given >= extent)
    ATR_SET_STATUS(1);
  else
    at = given < 0 ? (int)given + extent : (int)given;
  ((__global WORD *)ATR_PTR(4))[i] = ((__global const WORD *)ATR_PTR(0))[from[0] + at * a[7]];
}
