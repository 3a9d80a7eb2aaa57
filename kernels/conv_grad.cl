/* conv_grad.cl: gradients of convolution, one item an element of the result, any device. No macros.
 * conv_bwd_x_f32_baseline: words 0-21 geometry, 22 dy, 24 w, 26 dx. Order: oc, then positions of dy ascending.
 * conv_bwd_w_f32_baseline: the same, 22 x, 24 dy, 26 dw, 28 images. Order: images, then positions ascending.
 * conv_bwd_b_f32_baseline: 0 count, 1 images, 2 positions of one channel, 3 dy, 5 db. Same order. */
#include "conv.clh"

ATR_KERNEL(ATR_FN(conv_bwd_x_f32_baseline)) {
  ATR_BEGIN;
  int at = ATR_ITEM;
  if (at >= ATR_CONV_COUNT) return;
  __global const float *dy = ATR_PTR(22);
  __global const float *w = ATR_PTR(24);
  const int cg = ATR_CONV_CG, ocg = ATR_CONV_OCG, group = ATR_CONV_GROUP;
  const int od = ATR_CONV_OUT(0), oh = ATR_CONV_OUT(1), ow = ATR_CONV_OUT(2);
  const int fd = ATR_CONV_FILTER(0), fh = ATR_CONV_FILTER(1), fw = ATR_CONV_FILTER(2);
  const int sd = ATR_CONV_STRIDE(0), sh = ATR_CONV_STRIDE(1), sw = ATR_CONV_STRIDE(2);
  const int item = at;
  const int x0 = at % ATR_CONV_IN(2) + ATR_CONV_PAD(2);
  at /= ATR_CONV_IN(2);
  const int y0 = at % ATR_CONV_IN(1) + ATR_CONV_PAD(1);
  at /= ATR_CONV_IN(1);
  const int z0 = at % ATR_CONV_IN(0) + ATR_CONV_PAD(0);
  at /= ATR_CONV_IN(0);
  const int c = at % (cg * group), n = at / (cg * group);
  const int taps = fd * fh * fw;
  float sum = 0.0f;
  w += (c / cg * ocg * cg + c % cg) * taps;
  dy += (n * group + c / cg) * ocg * od * oh * ow;
  for (int oc = 0; oc < ocg; oc++, dy += od * oh * ow, w += cg * taps)
    for (int fz = fd - 1; fz >= 0; fz--)
      for (int fy = fh - 1; fy >= 0; fy--)
        for (int fx = fw - 1; fx >= 0; fx--) {
          const int z = z0 - fz * ATR_CONV_DILATION(0);
          const int y = y0 - fy * ATR_CONV_DILATION(1);
          const int x = x0 - fx * ATR_CONV_DILATION(2);
          if (z >= 0 && y >= 0 && x >= 0 && z % sd == 0 && y % sh == 0 && x % sw == 0 && z / sd < od &&
              y / sh < oh && x / sw < ow)
            sum = fma(w[(fz * fh + fy) * fw + fx], dy[(z / sd * oh + y / sh) * ow + x / sw], sum);
        }
  ATR_PTR(26)[item] = sum;
}

ATR_KERNEL(ATR_FN(conv_bwd_w_f32_baseline)) {
  ATR_BEGIN;
  int at = ATR_ITEM;
  if (at >= ATR_CONV_COUNT) return;
  const int cg = ATR_CONV_CG, ocg = ATR_CONV_OCG, group = ATR_CONV_GROUP;
  const int id = ATR_CONV_IN(0), ih = ATR_CONV_IN(1), iw = ATR_CONV_IN(2);
  const int od = ATR_CONV_OUT(0), oh = ATR_CONV_OUT(1), ow = ATR_CONV_OUT(2);
  const int item = at;
  const int x0 = at % ATR_CONV_FILTER(2) * ATR_CONV_DILATION(2) - ATR_CONV_PAD(2);
  at /= ATR_CONV_FILTER(2);
  const int y0 = at % ATR_CONV_FILTER(1) * ATR_CONV_DILATION(1) - ATR_CONV_PAD(1);
  at /= ATR_CONV_FILTER(1);
  const int z0 = at % ATR_CONV_FILTER(0) * ATR_CONV_DILATION(0) - ATR_CONV_PAD(0);
  at /= ATR_CONV_FILTER(0);
  const int ic = at % cg, oc = at / cg;
  float sum = 0.0f;
  for (int n = 0; n < a[28]; n++) {
    __global const float *x = ATR_PTR(22) + ((n * group + oc / ocg) * cg + ic) * id * ih * iw;
    __global const float *dy = ATR_PTR(24) + (n * group * ocg + oc) * od * oh * ow;
    for (int oz = 0; oz < od; oz++)
      for (int oy = 0; oy < oh; oy++)
        for (int ox = 0; ox < ow; ox++, dy++) {
          const int iz = z0 + oz * ATR_CONV_STRIDE(0), iy = y0 + oy * ATR_CONV_STRIDE(1);
          const int ix = x0 + ox * ATR_CONV_STRIDE(2);
          if (iz >= 0 && iz < id && iy >= 0 && iy < ih && ix >= 0 && ix < iw)
            sum = fma(*dy, x[(iz * ih + iy) * iw + ix], sum);
        }
  }
  ATR_PTR(26)[item] = sum;
}

ATR_KERNEL(ATR_FN(conv_bwd_b_f32_baseline)) {
  ATR_BEGIN;
  const int oc = ATR_ITEM, size = a[2];
  if (oc >= a[0]) return;
  float sum = 0.0f;
  for (int n = 0; n < a[1]; n++) {
    __global const float *dy = ATR_PTR(3) + (n * a[0] + oc) * size;
    for (int i = 0; i < size; i++) sum += dy[i];
  }
  ATR_PTR(5)[oc] = sum;
}
