/* lrn.cl: normalization over neighbouring channels of [n][c][inner], and its gradient. No macros.
 * Words of both: count, c, inner, channels before, channels after, alpha / size, beta, bias; then
 * lrn_fwd_f32_baseline: x, y, s (may be absent). lrn_bwd_f32_baseline: dy, x, s, dx. One item an element. */
ATR_ITEM_KERNEL(ATR_FN(lrn_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int channel = i / a[2] % a[1], first = max(-channel, -a[3]), last = min(a[1] - 1 - channel, a[4]);
  __global const float *x = ATR_PTR(8) + i;
  float sum = 0.0f;
  for (int c = first; c <= last; c++) sum = fma(x[c * a[2]], x[c * a[2]], sum);
  const float s = fma(ATR_FLOAT(5), sum, ATR_FLOAT(7));
  ATR_PTR(10)[i] = x[0] * pow(s, -ATR_FLOAT(6));
  if (!ATR_ABSENT(12)) ATR_PTR(12)[i] = s;
}

ATR_ITEM_KERNEL(ATR_FN(lrn_bwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int channel = i / a[2] % a[1], first = max(-channel, -a[4]), last = min(a[1] - 1 - channel, a[3]);
  __global const float *dy = ATR_PTR(8) + i, *x = ATR_PTR(10) + i, *s = ATR_PTR(12) + i;
  const float beta = ATR_FLOAT(6);
  float sum = 0.0f;
  for (int c = first; c <= last; c++) sum += dy[c * a[2]] * x[c * a[2]] * pow(s[c * a[2]], -beta - 1.0f);
  ATR_PTR(14)[i] = dy[0] * pow(s[0], -beta) - 2.0f * ATR_FLOAT(5) * beta * x[0] * sum;
}
