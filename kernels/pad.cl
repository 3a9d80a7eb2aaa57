/* pad.cl: padding and the gradient of modes that repeat elements. Macro WORD: the type of a word (uchar, ushort, int, long).
 * pad_fwd_baseline: count, x, y, low and high bits of the constant, mode (atr__pad_mode), rank, then for each axis from
 *   the innermost: padded extent, extent, before, stride of x. One item an element of y.
 * pad_fwd_rows: the same and rows, rows of a group. A work-group of one item takes whole rows of the innermost axis: what
 *   is copied lies in one piece between what is padded.
 * pad_bwd_f32_baseline: count, dy, dx, mode, inner, extent, padded extent, before: of one axis. One item an element of
 *   dx; what was read from it is added in ascending order. */
#ifndef WORD
#error "pad.cl needs WORD"
#endif

static int ATR_FN(pad_source)(int mode, int at, int extent) {
  if (at >= 0 && at < extent) return at;
  if (mode == 0) return -1;
  if (mode == 2) return at < 0 ? 0 : extent - 1;
  const int period = mode == 3 ? extent : extent > 1 ? 2 * (extent - 1) : 1;
  at %= period;
  if (at < 0) at += period;
  return at < extent ? at : period - at;
}

ATR_ITEM_KERNEL(ATR_FN(pad_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  int rest = i, from = 0;
  for (int d = 0, w = 9; d < a[8] && from >= 0; d++, w += 4) {
    const int at = ATR_FN(pad_source)(a[7], rest % a[w] - a[w + 2], a[w + 1]);
    rest /= a[w];
    from = at < 0 ? -1 : from + at * a[w + 3];
  }
  ((__global WORD *)ATR_PTR(3))[i] =
      from < 0 ? (WORD)((ulong)(uint)a[5] | (ulong)(uint)a[6] << 32) : ((__global const WORD *)ATR_PTR(1))[from];
}

ATR_TILE_KERNEL(ATR_FN(pad_fwd_rows)) {
  ATR_BEGIN;
  const int w0 = 9 + 4 * a[8], group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1));
  const int last = min((group + 1) * a[w0 + 1], a[w0]);
  const int length = a[9], extent = a[10], before = a[11], mode = a[7];
  const int first = min(max(before, 0), length), end = max(first, min(length, before + extent));
  const WORD fill = (WORD)((ulong)(uint)a[5] | (ulong)(uint)a[6] << 32);
  for (int row = group * a[w0 + 1]; row < last; row++) {
    int rest = row, from = 0;
    for (int d = 1, w = 13; d < a[8] && from >= 0; d++, w += 4) {
      const int at = ATR_FN(pad_source)(mode, rest % a[w] - a[w + 2], a[w + 1]);
      rest /= a[w];
      from = at < 0 ? -1 : from + at * a[w + 3];
    }
    __global WORD *to = (__global WORD *)ATR_PTR(3) + row * length;
    __global const WORD *x = (__global const WORD *)ATR_PTR(1) + max(from, 0);
    if (from < 0 || (mode == 0 && first == end)) {
      for (int i = 0; i < length; i++) to[i] = fill;
      continue;
    }
    for (int i = 0; i < first; i++) to[i] = mode == 0 ? fill : x[ATR_FN(pad_source)(mode, i - before, extent)];
    for (int i = first; i < end; i++) to[i] = x[i - before];
    for (int i = end; i < length; i++) to[i] = mode == 0 ? fill : x[ATR_FN(pad_source)(mode, i - before, extent)];
  }
}

ATR_ITEM_KERNEL(ATR_FN(pad_bwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int mode = a[5], inner = a[6], extent = a[7], padded = a[8], before = a[9];
  const int at = i / inner % extent;
  __global const float *dy = ATR_PTR(1) + i / (inner * extent) * padded * inner + i % inner;
  float sum = 0.0f;
  if (mode == 2) { /* edge: its own place, and at the ends everything beyond */
    const int first = at == 0 ? 0 : max(before + at, 0), last = at == extent - 1 ? padded : min(before + at + 1, padded);
    for (int o = first; o < last; o++) sum += dy[o * inner];
  } else { /* places at + before and, reflected, before - at, and all a period away */
    const int period = mode == 3 ? extent : extent > 1 ? 2 * (extent - 1) : 1;
    int one = (before + at) % period, two = (before - at) % period;
    if (one < 0) one += period;
    if (two < 0) two += period;
    if (mode == 3 || one == two) two = padded;
    while (one < padded || two < padded)
      if (one < two) {
        sum += dy[one * inner];
        one += period;
      } else {
        sum += dy[two * inner];
        two += period;
      }
  }
  ATR_PTR(3)[i] = sum;
}
