/* conv_depthwise_blocked.cl: convolution of every channel by a filter of its own, in channel blocks, for CPU-class devices.
 *
 * conv_fwd_f32_depthwise_blocked<suffix>: a tile is TW outputs × VW channels. Words: conv_tile.clh; word 16 counts vectors
 * of VW channels, 26 the tiles that a work-group computes; the grid's first axis is of these shares. x [n][cb][h][w][16], w
 * packed [cb][fh][fw][16] (conv_pack_blocked.cl), y as x. Order: filter rows, filter columns, by fma from 0; then the
 * epilogue. Outputs that a tap misses read zeros.
 *
 * Macros: TW, VW (16 or 8), SW (stride along w). */
#include "conv_epilogue.clh"
#include "conv_tile.clh"
#if !defined TW || !defined VW || !defined SW
#error "TW, VW and SW must be defined"
#endif
#define ATR_VEC ATR_PASTE(float, VW)
#define ATR_DECLARE(p) ATR_VEC s##p = 0.0f;
#define ATR_ADD(p) s##p = fma(*(__global const ATR_VEC *)(xp + (p) * SW * 16), wv, s##p);
#define ATR_ADD_PART(p) \
  s##p = fma(*(__global const ATR_VEC *)((p) >= low && (p) < high ? xp + (p) * SW * 16 : zeros), wv, s##p);
#define ATR_KEEP(p) ATR_TILE_KEEP(VW, s##p, p, sum);

ATR_TILE_KERNEL(ATR_FN(conv_fwd_f32_depthwise_blocked)) {
  ATR_BEGIN;
  const int h = a[1], w_in = a[2], oy = ATR_GROUP(1), fh = a[5], fw = a[6], dh = a[8], dw = a[9];
  const int vector = ATR_GROUP(2) % a[16], n = ATR_GROUP(2) / a[16], o = vector * VW;
  ATR_TILE_ROWS;
  __global const float *zeros = (__global const float *)(a + 48);
  __global const float *xn = ATR_PTR(20) + (size_t)(n * a[0] + o / 16) * h * w_in * 16 + o % 16;
  __global const float *wn = ATR_PTR(22) + (size_t)(o / 16) * fh * fw * 16 + o % 16;
  for (int i = ATR_GROUP(0) * a[26]; i < min((int)(ATR_GROUP(0) + 1) * a[26], a[12]); i++) {
    ATR_TILE_AT(TW, i);
    const int ix0 = ox * SW - a[11];
    ATR_EACH(TW)(ATR_DECLARE)
    for (int ky = ky0; ky < ky1; ky++)
      for (int kx = 0; kx < fw; kx++) {
        const int ix = ix0 + kx * dw;
        __global const float *xp = xn + ((long)(iy0 + ky * dh) * w_in + ix) * 16;
        const ATR_VEC wv = *(__global const ATR_VEC *)(wn + (ky * fw + kx) * 16);
        if (ix >= 0 && ix + (TW - 1) * SW < w_in) {
          ATR_EACH(TW)(ATR_ADD)
        } else {
          const int low = ix >= 0 ? 0 : (-ix + SW - 1) / SW, high = ix < w_in ? min(TW, (w_in - 1 - ix) / SW + 1) : 0;
          if (max(low, first) >= min(high, end)) continue;
          ATR_EACH(TW)(ATR_ADD_PART)
        }
      }
    ATR_TILE_SUMS(sum, TW * VW);
    ATR_EACH(TW)(ATR_KEEP)
    const size_t at = (((size_t)n * a[18] + o / 16) * a[3] + oy) * a[4] * 16 + (size_t)ox * 16 + o % 16;
    ATR_TILE_STORE(VW, sum, 1, o, 24, at);
  }
}
#undef ATR_VEC
#undef ATR_DECLARE
#undef ATR_ADD
#undef ATR_ADD_PART
#undef ATR_KEEP
