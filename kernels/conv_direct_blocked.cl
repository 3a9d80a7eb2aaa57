/* conv_direct_blocked.cl: direct convolution in channel blocks for CPU-class devices, 1-D and 2-D, one group.
 *
 * conv_fwd_f32_direct_blocked<suffix>: a tile is TW outputs × NV vectors of VW output channels. Words: conv_tile.clh. x
 * [n][cb][h][w][16], w packed [ocb][cb][fh][fw][16][NV·VW] (conv_pack_blocked.cl), y [n][oc/16][oh][ow][16].
 * Order of accumulation, for every output: blocks of 16 input channels, filter rows, filter columns, channels of the
 * block, by fma from 0; then the epilogue. Macros: those of conv_taps.clh. */
#include "conv_epilogue.clh"
#include "conv_tile.clh"
#include "conv_taps.clh"
#if !defined TW || !defined VW || !defined NV || !defined SW || !defined UNROLL
#error "TW, VW, NV, SW and UNROLL must be defined"
#endif

ATR_TILE_KERNEL(ATR_FN(conv_fwd_f32_direct_blocked)) {
  ATR_BEGIN;
  ATR_TILE_BEGIN(TW);
  ATR_TILE_ROWS;
  const int cb = a[0], h = a[1], w_in = a[2], fh = a[5], fw = a[6], dh = a[8], dw = a[9];
  const int ob = ATR_GROUP(2) % a[16], n = ATR_GROUP(2) / a[16], ix0 = ox * SW - a[11];
  __global const float *zeros = (__global const float *)(a + 48);
  __global const float *xn = ATR_PTR(20) + (size_t)n * cb * h * w_in * 16;
  __global const float *wn = ATR_PTR(22) + (size_t)ob * cb * fh * fw * 16 * ATR_TAPS_OCB;
  ATR_TILE_AHEAD(wn, cb * fh * fw * 16 * ATR_TAPS_OCB)
  ATR_TAPS_DECLARE
  for (int block = 0; block < cb; block++)
    for (int ky = ky0; ky < ky1; ky++) {
      ATR_TILE_FETCH
      ATR_TAPS_ROW(xn + (((long)block * h + iy0 + ky * dh) * w_in + ix0) * 16,
                   wn + ((size_t)block * fh + ky) * fw * 16 * ATR_TAPS_OCB, 1, fw, dw, w_in)
    }
  if (first == 0 && end == TW && (ob + 1) * ATR_TAPS_OCB <= a[17]) {
    const size_t to = (((size_t)n * a[18] + ob * ATR_TAPS_OCB / 16) * a[3] + oy) * a[4] * 16 + (size_t)ox * 16;
    ATR_TILE_WHOLE(ob * ATR_TAPS_OCB, 24, to, VW == 16 ? (size_t)a[3] * a[4] * 16 : 8, 16)
    return;
  }
  ATR_TILE_SUMS(sum, TW * NV * VW);
  ATR_TAPS_KEEP
  _Pragma("unroll 1") for (int j = 0; j < NV; j++) {
    const int o = ob * ATR_TAPS_OCB + j * VW;
    if (o >= a[18] * 16) break;
    const size_t at = (((size_t)n * a[18] + o / 16) * a[3] + oy) * a[4] * 16 + (size_t)ox * 16 + o % 16;
    ATR_TILE_STORE(VW, sum + j * VW, NV, o, 24, at, 16);
  }
}
