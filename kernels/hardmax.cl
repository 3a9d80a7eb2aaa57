/* hardmax.cl: 1 at the first greatest element along the middle of [outer][length][inner], else 0. No macros.
 * hardmax_fwd_f32_baseline: lines, length, inner, x, y. One item a line. */
ATR_ITEM_KERNEL(ATR_FN(hardmax_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int line = ATR_ITEM;
  if (line >= a[0]) return;
  const int length = a[1], inner = a[2], at = line / inner * length * inner + line % inner;
  __global const float *x = ATR_PTR(3) + at;
  __global float *y = ATR_PTR(5) + at;
  int best = 0;
  float most = x[0];
  for (int i = 1; i < length; i++) {
    const float v = x[i * inner];
    if (most == most && !(v <= most)) {
      best = i;
      most = v;
    }
  }
  for (int i = 0; i < length; i++) y[i * inner] = i == best ? 1.0f : 0.0f;
}
