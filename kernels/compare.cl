/* compare.cl: comparisons and logic of two broadcast operands. Macros: KIND (atr__compare_kind), TYPE (float, int,
 * long, uchar).
 * compare_fwd_baseline: x, y, z (bytes, 0 or 1), count, walk (x, y). One item an element of z.
 * compare_fwd_rows: x, y, z, rows and walk. A work-group of one item takes runs of the innermost dimension. */
#if !defined(KIND) || !defined(TYPE)
#error "compare.cl needs KIND and TYPE"
#endif

#if KIND == 0
#define COMPARE (x == y)
#elif KIND == 1
#define COMPARE (x < y)
#elif KIND == 2
#define COMPARE (x <= y)
#elif KIND == 3
#define COMPARE (x > y)
#elif KIND == 4
#define COMPARE (x >= y)
#elif KIND == 5
#define COMPARE (x && y)
#elif KIND == 6
#define COMPARE (x || y)
#elif KIND == 7
#define COMPARE (!x != !y)
#elif KIND == 8
#define COMPARE (!x)
#elif KIND == 9
#define COMPARE (x != x)
#elif KIND == 10
#define COMPARE (isinf(x))
#elif KIND == 11
#define COMPARE (x == INFINITY)
#elif KIND == 12
#define COMPARE (x == -INFINITY)
#elif KIND == 13
#define COMPARE 0
#else
#error "compare.cl: no such KIND"
#endif

ATR_ITEM_KERNEL(ATR_FN(compare_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[6]) return;
  int at[2];
  ATR_WALK(7, 2, i, at);
  const TYPE x = ((__global const TYPE *)ATR_PTR(0))[at[0]], y = ((__global const TYPE *)ATR_PTR(2))[at[1]];
  ((__global uchar *)ATR_PTR(4))[i] = COMPARE ? 1 : 0;
}

ATR_TILE_KERNEL(ATR_FN(compare_fwd_rows)) {
  ATR_BEGIN;
  ATR_ROWS_BEGIN(6, 2, at)
    __global const TYPE *xs = (__global const TYPE *)ATR_PTR(0) + at[0], *ys = (__global const TYPE *)ATR_PTR(2) + at[1];
    __global uchar *zs = (__global uchar *)ATR_PTR(4) + atr_first;
    const int sx = ATR_ROWS_STRIDE(6, 0), sy = ATR_ROWS_STRIDE(6, 1);
    for (int k = 0; k < atr_n; k++) {
      const TYPE x = xs[k * sx], y = ys[k * sy];
      zs[k] = COMPARE ? 1 : 0;
    }
  ATR_ROWS_END
}
#undef COMPARE
