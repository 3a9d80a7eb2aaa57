/* conv_integer.cl: convolution of 8-bit integers. Macros: CONV_X, CONV_W, CONV_Y (types), CONV_SCALED (1: y is 8-bit too,
 * 0: the sum itself).
 * conv_integer_fwd_baseline: words 0-21 geometry (ATR_CONV_*), 22 x, 24 w, 26 y, 28 zero point of x, 30 of w, 32 whether
 * w's is one a channel, 33 bias, 35 scale of x, 37 of w, 39 whether w's is one a channel, 40 scale of y, 42 its zero point,
 * 44 least, 45 greatest. Zero points and bias may be absent. One item an element; sums wrap, so they are unsigned. */
#if !defined(CONV_X) || !defined(CONV_W) || !defined(CONV_Y) || !defined(CONV_SCALED)
#error "conv_integer.cl needs CONV_X, CONV_W, CONV_Y and CONV_SCALED"
#endif
#include "conv.clh"
#include "quantize.clh"

ATR_ITEM_KERNEL(ATR_FN(conv_integer_fwd_baseline)) {
  ATR_BEGIN;
  int at = ATR_ITEM;
  if (at >= ATR_CONV_COUNT) return;
  __global const CONV_X *x = (__global const CONV_X *)ATR_PTR(22);
  __global const CONV_W *w = (__global const CONV_W *)ATR_PTR(24);
  ATR_CONV_ITEM;
  const int x_zero = ATR_ABSENT(28) ? 0 : ((__global const CONV_X *)ATR_PTR(28))[0];
  const int w_zero = ATR_ABSENT(30) ? 0 : ((__global const CONV_W *)ATR_PTR(30))[a[32] ? oc : 0];
  uint sum = ATR_ABSENT(33) ? 0 : ((__global const uint *)ATR_PTR(33))[oc];
  w += oc * cg * fd * fh * fw;
  x += (n * group + oc / ocg) * cg * id * ih * iw;
  for (int ic = 0; ic < cg; ic++, x += id * ih * iw)
    for (int fz = 0; fz < fd; fz++)
      for (int fy = 0; fy < fh; fy++)
        for (int fx = 0; fx < fw; fx++, w++) {
          const int iz = z0 + fz * dd, iy = y0 + fy * dh, ix = x0 + fx * dw;
          if (iz >= 0 && iz < id && iy >= 0 && iy < ih && ix >= 0 && ix < iw)
            sum += (uint)(((int)*w - w_zero) * ((int)x[(iz * ih + iy) * iw + ix] - x_zero));
        }
  __global CONV_Y *y = (__global CONV_Y *)ATR_PTR(26);
#if CONV_SCALED
  const float factor = atr_quantize_divide(ATR_PTR(35)[0] * ATR_PTR(37)[a[39] ? oc : 0], ATR_PTR(40)[0]);
  const int zero = ((__global const CONV_Y *)ATR_PTR(42))[0];
  y[item] = (CONV_Y)atr_quantize((float)as_int(sum) * factor, zero, a[44], a[45]);
#else
  y[item] = as_int(sum);
#endif
}
#undef CONV_X
#undef CONV_W
#undef CONV_Y
#undef CONV_SCALED
