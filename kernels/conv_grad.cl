/* conv_grad.cl: gradients of convolution, one item an element of the result, any device. No macros.
 * conv_bwd_x_f32_baseline: words 0-21 geometry, 22 dy, 24 w, 26 dx, 28-30 how many taps along d h w lie between two that
 *   reach the same position: stride / gcd(stride, dilation), 31 epilogue (conv_epilogue.clh), of transposed convolution. Order:
 *   from the bias, oc, then positions of dy ascending.
 * conv_bwd_w_f32_baseline: 0-21 geometry, 22 x, 24 dy, 26 dw, 28 images. Order: images, then positions ascending.
 * conv_bwd_b_f32_baseline: 0 count, 1 images, 2 positions of one channel, 3 dy, 5 db. Same order. */
#include "conv.clh"
#include "conv_epilogue.clh"

/* The taps along axis k that reach position `at` of dx lie `step` apart and move by `move` in dy: the first that is
 * taken is `tap`, the greatest, which reads `from`; there are `count`. Finding one of them is the only division. */
#define ATR_CONV_PHASE(k, at, tap, from, count, step, move)                                                        \
  const int step = a[28 + (k)], move = step * ATR_CONV_DILATION(k) / ATR_CONV_STRIDE(k);                           \
  int tap = 0, from = 0, count = 0;                                                                                \
  {                                                                                                                \
    const int atr_p = (at) + ATR_CONV_PAD(k), atr_f = ATR_CONV_FILTER(k);                                          \
    while (tap < step && (atr_p - tap * ATR_CONV_DILATION(k)) % ATR_CONV_STRIDE(k) != 0) tap++;                    \
    if (tap < step && tap < atr_f) {                                                                               \
      tap += (atr_f - 1 - tap) / step * step;                                                                      \
      from = (atr_p - tap * ATR_CONV_DILATION(k)) / ATR_CONV_STRIDE(k);                                            \
      const int atr_skip = from < 0 ? (move - 1 - from) / move : 0;                                                \
      tap -= atr_skip * step;                                                                                      \
      from += atr_skip * move;                                                                                     \
      if (tap >= 0 && from < ATR_CONV_OUT(k)) count = min(tap / step, (ATR_CONV_OUT(k) - 1 - from) / move) + 1;    \
    }                                                                                                              \
  }

ATR_ITEM_KERNEL(ATR_FN(conv_bwd_x_f32_baseline)) {
  ATR_BEGIN;
  int at = ATR_ITEM;
  if (at >= ATR_CONV_COUNT) return;
  __global const float *dy = ATR_PTR(22);
  __global const float *w = ATR_PTR(24);
  const int cg = ATR_CONV_CG, ocg = ATR_CONV_OCG, group = ATR_CONV_GROUP;
  const int oh = ATR_CONV_OUT(1), ow = ATR_CONV_OUT(2), fh = ATR_CONV_FILTER(1), fw = ATR_CONV_FILTER(2);
  const int plane = ATR_CONV_OUT(0) * oh * ow, taps = ATR_CONV_FILTER(0) * fh * fw;
  const int item = at;
  ATR_CONV_PHASE(2, at % ATR_CONV_IN(2), tap_x, from_x, count_x, step_x, move_x)
  at /= ATR_CONV_IN(2);
  ATR_CONV_PHASE(1, at % ATR_CONV_IN(1), tap_y, from_y, count_y, step_y, move_y)
  at /= ATR_CONV_IN(1);
  ATR_CONV_PHASE(0, at % ATR_CONV_IN(0), tap_z, from_z, count_z, step_z, move_z)
  at /= ATR_CONV_IN(0);
  const int c = at % (cg * group), n = at / (cg * group);
  float sum = ATR_EPILOGUE_BEGIN(31, c);
  w += (c / cg * ocg * cg + c % cg) * taps + (tap_z * fh + tap_y) * fw + tap_x;
  dy += (n * group + c / cg) * ocg * plane + (from_z * oh + from_y) * ow + from_x;
  for (int oc = 0; oc < ocg; oc++, dy += plane, w += cg * taps)
    for (int z = 0; z < count_z; z++)
      for (int y = 0; y < count_y; y++) {
        __global const float *row = dy + (z * move_z * oh + y * move_y) * ow;
        __global const float *tap = w - (z * step_z * fh + y * step_y) * fw;
        for (int x = 0; x < count_x; x++) sum = fma(tap[-x * step_x], row[x * move_x], sum);
      }
  if (!ATR_ABSENT(ATR_EPILOGUE_FACTOR(31))) ATR_EPILOGUE_SCALE(31, c, sum);
  if (!ATR_ABSENT(ATR_EPILOGUE_RESIDUAL(31))) sum += ATR_PTR(ATR_EPILOGUE_RESIDUAL(31))[item];
  ATR_EPILOGUE_CLIP(31, sum);
  ATR_PTR(26)[item] = sum;
}
#undef ATR_CONV_PHASE

ATR_ITEM_KERNEL(ATR_FN(conv_bwd_w_f32_baseline)) {
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

ATR_ITEM_KERNEL(ATR_FN(conv_bwd_b_f32_baseline)) {
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
