/* normalization_scale.cl: a normalization as a factor and a summand a channel; the formula is in
 * src/op/normalization_scale.c. normalization_scale_f32_baseline: a group of one item does 16 channels; words 0 count,
 * 1 epsilon, 2 scale, 4 bias, 6 mean, 8 var, 10 bias of the convolution or absent, 12 factor, 14 summand. No macros. */
ATR_TILE_KERNEL(ATR_FN(normalization_scale_f32_baseline)) {
  ATR_BEGIN;
  const int first = 16 * (int)ATR_GROUP(0), end = min(a[0], first + 16);
  __global float *factor = ATR_PTR(12), *summand = ATR_PTR(14);
  for (int i = first; i < end; i++) {
    const float f = ATR_PTR(2)[i] / sqrt(ATR_PTR(8)[i] + ATR_FLOAT(1));
    const float before = ATR_ABSENT(10) ? 0.0f : ATR_PTR(10)[i];
    factor[i] = f;
    summand[i] = ATR_PTR(4)[i] + (before - ATR_PTR(6)[i]) * f;
  }
}
