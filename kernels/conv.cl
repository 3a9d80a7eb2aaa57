/* conv.cl: convolution, one item an output element, any device.
 * conv_fwd_f32_baseline: words 0-21 geometry (ATR_CONV_*), 22 x, 24 w, 26 y, 28 epilogue (conv_epilogue.clh).
 * Canonical order: from the bias, input channels outermost, then taps ascending, by fma. No macros. */
#include "conv.clh"
#include "conv_epilogue.clh"

ATR_ITEM_KERNEL(ATR_FN(conv_fwd_f32_baseline)) {
  ATR_BEGIN;
  int at = ATR_ITEM;
  if (at >= ATR_CONV_COUNT) return;
  __global const float *x = ATR_PTR(22);
  __global const float *w = ATR_PTR(24);
  ATR_CONV_ITEM;
  float sum = ATR_EPILOGUE_BEGIN(28, oc);
  w += oc * cg * fd * fh * fw;
  x += (n * group + oc / ocg) * cg * id * ih * iw;
  for (int ic = 0; ic < cg; ic++, x += id * ih * iw)
    for (int fz = 0; fz < fd; fz++)
      for (int fy = 0; fy < fh; fy++)
        for (int fx = 0; fx < fw; fx++, w++) {
          const int iz = z0 + fz * dd, iy = y0 + fy * dh, ix = x0 + fx * dw;
          if (iz >= 0 && iz < id && iy >= 0 && iy < ih && ix >= 0 && ix < iw)
            sum = fma(*w, x[(iz * ih + iy) * iw + ix], sum);
        }
  if (!ATR_ABSENT(ATR_EPILOGUE_FACTOR(28))) ATR_EPILOGUE_SCALE(28, oc, sum);
  if (!ATR_ABSENT(ATR_EPILOGUE_RESIDUAL(28))) sum += ATR_PTR(ATR_EPILOGUE_RESIDUAL(28))[item];
  ATR_EPILOGUE_CLIP(28, sum);
  ATR_PTR(26)[item] = sum;
}
