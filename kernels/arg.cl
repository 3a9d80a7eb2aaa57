/* arg.cl: the index of the greatest or least element along an axis. No macros.
 * arg_fwd_f32_baseline: count, x, y (long), length of the axis, inner, least (1: ArgMin), last (1: among equals the last).
 *   One item an element of y. */
ATR_KERNEL(ATR_FN(arg_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int length = a[5], inner = a[6], last = a[8];
  const float sign = a[7] ? -1.0f : 1.0f;
  __global const float *x = ATR_PTR(1) + i / inner * length * inner + i % inner;
  int found = 0;
  float best = sign * x[0];
  for (int k = 1; k < length; k++) {
    const float v = sign * x[k * inner];
    const int better = v != v ? best == best || last : v > best || (last && v == best);
    found = better ? k : found;
    best = better ? v : best;
  }
  ((__global long *)ATR_PTR(3))[i] = found;
}
