/* arg.cl: the index of the greatest or least element along an axis. No macros.
 * arg_fwd_f32_baseline: count, x, y (long), length of the axis, inner, least (1: ArgMin), last (1: among equals the last).
 *   One item an element of y.
 * arg_fwd_f32_columns: the same; groups of 16 neighbours along inner: [outer][ceil(inner/16)]. A work-group of one item. */
ATR_ITEM_KERNEL(ATR_FN(arg_fwd_f32_baseline)) {
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

ATR_TILE_KERNEL(ATR_FN(arg_fwd_f32_columns)) {
  ATR_BEGIN;
  const int length = a[5], inner = a[6], last = a[8], blocks = (inner + 15) / 16;
  const int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1)), outer = group / blocks;
  const int column = group % blocks * 16, n = min(16, inner - column);
  if (outer * inner >= a[0]) return;
  const float16 sign = (float16)(a[7] ? -1.0f : 1.0f);
  __global const float *x = ATR_PTR(1) + outer * length * inner + column;
  __global long *y = (__global long *)ATR_PTR(3) + outer * inner + column;
  float16 best = (float16)(0.0f);
  int16 found = (int16)(0);
  for (int k = 0; k < length; k++, x += inner) {
    float16 v;
    if (n == 16)
      v = vload16(0, x);
    else {
      float some[16];
      for (int o = 0; o < 16; o++) some[o] = o < n ? x[o] : 0.0f;
      v = vload16(0, some);
    }
    v *= sign;
    const int16 nan = v != v, better = (v > best) | (nan & (best == best));
    const int16 takes = (int16)(k == 0 ? -1 : 0) | better | (last ? (v == best) | nan : (int16)(0));
    found = select(found, (int16)(k), takes);
    best = select(best, v, takes);
  }
  if (n == 16)
    vstore16(convert_long16(found), 0, y);
  else {
    int some[16];
    vstore16(found, 0, some);
    for (int o = 0; o < n; o++) y[o] = some[o];
  }
}
