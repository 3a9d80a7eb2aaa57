/* conv_transpose_depthwise_blocked.cl: transposed convolution of every channel by a filter of its own, in channel blocks, for
 * CPU-class devices.
 *
 * conv_transpose_f32_depthwise_blocked<suffix>: a tile is TW outputs × VW channels of every phase; a work-group does word 26 tiles,
 * rows one behind the other. Words: conv_phase.clh; word 13 counts work-groups along the grid's first axis, word 16 vectors of VW
 * channels. NDRange: word 13, what is left of them, samples times vectors. x [n][cb][h][w][16], w packed [cb][fh][fw][16]
 * (conv_pack_blocked.cl), y [n][cb][oh][ow][16]. Order: positions of x ascending, by fma from 0; then the epilogue. Outputs that a
 * tap misses are left out.
 *
 * Macros: TW, VW (16 or 8). */
#include "conv_epilogue.clh"
#include "conv_tile.clh"
#include "conv_phase.clh"
#if !defined TW || !defined VW
#error "TW and VW must be defined"
#endif
#define ATR_VEC ATR_PASTE(float, VW)
#define ATR_DECLARE(p) ATR_VEC s##p = 0.0f;
#define ATR_ADD(p) s##p = fma(*(__global const ATR_VEC *)(xp + (p) * 16), wv, s##p);
#define ATR_ADD_PART(p) \
  if ((p) >= low && (p) < high) ATR_ADD(p)
#define ATR_PUT(p)                                                                                                \
  if ((p) >= first && (p) < end) {                                                                                \
    ATR_VEC v = fma(s##p, factor, summand);                                                                       \
    if (added) v += *(__global const ATR_VEC *)(r + (p) * along);                                                 \
    v = v < least ? least : v;                                                                                    \
    *(__global ATR_VEC *)(y + (p) * along) = v > greatest ? greatest : v;                                         \
  }

ATR_TILE_KERNEL(ATR_FN(conv_transpose_f32_depthwise_blocked)) {
  ATR_BEGIN;
  const int h = a[1], w_in = a[2], dh = a[8], dw = a[9], sh = a[40], sw = a[41], tiles = a[12];
  const int from = ((int)ATR_GROUP(0) + (int)ATR_GROUP(1) * a[13]) * a[26], to = min(from + a[26], a[3] * tiles);
  const int vector = ATR_GROUP(2) % a[16], n = ATR_GROUP(2) / a[16], o = vector * VW;
  __global const float *xn = ATR_PTR(20) + (size_t)(n * a[0] + o / 16) * h * w_in * 16 + o % 16;
  __global const float *wn = ATR_PTR(22) + (size_t)(o / 16) * a[5] * a[6] * 16 + o % 16;
  const size_t plane = (size_t)(n * a[18] + o / 16) * a[10] * a[11] * 16 + o % 16, along = (size_t)sw * 16;
  const int added = !ATR_ABSENT(ATR_EPILOGUE_RESIDUAL(32));
  ATR_EPILOGUE_CHANNELS(VW, 32, o, a[17], factor, summand);
  /* Lanes of no channel are kept at zero. */
  const ATR_PASTE(int, VW) there = ATR_TILE_LANES(VW) < (ATR_PASTE(int, VW))(a[17] - o);
  const ATR_VEC least = there ? (ATR_VEC)(ATR_FLOAT(38)) : (ATR_VEC)(0.0f);
  const ATR_VEC greatest = there ? (ATR_VEC)(ATR_FLOAT(39)) : (ATR_VEC)(0.0f);
  for (int oy = from / tiles, i = from - oy * tiles, k = from; k < to; oy++, i = 0)
    for (; i < tiles && k < to; i++, k++) {
      ATR_TILE_AT(TW, i);
      const int tile_end = end;
      for (int phase = 0; phase < sh * sw; phase++) {
        ATR_PHASE(phase, tile_end)
        if (oy * sh + py >= a[10] || first >= end) continue;
        ATR_EACH(TW)(ATR_DECLARE)
        for (int ky = ky0; ky < ky1; ky++) {
          __global const float *xp = xn + ((long)(iy0 + ky * dh) * w_in + ix0) * 16, *wp = wn + ATR_PHASE_TAP(ky) * 16;
          for (int kx = 0, ix = ix0; kx < fw; kx++, ix += dw, xp += dw * 16, wp -= a[43] * 16) {
            const ATR_VEC wv = *(__global const ATR_VEC *)wp;
            if (ix >= 0 && ix + TW - 1 < w_in) {
              ATR_EACH(TW)(ATR_ADD)
            } else {
              const int low = max(first, -ix), high = min(end, w_in - ix);
              ATR_EACH(TW)(ATR_ADD_PART)
            }
          }
        }
        const size_t at = plane + ((size_t)(oy * sh + py) * a[11] + (size_t)ox * sw + px) * 16;
        __global float *y = ATR_PTR(24) + at;
        __global const float *r = ATR_PTR(ATR_EPILOGUE_RESIDUAL(32)) + at;
        ATR_EACH(TW)(ATR_PUT)
      }
    }
}
#undef ATR_VEC
#undef ATR_DECLARE
#undef ATR_ADD
#undef ATR_ADD_PART
#undef ATR_PUT
