/* reverse_sequence.cl: the first steps of each sequence in reverse. Macro: WORD (uchar, int, long).
 * reverse_sequence_fwd_baseline: count, x, lengths (long), y, the axis of time (0 or 1), extents of axes 0 and 1, inner. One
 *   item an element of y; a length outside sets the run's status, and the sequence stays as it is. */
#ifndef WORD
#error "reverse_sequence.cl needs WORD"
#endif

ATR_ITEM_KERNEL(ATR_FN(reverse_sequence_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int time = a[7], inner = a[10], second = i / inner % a[9], first = i / inner / a[9];
  const int t = time ? second : first, step = time ? inner : a[9] * inner;
  const long length = ((__global const long *)ATR_PTR(3))[time ? first : second];
  int from = t;
  if (length < 0 || length > (time ? a[9] : a[8]))
    ATR_SET_STATUS(1);
  else if (t < length)
    from = (int)length - 1 - t;
  ((__global WORD *)ATR_PTR(5))[i] = ((__global const WORD *)ATR_PTR(1))[i + (from - t) * step];
}
