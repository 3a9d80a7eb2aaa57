/* trilu.cl: triangles and diagonals of matrices. Macro WORD: the type of a word (uchar, ushort, int, long).
 * trilu_fwd_baseline: count, x, k (one long, may be absent), y, rows, columns, upper. One item an element.
 * eye_like_fwd_baseline: count, y, columns, k, low bits, high bits of 1. One item an element. */
#ifndef WORD
#error "trilu.cl needs WORD"
#endif

ATR_ITEM_KERNEL(ATR_FN(trilu_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int rows = a[7], columns = a[8];
  const long k = ATR_ABSENT(3) ? 0L : *(__global const long *)ATR_PTR(3);
  const long beyond = (long)(i % columns) - i / columns % rows;
  const int taken = a[9] ? beyond >= k : beyond <= k;
  ((__global WORD *)ATR_PTR(5))[i] = taken ? ((__global const WORD *)ATR_PTR(1))[i] : (WORD)0;
}

ATR_ITEM_KERNEL(ATR_FN(eye_like_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const WORD one = (WORD)((ulong)(uint)a[5] | (ulong)(uint)a[6] << 32);
  ((__global WORD *)ATR_PTR(1))[i] = (long)(i % a[3]) - i / a[3] == a[4] ? one : (WORD)0;
}
