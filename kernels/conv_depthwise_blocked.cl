/* conv_depthwise_blocked.cl: convolution of every channel by a filter of its own, in channel blocks, for CPU-class devices.
 *
 * conv_fwd_f32_depthwise_blocked<suffix>: a tile is TW outputs × VW channels; a work-group does word 26 tiles, rows one behind
 * the other. Words: conv_tile.clh; word 13 counts work-groups along the grid's first axis, word 16 vectors of VW channels.
 * NDRange: word 13, what is left of them, samples times vectors. x [n][cb][h][w][16], w packed [cb][fh][fw][16]
 * (conv_pack_blocked.cl), y as x. Order: filter rows, filter columns, by fma from 0; then the epilogue.
 * Outputs that a tap misses are left out. Rows of three neighbouring taps, by far the most frequent, are done at once: what one
 * output reads is in registers for the next.
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
  if ((p) >= low && (p) < high) ATR_ADD(p)
#define ATR_TAP(p, k) s##p = fma(*(__global const ATR_VEC *)(xp + ((p) * SW + k) * 16), w##k, s##p);
#define ATR_THREE(p) ATR_TAP(p, 0) ATR_TAP(p, 1) ATR_TAP(p, 2)
#define ATR_THREE_LAST(p)                                                                                         \
  ATR_TAP(p, 0) ATR_TAP(p, 1)                                                                                     \
  if (right) ATR_TAP(p, 2)
#define ATR_PUT_PART(p) \
  if ((p) >= first && (p) < end) ATR_PUT(p)
#define ATR_PUT(p)                                                                                                \
  {                                                                                                               \
    ATR_VEC v = fma(s##p, factor, summand);                                                                       \
    if (added) v += *(__global const ATR_VEC *)(r + (p) * 16);                                                    \
    v = v < least ? least : v;                                                                                    \
    *(__global ATR_VEC *)(y + (p) * 16) = v > greatest ? greatest : v;                                            \
  }

ATR_TILE_KERNEL(ATR_FN(conv_fwd_f32_depthwise_blocked)) {
  ATR_BEGIN;
  const int h = a[1], w_in = a[2], fh = a[5], fw = a[6], dh = a[8], dw = a[9], tiles = a[12];
  const int from = ((int)ATR_GROUP(0) + (int)ATR_GROUP(1) * a[13]) * a[26], to = min(from + a[26], a[3] * tiles);
  const int vector = ATR_GROUP(2) % a[16], n = ATR_GROUP(2) / a[16], o = vector * VW;
  __global const float *xn = ATR_PTR(20) + (size_t)(n * a[0] + o / 16) * h * w_in * 16 + o % 16;
  __global const float *wn = ATR_PTR(22) + (size_t)(o / 16) * fh * fw * 16 + o % 16;
  const size_t plane = (size_t)(n * a[18] + o / 16) * a[3] * a[4] * 16 + o % 16;
  const int added = !ATR_ABSENT(ATR_EPILOGUE_RESIDUAL(32));
  ATR_EPILOGUE_CHANNELS(VW, 32, o, a[17], factor, summand);
  /* Lanes of no channel are kept at zero. */
  const ATR_PASTE(int, VW) there = ATR_TILE_LANES(VW) < (ATR_PASTE(int, VW))(a[17] - o);
  const ATR_VEC least = there ? (ATR_VEC)(ATR_FLOAT(38)) : (ATR_VEC)(0.0f);
  const ATR_VEC greatest = there ? (ATR_VEC)(ATR_FLOAT(39)) : (ATR_VEC)(0.0f);
  for (int oy = from / tiles, i = from - oy * tiles, k = from; k < to; oy++, i = 0) {
    ATR_TILE_ROWS;
    for (; i < tiles && k < to; i++, k++) {
      ATR_TILE_AT(TW, i);
      const int ix0 = ox * SW - a[11];
      __global const float *wp = wn + ky0 * fw * 16;
      ATR_EACH(TW)(ATR_DECLARE)
      const int left = ix0 >= 0, right = ix0 + (TW - 1) * SW + 2 < w_in;
      const int three = fw == 3 && dw == 1 && ix0 >= -1 && ix0 + (TW - 1) * SW + 1 < w_in;
      for (int ky = ky0; three && ky < ky1; ky++, wp += 48) {
        __global const float *xp = xn + ((long)(iy0 + ky * dh) * w_in + ix0) * 16;
        const ATR_VEC w0 = *(__global const ATR_VEC *)wp, w1 = *(__global const ATR_VEC *)(wp + 16);
        const ATR_VEC w2 = *(__global const ATR_VEC *)(wp + 32);
        if (left) ATR_TAP(0, 0)
        ATR_TAP(0, 1) ATR_TAP(0, 2) ATR_INNER(TW)(ATR_THREE) ATR_LAST(TW)(ATR_THREE_LAST)
      }
      for (int ky = ky0; !three && ky < ky1; ky++) {
        __global const float *xp = xn + ((long)(iy0 + ky * dh) * w_in + ix0) * 16;
        for (int kx = 0, ix = ix0; kx < fw; kx++, ix += dw, xp += dw * 16, wp += 16) {
          const ATR_VEC wv = *(__global const ATR_VEC *)wp;
          if (ix >= 0 && ix + (TW - 1) * SW < w_in) {
            ATR_EACH(TW)(ATR_ADD)
          } else {
            const int low = ix >= 0 ? first : max(first, (-ix + SW - 1) / SW);
            const int high = ix < w_in ? min(end, (w_in - 1 - ix) / SW + 1) : 0;
            if (low >= high) continue;
            if (low == 1 && high == TW) {
              ATR_INNER(TW)(ATR_ADD) ATR_LAST(TW)(ATR_ADD)
            } else if (low == 0 && high == TW - 1) {
              ATR_ADD(0) ATR_INNER(TW)(ATR_ADD)
            } else {
              ATR_EACH(TW)(ATR_ADD_PART)
            }
          }
        }
      }
      const size_t at = plane + ((size_t)oy * a[4] + ox) * 16;
      __global float *y = ATR_PTR(24) + at;
      __global const float *r = ATR_PTR(ATR_EPILOGUE_RESIDUAL(32)) + at;
      if (first == 0 && end == TW) {
        ATR_EACH(TW)(ATR_PUT)
      } else {
        ATR_EACH(TW)(ATR_PUT_PART)
      }
    }
  }
}
#undef ATR_VEC
#undef ATR_DECLARE
#undef ATR_ADD
#undef ATR_ADD_PART
#undef ATR_TAP
#undef ATR_THREE
#undef ATR_THREE_LAST
#undef ATR_PUT_PART
#undef ATR_PUT
