/* det.cl: determinants. No macros.
 * det_fwd_f32_baseline: count, x, y, a copy of x to work in, n. One item a matrix, as src/op/det_host.c. */
ATR_ITEM_KERNEL(ATR_FN(det_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM, n = a[7];
  if (i >= a[0]) return;
  __global const float *x = ATR_PTR(1) + i * n * n;
  __global float *m = ATR_PTR(5) + i * n * n;
  float det = 1.0f;
  for (int k = 0; k < n * n; k++) m[k] = x[k];
  for (int c = 0; c < n; c++) {
    int pivot = c;
    for (int r = c + 1; r < n; r++)
      if (fabs(m[r * n + c]) > fabs(m[pivot * n + c])) pivot = r;
    const float head = m[pivot * n + c];
    if (head == 0.0f) {
      det = 0.0f;
      break;
    }
    for (int k = c; pivot != c && k < n; k++) {
      const float other = m[c * n + k];
      m[c * n + k] = m[pivot * n + k];
      m[pivot * n + k] = other;
    }
    det *= pivot == c ? head : -head;
    for (int r = c + 1; r < n; r++) {
      const float factor = m[r * n + c] / head;
      for (int k = c + 1; k < n; k++) m[r * n + k] -= factor * m[c * n + k];
    }
  }
  ATR_PTR(3)[i] = det;
}
