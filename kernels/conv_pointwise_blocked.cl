/* conv_pointwise_blocked.cl: 1×1 convolution of stride 1 without padding in channel blocks, for CPU-class devices: every plane
 * is one row, so no part of a tile is wasted but at the end.
 *
 * conv_fwd_f32_pointwise_blocked<suffix>: a tile is TW positions × NV vectors of VW output channels. Words: conv_tile.clh,
 * with h = oh = 1 and w = ow the positions of a plane, at least TW; 26 blocks of output channels that a work-group computes, so
 * that x stays in the nearest cache while they are; word 16 counts these shares. w packed [ocb][cb][16][NV·VW] (conv_pack_blocked.cl).
 * Order: input channels ascending, by fma from 0; then the epilogue. Macros: TW, VW, NV (2, or 1). */
#include "conv_epilogue.clh"
#include "conv_tile.clh"
#if !defined TW || !defined VW || !defined NV
#error "TW, VW and NV must be defined"
#endif
#define ATR_OCB (NV * VW)
#define ATR_VEC ATR_PASTE(float, VW)
#define ATR_CLEAR(p) ATR_VEC s##p##_0 = 0.0f; ATR_SECOND(ATR_VEC s##p##_1 = 0.0f;)
#define ATR_ADD(p)                                                                                                \
  {                                                                                                               \
    const ATR_VEC v = xp[(p) * 16 + k];                                                                           \
    s##p##_0 = fma(v, w0, s##p##_0);                                                                              \
    ATR_SECOND(s##p##_1 = fma(v, w1, s##p##_1);)                                                                  \
  }
#define ATR_KEEP(p) ATR_TILE_KEEP(VW, s##p##_0, NV * (p), sum); ATR_SECOND(ATR_TILE_KEEP(VW, s##p##_1, NV * (p) + 1, sum);)

ATR_TILE_KERNEL(ATR_FN(conv_fwd_f32_pointwise_blocked)) {
  ATR_BEGIN;
  ATR_TILE_BEGIN(TW);
  const int cb = a[0], plane = a[4], share = ATR_GROUP(2) % a[16], n = ATR_GROUP(2) / a[16];
  const int blocks = (a[18] * 16 + ATR_OCB - 1) / ATR_OCB;
  __global const float *xn = ATR_PTR(20) + ((size_t)n * cb * plane + ox) * 16;
  for (int ob = share * a[26]; ob < min(blocks, (share + 1) * a[26]); ob++) {
    __global const float *wp = ATR_PTR(22) + (size_t)ob * cb * 16 * ATR_OCB, *xp = xn;
    const size_t to = (((size_t)n * a[18] + ob * ATR_OCB / 16) * plane + ox) * 16, apart = VW == 16 ? (size_t)plane * 16 : 8;
    ATR_TILE_AHEAD(wp, cb * 16 * ATR_OCB)
    if (!ATR_ABSENT(ATR_EPILOGUE_RESIDUAL(32))) {
      __global const float *r = ATR_PTR(ATR_EPILOGUE_RESIDUAL(32)) + to;
      ATR_TILE_ASK(r, TW)
      if (VW == 16 && ob * 2 + 1 < a[18]) {
        ATR_TILE_ASK(r + apart, TW)
      }
    }
    ATR_EACH(TW)(ATR_CLEAR)
    for (int block = 0; block < cb; block++, xp += (size_t)plane * 16) {
      ATR_TILE_FETCH
      if (ob == share * a[26]) { /* later it is near */
        ATR_TILE_ASK(xp + (size_t)plane * 16, TW)
      }
#pragma unroll 1
      for (int k = 0; k < 16; k++, wp += ATR_OCB) {
        const ATR_VEC w0 = *(__global const ATR_VEC *)wp;
        ATR_SECOND(const ATR_VEC w1 = *(__global const ATR_VEC *)(wp + VW);)
        ATR_EACH(TW)(ATR_ADD)
      }
    }
    if (first == 0 && end == TW && (ob + 1) * ATR_OCB <= a[17]) {
      ATR_TILE_WHOLE(ob * ATR_OCB, 24, to, apart, 16)
      continue;
    }
    ATR_TILE_SUMS(sum, TW * NV * VW);
    ATR_EACH(TW)(ATR_KEEP)
    _Pragma("unroll 1") for (int j = 0; j < NV; j++) {
      const int o = ob * ATR_OCB + j * VW;
      if (o >= a[18] * 16) break;
      const size_t at = (((size_t)n * a[18] + o / 16) * plane + ox) * 16 + o % 16;
      ATR_TILE_STORE(VW, sum + j * VW, NV, o, 24, at, 16);
    }
  }
}
#undef ATR_OCB
#undef ATR_VEC
#undef ATR_CLEAR
#undef ATR_ADD
#undef ATR_KEEP
