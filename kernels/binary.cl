/* binary.cl: elementwise functions of two broadcast operands. Macros: KIND (atr__binary_kind), TYPE (float or an
 * integer), REAL (1 for float), UNSIGNED (1 where nothing is below 0), COUNT (Mean: of operands),
 * EXPONENT (Pow: the second operand's type where it is another).
 * binary_fwd_baseline: x, y, z, count, walk (x, y). One item an element of z.
 * binary_fwd_rows: x, y, z, rows and walk (x, y). A work-group of one item takes runs of the innermost dimension.
 * binary_fwd_blocks: x and z in channel blocks, y plain, one number or one a channel: x, y, z, vectors in all and of a
 *   work-group of one item, vectors of a block, blocks of channels, channels, y's step a sample, whether y has channels, whether
 *   it is the first operand. Lanes of no channel are kept at zero. */
#if !defined(KIND) || !defined(TYPE) || !defined(REAL) || !defined(UNSIGNED)
#error "binary.cl needs KIND, TYPE, REAL and UNSIGNED"
#endif
#ifdef EXPONENT
#define BINARY_MIXED 1
#else
#define BINARY_MIXED 0
#define EXPONENT TYPE
#endif
#include "binary.clh"

#if KIND <= 2 || (KIND >= 5 && KIND <= 7) || (REAL && KIND <= 9)
#define BINARY(x, y) ATR_PASTE(ATR_BINARY_, KIND)(x, y)
#define BINARY_LANES(x, y) ATR_PASTE(ATR_LANES_, KIND)(x, y)
#elif KIND == 3 && UNSIGNED
#define BINARY(x, y) ((y) == 0 ? (TYPE)0 : (x) / (y))
#elif KIND == 3
#define BINARY(x, y) ((y) == 0 ? (TYPE)0 : (y) == -1 ? -(x) : (x) / (y))
#elif KIND == 4
static TYPE ATR_FN(binary_power)(TYPE x, EXPONENT y) {
  TYPE result = 1;
  if (y < 0) return x == 1 ? 1 : x == (TYPE)-1 && !UNSIGNED ? ((y & 1) ? -1 : 1) : 0;
  for (; y; y >>= 1, x *= x)
    if (y & 1) result *= x;
  return result;
}
#define BINARY(x, y) ATR_FN(binary_power)(x, y)
#elif (KIND == 8 || KIND == 9) && UNSIGNED
#define BINARY(x, y) ((y) == 0 ? (TYPE)0 : (x) % (y))
#elif KIND == 8
#define BINARY(x, y) ((y) == 0 || (y) == -1 ? 0 : (x) % (y) + ((x) % (y) != 0 && ((x) % (y) < 0) != ((y) < 0) ? (y) : 0))
#elif KIND == 9
#define BINARY(x, y) ((y) == 0 || (y) == -1 ? 0 : (x) % (y))
#elif KIND == 10
#define BINARY(x, y) (((x) + (y)) / (float)COUNT)
#define BINARY_LANES(x, y) BINARY(x, y)
#elif KIND == 11
#define BINARY(x, y) ((x) & (y))
#elif KIND == 12
#define BINARY(x, y) ((x) | (y))
#elif KIND == 13
#define BINARY(x, y) ((x) ^ (y))
#elif KIND == 14
#define BINARY(x, y) ((y) > 63 ? (TYPE)0 : (TYPE)((ulong)(x) << (y)))
#elif KIND == 15
#define BINARY(x, y) ((y) > 63 ? (TYPE)0 : (TYPE)((ulong)(x) >> (y)))
#else
#error "binary.cl: no such KIND"
#endif

ATR_ITEM_KERNEL(ATR_FN(binary_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[6]) return;
  int at[2];
  ATR_WALK(7, 2, i, at);
  const TYPE x = ((__global const TYPE *)ATR_PTR(0))[at[0]];
  const EXPONENT y = ((__global const EXPONENT *)ATR_PTR(2))[at[1]];
  ((__global TYPE *)ATR_PTR(4))[i] = BINARY(x, y);
}

ATR_TILE_KERNEL(ATR_FN(binary_fwd_rows)) {
  ATR_BEGIN;
  ATR_ROWS_BEGIN(6, 2, at)
    __global const TYPE *xs = (__global const TYPE *)ATR_PTR(0) + at[0];
    __global const EXPONENT *ys = (__global const EXPONENT *)ATR_PTR(2) + at[1];
    __global TYPE *zs = (__global TYPE *)ATR_PTR(4) + atr_first;
    const int sx = ATR_ROWS_STRIDE(6, 0), sy = ATR_ROWS_STRIDE(6, 1);
    int k = 0;
#if REAL && !BINARY_MIXED
    /* Steps of 0 or 1, whole vectors; what is left over is done below. */
    if (sx <= 1 && sy <= 1 && sx + sy > 0)
      for (; k + 16 <= atr_n; k += 16) {
        const float16 vx = sx ? vload16(0, xs + k) : (float16)(xs[0]);
        const float16 vy = sy ? vload16(0, ys + k) : (float16)(ys[0]);
#if KIND == 4
        if (sy == 0 && ys[0] == 2.0f) {
          ATR_STORE16(vx * vx, zs + k);
          continue;
        }
#endif
        ATR_STORE16(BINARY_LANES(vx, vy), zs + k);
      }
#endif
    for (; k < atr_n; k++) {
      const TYPE x = xs[k * sx];
      const EXPONENT y = ys[k * sy];
      zs[k] = BINARY(x, y);
    }
  ATR_ROWS_END
}

ATR_TILE_KERNEL(ATR_FN(binary_fwd_blocks)) {
#if REAL && !BINARY_MIXED
  ATR_BEGIN;
  const int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1)), span = a[8];
  const int16 lane = (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __global const float16 *x = (__global const float16 *)ATR_PTR(0);
  __global float16 *z = (__global float16 *)ATR_PTR(4);
  int k = group * a[7];
  const int end = min(k + a[7], a[6]);
  while (k < end) {
    const int block = k / span, stop = min(end, block * span + span), at = block % a[9], left = a[10] - at * 16;
    __global const float *y = ATR_PTR(2) + (a[12] ? block / a[9] * a[11] + at * 16 : 0);
    const float16 vy = a[12] ? atr_load_some(y, left) : (float16)(y[0]);
    const int16 there = lane < (int16)(left);
    if (a[13])
      for (; k < stop; k++) z[k] = select((float16)(0.0f), BINARY_LANES(vy, x[k]), there);
    else
      for (; k < stop; k++) z[k] = select((float16)(0.0f), BINARY_LANES(x[k], vy), there);
  }
#endif
}
#undef BINARY_LANES
#undef BINARY
#if !BINARY_MIXED
#undef EXPONENT
#endif
#undef BINARY_MIXED
