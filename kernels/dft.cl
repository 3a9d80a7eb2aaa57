/* dft.cl: sums of numbers times roots of unity along one axis; see src/op/dft.h. No macros.
 * dft_roots_f32: period, sign, roots (pairs: cosine, sign · sine). One item a root.
 * dft_fwd_f32_baseline: count, x, y, roots, window (may be absent), period, used, filled, lengths of x and y, inner,
 * parts of x and y, whether x and y are folded, frames, step, factor. One item an element, a number of one or two parts.
 */
ATR_ITEM_KERNEL(ATR_FN(dft_roots_f32)) {
  ATR_BEGIN;
  const int i = ATR_ITEM, n = a[0];
  if (i >= n) return;
  const float angle = 2.0f * (float)(i > n / 2 ? i - n : i) / (float)n;
  ATR_PTR(2)[2 * i] = cospi(angle);
  ATR_PTR(2)[2 * i + 1] = (float)a[1] * sinpi(angle);
}

ATR_ITEM_KERNEL(ATR_FN(dft_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int period = a[9], inner = a[14], parts = a[15], column = i % inner, k = i / inner % a[13],
            row = i / inner / a[13], stride = inner * parts;
  __global const float *x = ATR_PTR(1) + ((row / a[19] * a[12] + row % a[19] * a[20]) * inner + column) * parts;
  __global const float *roots = ATR_PTR(5), *window = ATR_PTR(7);
  const int used = k < a[11] ? a[10] : 0, folded = a[17], windowed = !ATR_ABSENT(7);
  float total_re = 0.0f, total_im = 0.0f;
  int m = 0;
  for (int first = 0; first < used; first += 32) { /* sums of sums: a long one would lose digits */
    float re = 0.0f, im = 0.0f;
    for (int n = first; n < min(used, first + 32); n++) {
      const float w = (folded && n != 0 && 2 * n != period ? 2.0f : 1.0f) * (windowed ? window[n] : 1.0f);
      const float c = roots[2 * m], s = roots[2 * m + 1], u = w * x[n * stride];
      re = fma(u, c, re);
      im = fma(u, s, im);
      if (parts > 1) {
        const float v = w * x[n * stride + 1];
        re = fma(-v, s, re);
        im = fma(v, c, im);
      }
      m += k;
      m = m >= period ? m - period : m;
    }
    total_re += re;
    total_im += im;
  }
  const float factor = ATR_FLOAT(21) * (a[18] && k != 0 && 2 * k != period ? 2.0f : 1.0f);
  __global float *y = ATR_PTR(3) + i * a[16];
  y[0] = total_re * factor;
  if (a[16] > 1) y[1] = total_im * factor;
}
