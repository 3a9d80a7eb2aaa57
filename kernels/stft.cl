/* stft.cl: a signal [n][t][parts] cut into frames [n][frames][length][parts], and frames added to a signal, the
 * earliest first. No macros.
 * Words of both: count, x, y, t, parts, frames, length, step. One item an element. */
ATR_ITEM_KERNEL(ATR_FN(stft_frames_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int parts = a[6], part = i % parts, k = i / parts % a[8], row = i / parts / a[8];
  ATR_PTR(3)[i] = ATR_PTR(1)[(row / a[7] * a[5] + row % a[7] * a[9] + k) * parts + part];
}

ATR_ITEM_KERNEL(ATR_FN(stft_overlap_add_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int parts = a[6], part = i % parts, t = i / parts % a[5], n = i / parts / a[5];
  const int length = a[8], step = a[9], last = min(a[7] - 1, t / step);
  float sum = 0.0f;
  for (int f = t < length ? 0 : (t - length) / step + 1; f <= last; f++)
    sum += ATR_PTR(1)[((n * a[7] + f) * length + t - f * step) * parts + part];
  ATR_PTR(3)[i] = sum;
}
