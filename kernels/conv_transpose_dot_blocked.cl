/* conv_transpose_dot_blocked.cl: transposed convolution of channel blocks into few channels, plain, for CPU-class devices: the last
 * layer, as conv_dot_blocked.cl.
 *
 * conv_transpose_f32_dot_blocked: a tile is eight outputs of a row of every phase, one output channel behind the other; a work-group
 * does word 26 tiles, rows one behind the other. Words: conv_phase.clh; word 13 counts work-groups along the grid's first axis.
 * NDRange: word 13, what is left of them, samples. x [n][cb][h][w][16], w packed [oc][cb][fh][fw][16] (conv_pack_blocked.cl),
 * y [n][oc][oh][ow], the epilogue's residual as y. Order, for each of sixteen lanes: blocks of 16 input channels, positions of x
 * ascending, by fma from 0; then ATR_TILE_DOT; then the epilogue. Outputs that a tap misses are left out. No macros. */
#include "conv_epilogue.clh"
#include "conv_tile.clh"
#include "conv_phase.clh"
#define ATR_DECLARE(p) float16 s##p = 0.0f;
#define ATR_ADD(p) s##p = fma(*(__global const float16 *)(xp + (p) * 16), wv, s##p);
#define ATR_ADD_PART(p) \
  if (ix + (p) >= 0 && ix + (p) < w_in) ATR_ADD(p)

ATR_TILE_KERNEL(ATR_FN(conv_transpose_f32_dot_blocked)) {
  ATR_BEGIN;
  const int cb = a[0], h = a[1], w_in = a[2], dh = a[8], dw = a[9], sh = a[40], sw = a[41], tiles = a[12], oc = a[17];
  const int from = ((int)ATR_GROUP(0) + (int)ATR_GROUP(1) * a[13]) * a[26], to = min(from + a[26], a[3] * tiles);
  const int n = ATR_GROUP(2), scaled = !ATR_ABSENT(ATR_EPILOGUE_FACTOR(32)), biased = !ATR_ABSENT(32);
  const size_t block = (size_t)h * w_in * 16;
  __global const float *xn = ATR_PTR(20) + n * cb * block;
  for (int oy = from / tiles, i = from - oy * tiles, k = from; k < to; oy++, i = 0)
    for (; i < tiles && k < to; i++, k++) {
      ATR_TILE_AT(8, i);
      const int tile_end = end;
      for (int phase = 0; phase < sh * sw; phase++) {
        ATR_PHASE(phase, tile_end)
        if (oy * sh + py >= a[10] || first >= end) continue;
        __global const float *wo = ATR_PTR(22);
        for (int o = 0; o < oc; o++) {
          ATR_EACH(8)(ATR_DECLARE)
          for (int b = 0; b < cb; b++, wo += a[5] * a[6] * 16)
            for (int ky = ky0; ky < ky1; ky++) {
              __global const float *xp = xn + b * block + ((long)(iy0 + ky * dh) * w_in + ix0) * 16, *wp = wo + ATR_PHASE_TAP(ky) * 16;
              for (int kx = 0, ix = ix0; kx < fw; kx++, ix += dw, xp += dw * 16, wp -= a[43] * 16) {
                const float16 wv = *(__global const float16 *)wp;
                if (ix >= 0 && ix + 7 < w_in) {
                  ATR_EACH(8)(ATR_ADD)
                } else {
                  ATR_EACH(8)(ATR_ADD_PART)
                }
              }
            }
          ATR_TILE_DOT(sum)
          const float factor = scaled ? ATR_PTR(ATR_EPILOGUE_FACTOR(32))[o] : 1.0f;
          sum = fma(sum, (float8)(factor), (float8)(biased ? ATR_PTR(32)[o] : 0.0f));
          const size_t at = (((size_t)n * oc + o) * a[10] + oy * sh + py) * a[11] + (size_t)ox * sw + px;
          float some[8];
          vstore8(sum, 0, some);
          for (int p = first; p < end; p++) {
            float one = some[p];
            if (!ATR_ABSENT(ATR_EPILOGUE_RESIDUAL(32))) one += ATR_PTR(ATR_EPILOGUE_RESIDUAL(32))[at + p * sw];
            ATR_EPILOGUE_CLIP(32, one);
            ATR_PTR(24)[at + p * sw] = one;
          }
        }
      }
    }
}
#undef ATR_DECLARE
#undef ATR_ADD
#undef ATR_ADD_PART
