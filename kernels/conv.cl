/* conv.cl: convolution, one item an output element, any device.
 * conv_fwd_f32_baseline: words 0-21 geometry (ATR_CONV_*), 22 x, 24 w, 26 y, 28 epilogue (conv_epilogue.clh).
 * Canonical order: from the bias, input channels outermost, then taps ascending, by fma. No macros. */
#include "conv.clh"
#include "conv_epilogue.clh"

ATR_KERNEL(ATR_FN(conv_fwd_f32_baseline)) {
  ATR_BEGIN;
  int at = ATR_ITEM;
  if (at >= ATR_CONV_COUNT) return;
  __global const float *x = ATR_PTR(22);
  __global const float *w = ATR_PTR(24);
  const int cg = ATR_CONV_CG, ocg = ATR_CONV_OCG, group = ATR_CONV_GROUP;
  const int id = ATR_CONV_IN(0), ih = ATR_CONV_IN(1), iw = ATR_CONV_IN(2);
  const int fd = ATR_CONV_FILTER(0), fh = ATR_CONV_FILTER(1), fw = ATR_CONV_FILTER(2);
  const int item = at;
  const int ox = at % ATR_CONV_OUT(2);
  at /= ATR_CONV_OUT(2);
  const int oy = at % ATR_CONV_OUT(1);
  at /= ATR_CONV_OUT(1);
  const int oz = at % ATR_CONV_OUT(0);
  at /= ATR_CONV_OUT(0);
  const int oc = at % (ocg * group), n = at / (ocg * group);
  const int z0 = oz * ATR_CONV_STRIDE(0) - ATR_CONV_PAD(0), dd = ATR_CONV_DILATION(0);
  const int y0 = oy * ATR_CONV_STRIDE(1) - ATR_CONV_PAD(1), dh = ATR_CONV_DILATION(1);
  const int x0 = ox * ATR_CONV_STRIDE(2) - ATR_CONV_PAD(2), dw = ATR_CONV_DILATION(2);
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
