/* conv_transpose_blocked.cl: transposed convolution in channel blocks for CPU-class devices, 1-D and 2-D, one group.
 *
 * conv_transpose_f32_blocked<suffix>: a work-group does a tile of TW outputs × NV vectors of VW output channels of some phases, one
 * behind the other: they read the same inputs, and write between each other's. Words: conv_phase.clh; 7 shares of phases that
 * work-groups do, 26 phases of a share. NDRange: the last axis is samples × blocks of output channels × shares. x [n][cb][h][w][16],
 * w packed [ocb][cb][fh][fw][16][NV·VW] (conv_pack_blocked.cl), y [n][oc/16][oh][ow][16].
 * Order: blocks of 16 input channels, positions of x ascending, channels of the block, by fma from 0; then the epilogue. Macros:
 * those of conv_taps.clh. */
#include "conv_epilogue.clh"
#include "conv_tile.clh"
#include "conv_phase.clh"
#include "conv_taps.clh"
#if !defined TW || !defined VW || !defined NV || !defined SW || !defined UNROLL
#error "TW, VW, NV, SW and UNROLL must be defined"
#endif

ATR_TILE_KERNEL(ATR_FN(conv_transpose_f32_blocked)) {
  ATR_BEGIN;
  ATR_TILE_BEGIN(TW);
  const int tile_end = end, cb = a[0], h = a[1], w_in = a[2], dh = a[8], dw = a[9], sw = a[41], sh = a[40];
  const int share = ATR_GROUP(2) % a[7], ob = ATR_GROUP(2) / a[7] % a[16], n = ATR_GROUP(2) / a[7] / a[16];
  const int phases = min(sh * sw, (share + 1) * a[26]);
  __global const float *zeros = (__global const float *)(a + 48);
  __global const float *xn = ATR_PTR(20) + (size_t)n * cb * h * w_in * 16;
  __global const float *wn = ATR_PTR(22) + (size_t)ob * cb * a[5] * a[6] * 16 * ATR_TAPS_OCB;
  const size_t plane = (size_t)a[10] * a[11] * 16, along = (size_t)sw * 16;
  ATR_TILE_AHEAD(wn, cb * a[5] * a[6] * 16 * ATR_TAPS_OCB)
  for (int phase = share * a[26]; phase < phases; phase++) {
    ATR_PHASE(phase, tile_end)
    if (oy * sh + py >= a[10] || first >= end) continue;
    const size_t to = ((size_t)(oy * sh + py) * a[11] + (size_t)ox * sw + px) * 16;
    const size_t o = ((size_t)n * a[18] + ob * ATR_TAPS_OCB / 16) * plane + to;
    ATR_TILE_ASK_TO_WRITE(ATR_PTR(24) + o, TW, along)
    if (NV * VW == 32 && ob * 2 + 1 < a[18]) {
      ATR_TILE_ASK_TO_WRITE(ATR_PTR(24) + o + plane, TW, along)
    }
    ATR_TAPS_DECLARE
    for (int block = 0; block < cb; block++)
      for (int ky = ky0; ky < ky1; ky++) {
        ATR_TILE_FETCH
        ATR_TAPS_ROW(xn + (((long)block * h + iy0 + ky * dh) * w_in + ix0) * 16,
                     wn + ((long)block * a[5] * a[6] + ATR_PHASE_TAP(ky)) * 16 * ATR_TAPS_OCB, -a[43], fw, dw, w_in)
      }
    if (first == 0 && end == TW && (ob + 1) * ATR_TAPS_OCB <= a[17]) {
      ATR_TILE_WHOLE(ob * ATR_TAPS_OCB, 24, o, VW == 16 ? plane : 8, along)
      continue;
    }
    ATR_TILE_SUMS(sum, TW * NV * VW);
    ATR_TAPS_KEEP
    _Pragma("unroll 1") for (int j = 0; j < NV; j++) {
      const int oc = ob * ATR_TAPS_OCB + j * VW;
      if (oc >= a[18] * 16) break;
      const size_t at = ((size_t)n * a[18] + oc / 16) * plane + to + oc % 16;
      ATR_TILE_STORE(VW, sum + j * VW, NV, oc, 24, at, along);
    }
  }
}
