/* arg_integer.cl: the index of the greatest or least integer along an axis. Macro TYPE.
 * arg_integer_fwd_baseline: as arg_fwd_f32_baseline of arg.cl. */
#ifndef TYPE
#error "arg_integer.cl needs TYPE"
#endif

ATR_ITEM_KERNEL(ATR_FN(arg_integer_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int length = a[5], inner = a[6];
  __global const TYPE *x = (__global const TYPE *)ATR_PTR(1) + i / inner * length * inner + i % inner;
  TYPE best = x[0];
  int found = 0;
  for (int k = 1; k < length; k++) {
    const TYPE v = x[k * inner];
    if (!(a[7] ? v < best : v > best) && !(a[8] && v == best)) continue;
    best = v;
    found = k;
  }
  ((__global long *)ATR_PTR(3))[i] = found;
}
