/* causal_conv.cl: convolution of each channel with the past alone, and what of the past is carried on. No macros.
 * Words of both: 0 count, 1 c, 2 length, 3 taps, 4 x, 6 past (may be absent: zeros); then
 * causal_conv_fwd_f32_baseline: 8 w, 10 bias (may be absent), 12 y, 14 whether y is times its sigmoid.
 * causal_conv_state_f32_baseline: 8 present. One item an element. */

/* What is at t of a row's past followed by its input. */
float atr_causal_conv_at(__global const float *x, __global const float *past, int before, int t) {
  return t >= before ? x[t - before] : past ? past[t] : 0.0f;
}

ATR_ITEM_KERNEL(ATR_FN(causal_conv_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int row = i / a[2], t = i % a[2], c = row % a[1], taps = a[3];
  __global const float *x = ATR_PTR(4) + row * a[2], *w = ATR_PTR(8) + c * taps;
  __global const float *past = ATR_ABSENT(6) ? 0 : ATR_PTR(6) + row * (taps - 1);
  float sum = ATR_ABSENT(10) ? 0.0f : ATR_PTR(10)[c];
  for (int k = 0; k < taps; k++) sum = fma(w[k], atr_causal_conv_at(x, past, taps - 1, t + k), sum);
  ATR_PTR(12)[i] = a[14] ? sum / (1.0f + exp(-sum)) : sum;
}

ATR_ITEM_KERNEL(ATR_FN(causal_conv_state_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int before = a[3] - 1, row = i / before, t = i % before;
  __global const float *past = ATR_ABSENT(6) ? 0 : ATR_PTR(6) + row * before;
  ATR_PTR(8)[i] = atr_causal_conv_at(ATR_PTR(4) + row * a[2], past, before, a[2] + t);
}
