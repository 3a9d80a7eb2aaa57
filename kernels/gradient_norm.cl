/* gradient_norm.cl: sums of squares and counts of non-finite elements of many tensors, and the gate. No macros.
 *
 * gradient_norm_parts_f32_baseline: one item a part of a tensor; part p of it adds elements p, p + parts, …
 *   Words: 0 tensors, 1 parts, 2 pairs [tensor][part], then for each tensor its count and pointer (4 + 3t, 5 + 3t).
 * gradient_norm_parts_f32_runs (CPU class): one group a part; part p of a tensor adds one run of neighbours, sixteen
 *   lanes side by side, then the lanes in order, then the rest. Words: as the baseline.
 * gradient_norm_join_f32_baseline: one item a tensor, parts in ascending order. 0 tensors, 1 parts, 2 pairs, 4 result.
 * clip_factor_f32_baseline: one item. 0 tensors, 1 loss, 3 scalars, 5 norms, 7 gate. See src/op/gradient_norm.c. */
#define ATR_FINITE(x) ((as_uint(x) & 0x7f800000u) != 0x7f800000u)

ATR_ITEM_KERNEL(ATR_FN(gradient_norm_parts_f32_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM, parts = a[1];
  if (at >= a[0] * parts) return;
  const int tensor = at / parts, part = at % parts, count = a[4 + 3 * tensor];
  __global const float *g = ATR_PTR(5 + 3 * tensor);
  float sum = 0.0f;
  int bad = 0;
  for (int i = part; i < count; i += parts) {
    const float v = g[i];
    if (ATR_FINITE(v))
      sum += v * v;
    else
      bad++;
    if (i > count - parts) break; /* i + parts would pass the end, or wrap */
  }
  ATR_PTR(2)[2 * at] = sum;
  ATR_PTR(2)[2 * at + 1] = (float)bad;
}

ATR_TILE_KERNEL(ATR_FN(gradient_norm_parts_f32_runs)) {
  ATR_BEGIN;
  const int parts = a[1], at = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1));
  if (at >= a[0] * parts) return;
  const int tensor = at / parts, part = at % parts, count = a[4 + 3 * tensor], run = count / parts + 1;
  __global const float *g = ATR_PTR(5 + 3 * tensor);
  const int begin = min(count, part * run), end = run < count - begin ? begin + run : count;
  const int whole = begin + (end - begin) / 16 * 16;
  float16 sums = 0.0f;
  int16 bads = 0;
  for (int i = begin; i < whole; i += 16) {
    const float16 v = vload16(0, g + i);
    const int16 finite = (as_int16(v) & 0x7f800000) != 0x7f800000; /* -1 or 0 */
    sums += select((float16)(0.0f), v * v, finite);
    bads += 1 + finite;
  }
  float sum[16];
  int bad[16];
  vstore16(sums, 0, sum);
  vstore16(bads, 0, bad);
  for (int k = 1; k < 16; k++) {
    sum[0] += sum[k];
    bad[0] += bad[k];
  }
  for (int i = whole; i < end; i++) {
    const float v = g[i];
    if (ATR_FINITE(v))
      sum[0] += v * v;
    else
      bad[0]++;
  }
  ATR_PTR(2)[2 * at] = sum[0];
  ATR_PTR(2)[2 * at + 1] = (float)bad[0];
}

ATR_ITEM_KERNEL(ATR_FN(gradient_norm_join_f32_baseline)) {
  ATR_BEGIN;
  const int tensor = ATR_ITEM, parts = a[1];
  if (tensor >= a[0]) return;
  __global const float *pair = ATR_PTR(2) + 2 * tensor * parts;
  float sum = 0.0f, bad = 0.0f;
  for (int p = 0; p < parts; p++) {
    sum += pair[2 * p];
    bad += pair[2 * p + 1];
  }
  ATR_PTR(4)[2 * tensor] = sum;
  ATR_PTR(4)[2 * tensor + 1] = bad;
}

ATR_ITEM_KERNEL(ATR_FN(clip_factor_f32_baseline)) {
  ATR_BEGIN;
  if (ATR_ITEM) return;
  const float loss = ATR_PTR(1)[0], limit = ATR_PTR(3)[9];
  __global const float *pair = ATR_PTR(5);
  float sum = 0.0f, bad = 0.0f;
  for (int t = 0; t < a[0]; t++) {
    sum += pair[2 * t];
    bad += pair[2 * t + 1];
  }
  const float norm = sqrt(sum), factor = limit > 0.0f ? limit / (norm + 1e-6f) : 1.0f;
  __global float *gate = ATR_PTR(7);
  gate[0] = factor < 1.0f ? factor : 1.0f;
  gate[1] = ATR_FINITE(loss) && ATR_FINITE(norm) && bad <= 0.0f ? 1.0f : 0.0f;
  gate[2] = bad > 0.0f ? NAN : norm;
  gate[3] = loss;
}
#undef ATR_FINITE
