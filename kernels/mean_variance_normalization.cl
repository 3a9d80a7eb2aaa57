/* mean_variance_normalization.cl: (x - mean) / (sd + 1e-9) over lines of any axes, and the gradient. No macros.
 * _stats_f32_baseline: lines, length, gradient (1), dy, x, scratch, word of the walk of lines, walk along a line, walk of
 *   lines. One item a line: mean, 1 / (sd + 1e-9), and with gradient the means of dy and slope; elements in row-major
 *   order, in parts of 256.
 * _apply_f32_baseline: count, gradient, dy, x, scratch, y or dx, walk whose operand is an element's line. One item an
 *   element. Without gradient dy is x. */
#define ATR_MVN_SUM(total, term)                                                                                  \
  float total = 0.0f;                                                                                             \
  for (int k = 0; k < length;) {                                                                                  \
    float part = 0.0f;                                                                                            \
    for (const int end = min(length, k + 256); k < end; k++) {                                                    \
      int at[1];                                                                                                  \
      ATR_WALK(10, 1, k, at);                                                                                     \
      part += term;                                                                                               \
    }                                                                                                             \
    total += part;                                                                                                \
  }

ATR_ITEM_KERNEL(ATR_FN(mean_variance_normalization_stats_f32_baseline)) {
  ATR_BEGIN;
  const int line = ATR_ITEM, length = a[1];
  if (line >= a[0]) return;
  int from[1];
  ATR_WALK(a[9], 1, line, from);
  __global const float *dy = ATR_PTR(3) + from[0], *x = ATR_PTR(5) + from[0];
  __global float *to = ATR_PTR(7) + 4 * line;
  const float count = (float)length;
  ATR_MVN_SUM(sum, x[at[0]])
  const float mean = sum / count;
  ATR_MVN_SUM(squares, (x[at[0]] - mean) * (x[at[0]] - mean))
  const float sd = sqrt(squares / count), q = sd + 1e-9f;
  to[0] = mean;
  to[1] = 1.0f / q;
  if (!a[2]) return;
  ATR_MVN_SUM(level, dy[at[0]])
  ATR_MVN_SUM(tilt, dy[at[0]] * ((x[at[0]] - mean) / q))
  to[2] = level / count;
  to[3] = sd > 0.0f ? tilt / count / sd : 0.0f;
}
#undef ATR_MVN_SUM

ATR_ITEM_KERNEL(ATR_FN(mean_variance_normalization_apply_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  int at[1];
  ATR_WALK(10, 1, i, at);
  __global const float *s = ATR_PTR(6) + 4 * at[0];
  const float d = ATR_PTR(4)[i] - s[0];
  ATR_PTR(8)[i] = a[1] ? (ATR_PTR(2)[i] - s[2] - d * s[3]) * s[1] : d * s[1];
}
