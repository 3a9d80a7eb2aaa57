/* conv_dot_blocked.cl: convolution of channel blocks into few channels, plain, for CPU-class devices: the last layer. Where
 * outputs do not fill a vector, input channels do: a sum is of vectors, whose lanes are added at its end.
 *
 * conv_fwd_f32_dot_blocked<suffix>: a tile is eight outputs of a row, one output channel behind the other; a work-group does word
 * 26 tiles, rows one behind the other. Words: conv_tile.clh; word 13 counts work-groups along the grid's first axis.
 * NDRange: word 13, what is left of them, samples. x [n][cb][h][w][16], w packed [oc][cb][fh][fw][16] (conv_pack_blocked.cl),
 * y [n][oc][oh][ow], the epilogue's residual as y. Order, for each of sixteen lanes: blocks of 16 input channels, filter rows,
 * filter columns, by fma from 0; then lanes 2i and 2i + 1, these sums likewise, and so on; then the epilogue. Outputs that a tap
 * misses are left out.
 *
 * Macro: SW (stride along w). */
#include "conv_epilogue.clh"
#include "conv_tile.clh"
#if !defined SW
#error "SW must be defined"
#endif
#define ATR_DECLARE(p) float16 s##p = 0.0f;
#define ATR_ADD(p) s##p = fma(*(__global const float16 *)(xp + (p) * SW * 16), wv, s##p);
#define ATR_ADD_PART(p) \
  if ((p) >= low && (p) < high) ATR_ADD(p)

ATR_TILE_KERNEL(ATR_FN(conv_fwd_f32_dot_blocked)) {
  ATR_BEGIN;
  const int cb = a[0], h = a[1], w_in = a[2], fh = a[5], fw = a[6], dh = a[8], dw = a[9], tiles = a[12], oc = a[17];
  const int from = ((int)ATR_GROUP(0) + (int)ATR_GROUP(1) * a[13]) * a[26], to = min(from + a[26], a[3] * tiles);
  const int n = ATR_GROUP(2), scaled = !ATR_ABSENT(ATR_EPILOGUE_FACTOR(32)), biased = !ATR_ABSENT(32);
  const size_t block = (size_t)h * w_in * 16;
  __global const float *xn = ATR_PTR(20) + n * cb * block;
  for (int oy = from / tiles, i = from - oy * tiles, k = from; k < to; oy++, i = 0) {
    ATR_TILE_ROWS;
    for (; i < tiles && k < to; i++, k++) {
      ATR_TILE_AT(8, i);
      const int ix0 = ox * SW - a[11];
      __global const float *wo = ATR_PTR(22);
      for (int o = 0; o < oc; o++) {
        ATR_EACH(8)(ATR_DECLARE)
        for (int b = 0; b < cb; b++, wo += fh * fw * 16)
          for (int ky = ky0; ky < ky1; ky++) {
            __global const float *xp = xn + b * block + ((long)(iy0 + ky * dh) * w_in + ix0) * 16, *wp = wo + ky * fw * 16;
            for (int kx = 0, ix = ix0; kx < fw; kx++, ix += dw, xp += dw * 16, wp += 16) {
              const float16 wv = *(__global const float16 *)wp;
              if (ix >= 0 && ix + 7 * SW < w_in) {
                ATR_EACH(8)(ATR_ADD)
              } else {
                const int low = ix >= 0 ? 0 : (-ix + SW - 1) / SW, high = ix < w_in ? (w_in - 1 - ix) / SW + 1 : 0;
                ATR_EACH(8)(ATR_ADD_PART)
              }
            }
          }
        ATR_TILE_DOT(sum)
        const float factor = scaled ? ATR_PTR(ATR_EPILOGUE_FACTOR(32))[o] : 1.0f;
        sum = fma(sum, (float8)(factor), (float8)(biased ? ATR_PTR(32)[o] : 0.0f));
        const size_t at = (((size_t)n * oc + o) * a[3] + oy) * a[4] + ox;
        float some[8];
        vstore8(sum, 0, some);
        for (int p = first; p < end; p++) {
          float one = some[p];
          if (!ATR_ABSENT(ATR_EPILOGUE_RESIDUAL(32))) one += ATR_PTR(ATR_EPILOGUE_RESIDUAL(32))[at + p];
          ATR_EPILOGUE_CLIP(32, one);
          ATR_PTR(24)[at + p] = one;
        }
      }
    }
  }
}
#undef ATR_DECLARE
#undef ATR_ADD
#undef ATR_ADD_PART
