/* normalization_scale.cl: a normalization as a factor and a summand a channel; the formula is in
 * src/op/normalization_scale.c. normalization_scale_f32_baseline: one item a channel; words 0 count, 1 epsilon, 2 scale,
 * 4 bias, 6 mean, 8 var, 10 bias of the convolution or absent, 12 factor, 14 summand. No macros. */
ATR_KERNEL(ATR_FN(normalization_scale_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const float factor = ATR_PTR(2)[i] / sqrt(ATR_PTR(8)[i] + ATR_FLOAT(1));
  const float before = ATR_ABSENT(10) ? 0.0f : ATR_PTR(10)[i];
  ATR_PTR(12)[i] = factor;
  ATR_PTR(14)[i] = ATR_PTR(4)[i] + (before - ATR_PTR(6)[i]) * factor;
}
