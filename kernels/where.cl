/* where.cl: one of two operands by a condition, all broadcast. Macro WORD: the type of a word (uchar, int, long).
 * where_fwd_baseline: condition, x, y, z, count, walk (condition, x, y). One item an element of z. */
#ifndef WORD
#error "where.cl needs WORD"
#endif

ATR_KERNEL(ATR_FN(where_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[8]) return;
  int at[3];
  ATR_WALK(9, 3, i, at);
  const int first = ((__global const uchar *)ATR_PTR(0))[at[0]] != 0;
  ((__global WORD *)ATR_PTR(6))[i] =
      first ? ((__global const WORD *)ATR_PTR(2))[at[1]] : ((__global const WORD *)ATR_PTR(4))[at[2]];
}
