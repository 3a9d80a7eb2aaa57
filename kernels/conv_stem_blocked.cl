/* conv_stem_blocked.cl: convolution of few channels, plain, into channel blocks, for CPU-class devices: the first layer.
 *
 * conv_fwd_f32_stem_blocked<suffix>: a tile is TW outputs × NV vectors of VW output channels. Words: conv_tile.clh. x
 * [n][c][h][w], w packed [ocb][c][fh][fw][NV·VW] (conv_pack_blocked.cl), y [n][oc/16][oh][ow][16]. The stretch of an input
 * row that a tile sees, at most ROOM floats, is copied with zeros around where it leaves the input. Order: channels, filter
 * rows, filter columns, by fma from 0; then the epilogue.
 *
 * Macros: TW, VW, NV (2, or 1 where there are no more channels), SW (stride along w), ROOM. */
#include "conv_epilogue.clh"
#include "conv_tile.clh"
#if !defined TW || !defined VW || !defined NV || !defined SW || !defined ROOM
#error "TW, VW, NV, SW and ROOM must be defined"
#endif
#define ATR_OCB (NV * VW)
#define ATR_VEC ATR_PASTE(float, VW)
#define ATR_DECLARE(p) ATR_VEC s##p##_0 = 0.0f; ATR_SECOND(ATR_VEC s##p##_1 = 0.0f;)
#define ATR_ADD(p)                                                                                                \
  {                                                                                                               \
    const ATR_VEC v = xp[(p) * SW];                                                                               \
    s##p##_0 = fma(v, w0, s##p##_0);                                                                              \
    ATR_SECOND(s##p##_1 = fma(v, w1, s##p##_1);)                                                                  \
  }
#define ATR_KEEP(p) ATR_TILE_KEEP(VW, s##p##_0, NV * (p), sum); ATR_SECOND(ATR_TILE_KEEP(VW, s##p##_1, NV * (p) + 1, sum);)

ATR_TILE_KERNEL(ATR_FN(conv_fwd_f32_stem_blocked)) {
  ATR_BEGIN;
  ATR_TILE_BEGIN(TW);
  ATR_TILE_ROWS;
  const int c = a[19], h = a[1], w_in = a[2], fh = a[5], fw = a[6], dh = a[8], dw = a[9];
  const int ob = ATR_GROUP(2) % a[16], n = ATR_GROUP(2) / a[16], ix0 = ox * SW - a[11];
  const int need = (TW - 1) * SW + (fw - 1) * dw + 1;
  __global const float *xn = ATR_PTR(20) + (size_t)n * c * h * w_in;
  __global const float *wn = ATR_PTR(22) + (size_t)ob * c * fh * fw * ATR_OCB;
  float row[ROOM];
  ATR_EACH(TW)(ATR_DECLARE)
  for (int channel = 0; channel < c; channel++)
    for (int ky = ky0; ky < ky1; ky++) {
      __global const float *from = xn + ((long)channel * h + iy0 + ky * dh) * w_in + ix0;
      __global const float *wp = wn + ((size_t)channel * fh + ky) * fw * ATR_OCB;
      const int inside = ATR_TILE_DIRECT && ix0 >= 0 && ix0 + need <= w_in;
      if (!inside)
        for (int i = 0; i < need; i++)
          row[i] = ix0 + i >= 0 && ix0 + i < w_in ? from[i] : 0.0f;
      const float *xp = inside ? ATR_TILE_PRIVATE(from) : row;
      _Pragma("unroll 1") for (int kx = 0; kx < fw; kx++, wp += ATR_OCB, xp += dw) {
        const ATR_VEC w0 = *(__global const ATR_VEC *)wp;
        ATR_SECOND(const ATR_VEC w1 = *(__global const ATR_VEC *)(wp + VW);)
        ATR_EACH(TW)(ATR_ADD)
      }
    }
  if (first == 0 && end == TW && (ob + 1) * ATR_OCB <= a[17]) {
    const size_t to = (((size_t)n * a[18] + ob * ATR_OCB / 16) * a[3] + oy) * a[4] * 16 + (size_t)ox * 16;
    ATR_TILE_WHOLE(ob * ATR_OCB, 24, to, VW == 16 ? (size_t)a[3] * a[4] * 16 : 8, 16)
    return;
  }
  ATR_TILE_SUMS(sum, TW * NV * VW);
  ATR_EACH(TW)(ATR_KEEP)
  _Pragma("unroll 1") for (int j = 0; j < NV; j++) {
    const int o = ob * ATR_OCB + j * VW;
    if (o >= a[18] * 16) break;
    const size_t at = (((size_t)n * a[18] + o / 16) * a[3] + oy) * a[4] * 16 + (size_t)ox * 16 + o % 16;
    ATR_TILE_STORE(VW, sum + j * VW, NV, o, 24, at, 16);
  }
}
#undef ATR_OCB
#undef ATR_VEC
#undef ATR_DECLARE
#undef ATR_ADD
#undef ATR_KEEP
