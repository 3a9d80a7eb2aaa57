/* lp_normalization.cl: x over its norm along the middle of [outer][length][inner], and the gradient. No macros.
 * Words: 0 lines, 1 length, 2 inner, 3 p (1 or 2); then x, y (fwd) or dy, x, dx (bwd). One item a line; elements are
 * added ascending, in parts of 256. */
static float ATR_FN(lp_normalization_norm)(__global const float *x, int length, int inner, int p) {
  float most = 0.0f, sum = 0.0f;
  for (int i = 0; i < length; i++) {
    const float v = fabs(x[i * inner]);
    most = v <= most ? most : v;
  }
  if (!(most > 0.0f) || isinf(most)) return most;
  for (int i = 0; i < length;) {
    float part = 0.0f;
    for (const int end = min(length, i + 256); i < end; i++) {
      const float v = fabs(x[i * inner]) / most;
      part += p == 2 ? v * v : v;
    }
    sum += part;
  }
  return most * (p == 2 ? sqrt(sum) : sum);
}

ATR_ITEM_KERNEL(ATR_FN(lp_normalization_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int line = ATR_ITEM;
  if (line >= a[0]) return;
  const int inner = a[2], at = line / inner * a[1] * inner + line % inner;
  __global const float *x = ATR_PTR(4) + at;
  __global float *y = ATR_PTR(6) + at;
  const float norm = ATR_FN(lp_normalization_norm)(x, a[1], inner, a[3]);
  for (int i = 0; i < a[1]; i++) y[i * inner] = norm == 0.0f ? 0.0f : x[i * inner] / norm;
}

ATR_ITEM_KERNEL(ATR_FN(lp_normalization_bwd_f32_baseline)) {
  ATR_BEGIN;
  const int line = ATR_ITEM;
  if (line >= a[0]) return;
  const int inner = a[2], length = a[1], at = line / inner * length * inner + line % inner;
  __global const float *dy = ATR_PTR(4) + at, *x = ATR_PTR(6) + at;
  __global float *dx = ATR_PTR(8) + at;
  const float norm = ATR_FN(lp_normalization_norm)(x, length, inner, a[3]);
  float along = 0.0f;
  for (int i = 0; i < length && norm != 0.0f;) {
    float part = 0.0f;
    for (const int end = min(length, i + 256); i < end; i++) part += dy[i * inner] * (x[i * inner] / norm);
    along += part;
  }
  for (int i = 0; i < length; i++) {
    const float v = x[i * inner];
    const float direction = a[3] == 2 ? v / norm : v > 0.0f ? 1.0f : v < 0.0f ? -1.0f : 0.0f;
    dx[i * inner] = norm == 0.0f ? 0.0f : (dy[i * inner] - direction * along) / norm;
  }
}
