/* conv_direct_blocked.cl: direct convolution in channel blocks for CPU-class devices, 1-D and 2-D, one group.
 *
 * conv_fwd_f32_direct_blocked<suffix>: a tile is TW outputs × NV vectors of VW output channels. Words: conv_tile.clh. x
 * [n][cb][h][w][16], w packed [ocb][cb][fh][fw][16][NV·VW] (conv_pack_blocked.cl), y [n][oc/16][oh][ow][16].
 * Order of accumulation, for every output: blocks of 16 input channels, filter rows, filter columns, channels of the
 * block, by fma from 0; then the epilogue. Taps that miss what a tile stores are skipped; where a tap reaches a part of a
 * tile, the others are left out (where that is one at an end, by far the most frequent) or read zeros.
 *
 * Macros: TW, VW (16 or 8), NV (2, or 1 where there are no more channels), SW (stride along w: a constant, because TW addresses that depend on a variable do not fit the
 * registers), UNROLL (1 or 2, of the loop over 16 channels; 1 where a tile fills the registers). */
#include "conv_epilogue.clh"
#include "conv_tile.clh"
#if !defined TW || !defined VW || !defined NV || !defined SW || !defined UNROLL
#error "TW, VW, NV, SW and UNROLL must be defined"
#endif
#define ATR_OCB (NV * VW)
#define ATR_VEC ATR_PASTE(float, VW)
#define ATR_DECLARE(p) ATR_VEC s##p##_0 = 0.0f; ATR_SECOND(ATR_VEC s##p##_1 = 0.0f;)
#define ATR_FROM(p, at)                                                                                           \
  {                                                                                                               \
    const ATR_VEC v = (at)[k];                                                                                    \
    s##p##_0 = fma(v, w0, s##p##_0);                                                                              \
    ATR_SECOND(s##p##_1 = fma(v, w1, s##p##_1);)                                                                  \
  }
#define ATR_ADD(p) ATR_FROM(p, xp + (p) * SW * 16)
#define ATR_POINT(p) __global const float *q##p = (p) >= low && (p) < high ? xp + (p) * SW * 16 : zeros;
#define ATR_ADD_POINT(p) ATR_FROM(p, q##p)
#define ATR_KEEP(p) ATR_TILE_KEEP(VW, s##p##_0, NV * (p), sum); ATR_SECOND(ATR_TILE_KEEP(VW, s##p##_1, NV * (p) + 1, sum);)
#if UNROLL == 1
#define ATR_UNROLL _Pragma("unroll 1")
#else
#define ATR_UNROLL _Pragma("unroll 2")
#endif
#define ATR_SIXTEEN(unroll, body)                                                                                 \
  unroll for (int k = 0; k < 16; k++, wp += ATR_OCB) {                                                            \
    const ATR_VEC w0 = *(__global const ATR_VEC *)wp;                                                             \
    ATR_SECOND(const ATR_VEC w1 = *(__global const ATR_VEC *)(wp + VW);)                                        \
    body                                                                                                          \
  }

ATR_TILE_KERNEL(ATR_FN(conv_fwd_f32_direct_blocked)) {
  ATR_BEGIN;
  ATR_TILE_BEGIN(TW);
  ATR_TILE_ROWS;
  const int cb = a[0], h = a[1], w_in = a[2], fh = a[5], fw = a[6], dh = a[8], dw = a[9];
  const int ob = ATR_GROUP(2) % a[16], n = ATR_GROUP(2) / a[16], ix0 = ox * SW - a[11];
  __global const float *zeros = (__global const float *)(a + 48);
  __global const float *xn = ATR_PTR(20) + (size_t)n * cb * h * w_in * 16;
  __global const float *wn = ATR_PTR(22) + (size_t)ob * cb * fh * fw * 16 * ATR_OCB;
  ATR_TILE_AHEAD(wn, cb * fh * fw * 16 * ATR_OCB)
  ATR_EACH(TW)(ATR_DECLARE)
  for (int block = 0; block < cb; block++)
    for (int ky = ky0; ky < ky1; ky++) {
      ATR_TILE_FETCH
      __global const float *xp = xn + (((long)block * h + iy0 + ky * dh) * w_in + ix0) * 16;
      __global const float *wk = wn + ((size_t)block * fh + ky) * fw * 16 * ATR_OCB;
      for (int kx = 0, ix = ix0; kx < fw; kx++, ix += dw, xp += dw * 16, wk += 16 * ATR_OCB) {
        __global const float *wp = wk;
        if (ix >= 0 && ix + (TW - 1) * SW < w_in) {
          ATR_SIXTEEN(ATR_UNROLL, ATR_EACH(TW)(ATR_ADD))
          continue;
        }
        const int low = ix >= 0 ? 0 : (-ix + SW - 1) / SW, high = ix < w_in ? min(TW, (w_in - 1 - ix) / SW + 1) : 0;
        if (max(low, first) >= min(high, end)) continue;
        if (low == 1 && high == TW) {
          ATR_SIXTEEN(_Pragma("unroll 1"), ATR_INNER(TW)(ATR_ADD) ATR_LAST(TW)(ATR_ADD))
        } else if (low == 0 && high == TW - 1) {
          ATR_SIXTEEN(_Pragma("unroll 1"), ATR_ADD(0) ATR_INNER(TW)(ATR_ADD))
        } else {
          ATR_EACH(TW)(ATR_POINT)
          ATR_SIXTEEN(_Pragma("unroll 1"), ATR_EACH(TW)(ATR_ADD_POINT))
        }
      }
    }
  if (first == 0 && end == TW && (ob + 1) * ATR_OCB <= a[17]) {
    const size_t to = (((size_t)n * a[18] + ob * ATR_OCB / 16) * a[3] + oy) * a[4] * 16 + (size_t)ox * 16;
    ATR_TILE_WHOLE(ob * ATR_OCB, 24, to, VW == 16 ? (size_t)a[3] * a[4] * 16 : 8)
    return;
  }
  ATR_TILE_SUMS(sum, TW * NV * VW);
  ATR_EACH(TW)(ATR_KEEP)
  _Pragma("unroll 1") for (int j = 0; j < NV; j++) {
    const int o = ob * ATR_OCB + j * VW;
    if (o >= a[18] * 16) break;
    const size_t at = (((size_t)n * a[18] + o / 16) * a[3] + oy) * a[4] * 16 + (size_t)ox * 16 + o % 16;
    ATR_TILE_STORE(VW, sum + j * VW, NV, o, 24, at);
  }
}
#undef ATR_OCB
#undef ATR_VEC
#undef ATR_DECLARE
#undef ATR_FROM
#undef ATR_ADD
#undef ATR_POINT
#undef ATR_ADD_POINT
#undef ATR_KEEP
#undef ATR_UNROLL
#undef ATR_SIXTEEN
