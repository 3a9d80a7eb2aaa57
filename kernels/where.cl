/* where.cl: one of two operands by a condition, all broadcast. Macro WORD: the type of a word (uchar, ushort, int, long).
 * where_fwd_baseline: condition, x, y, z, count, walk (condition, x, y). One item an element of z.
 * where_fwd_rows: condition, x, y, z, rows and walk. A work-group of one item takes runs of the innermost dimension. */
#ifndef WORD
#error "where.cl needs WORD"
#endif

ATR_ITEM_KERNEL(ATR_FN(where_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[8]) return;
  int at[3];
  ATR_WALK(9, 3, i, at);
  const int first = ((__global const uchar *)ATR_PTR(0))[at[0]] != 0;
  ((__global WORD *)ATR_PTR(6))[i] =
      first ? ((__global const WORD *)ATR_PTR(2))[at[1]] : ((__global const WORD *)ATR_PTR(4))[at[2]];
}

ATR_TILE_KERNEL(ATR_FN(where_fwd_rows)) {
  ATR_BEGIN;
  ATR_ROWS_BEGIN(8, 3, at)
    __global const uchar *condition = (__global const uchar *)ATR_PTR(0) + at[0];
    __global const WORD *xs = (__global const WORD *)ATR_PTR(2) + at[1], *ys = (__global const WORD *)ATR_PTR(4) + at[2];
    __global WORD *zs = (__global WORD *)ATR_PTR(6) + atr_first;
    const int sc = ATR_ROWS_STRIDE(8, 0), sx = ATR_ROWS_STRIDE(8, 1), sy = ATR_ROWS_STRIDE(8, 2);
    for (int k = 0; k < atr_n; k++) {
      const WORD x = xs[k * sx], y = ys[k * sy];
      zs[k] = condition[k * sc] ? x : y;
    }
  ATR_ROWS_END
}
