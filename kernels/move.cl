/* move.cl: copies between strided places, and filling. Macro WORD: the type of a word (uchar, ushort, int, long).
 * move_fwd_baseline: to, from, count, walk (to, from). One item an element.
 * move_fwd_rows: to, from, rows and walk (to, from). A work-group of one item takes runs of the innermost dimension.
 * move_fill_baseline: to, count, low bits, high bits. One item an element.
 * move_fill_chunks: the same and the elements of a group. A work-group of one item takes that many. */
#ifndef WORD
#error "move.cl needs WORD"
#endif

ATR_ITEM_KERNEL(ATR_FN(move_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[4]) return;
  int at[2];
  ATR_WALK(5, 2, i, at);
  ((__global WORD *)ATR_PTR(0))[at[0]] = ((__global const WORD *)ATR_PTR(2))[at[1]];
}

ATR_TILE_KERNEL(ATR_FN(move_fwd_rows)) {
  ATR_BEGIN;
  ATR_ROWS_BEGIN(4, 2, at)
    __global WORD *to = (__global WORD *)ATR_PTR(0) + at[0];
    __global const WORD *from = (__global const WORD *)ATR_PTR(2) + at[1];
    const int ts = ATR_ROWS_STRIDE(4, 0), fs = ATR_ROWS_STRIDE(4, 1);
    if (ts == 1 && fs == 1)
      for (int k = 0; k < atr_n; k++) to[k] = from[k];
    else
      for (int k = 0; k < atr_n; k++) to[k * ts] = from[k * fs];
  ATR_ROWS_END
}

ATR_ITEM_KERNEL(ATR_FN(move_fill_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[2]) return;
  ((__global WORD *)ATR_PTR(0))[i] = (WORD)((ulong)(uint)a[3] | (ulong)(uint)a[4] << 32);
}

ATR_TILE_KERNEL(ATR_FN(move_fill_chunks)) {
  ATR_BEGIN;
  const int from = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1)) * a[5], to = min(from + a[5], a[2]);
  const WORD value = (WORD)((ulong)(uint)a[3] | (ulong)(uint)a[4] << 32);
  __global WORD *out = (__global WORD *)ATR_PTR(0);
  for (int i = from; i < to; i++) out[i] = value;
}
