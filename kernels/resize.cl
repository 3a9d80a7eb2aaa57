/* resize.cl: Resize and its gradient as tables of taps over [outer][d][h][w]. No macros.
 * A table: where the taps of each position start (positions + 1 words), then pairs (position read, weight).
 *
 * resize_f32_baseline: one item an element, five axes. Words: 0 count, 1-5 sizes read, 6-10 sizes written, 11-15 word
 *   of each axis's table, 16 read, 18 written, 20 the value where an axis has no taps, then the tables. The gradient has
 *   transposed tables.
 * resize_fwd_f32_blocked: tensors are [n][c / 16][d][h][w][16]; a work-group of one item does some rows. Words: 0
 *   rows in all, 1-3 d h w read, 4-6 d h w written, 7-9 word of each axis's table, 10 read, 12 written, 14 rows a group.
 * resize_fwd_f32_blocked_double: the same layout, height and width doubled linearly: an item makes two rows of the output
 *   from two neighbouring ones of x. Words: 0 pairs in all, 1 rows of x, 2 its width, 3 pairs a group, 4 x, 6 y.
 * resize_fwd_f32_double_linear, resize_bwd_x_f32_double_linear: a work-group of one item does `each` rows, the
 *   width doubled (halved back) by weights 1/4 and 3/4. Words: 0 rows in all, 1 rows of a plane read, 2 written, 3
 *   width of x, 4 each, 5 read, 7 written, 9 the table of the rows. */

ATR_ITEM_KERNEL(ATR_FN(resize_f32_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM;
  if (at >= a[0]) return;
  __global const int *pair[5];
  int first[5]; int end[5];
  int rest = at; int any = 1;
  for (int k = 4; k >= 0; k--) {
    const int size = a[6 + k], o = rest % size;
    __global const int *table = a + a[11 + k];
    rest /= size;
    first[k] = table[o];
    end[k] = table[o + 1];
    any &= first[k] < end[k];
    pair[k] = table + size + 1;
  }
  float sum = any ? 0.0f : ATR_FLOAT(20);
  __global const float *from = ATR_PTR(16) + (size_t)rest * (a[1] * a[2] * a[3] * a[4] * a[5]);
  for (int i0 = first[0]; i0 < end[0]; i0++)
    for (int i1 = first[1]; i1 < end[1]; i1++)
      for (int i2 = first[2]; i2 < end[2]; i2++) {
        const int deep = (pair[0][2 * i0] * a[2] + pair[1][2 * i1]) * a[3] + pair[2][2 * i2];
        const float outer = as_float(pair[0][2 * i0 + 1]) * as_float(pair[1][2 * i1 + 1]) * as_float(pair[2][2 * i2 + 1]);
        for (int i3 = first[3]; i3 < end[3]; i3++) {
          const float weight = outer * as_float(pair[3][2 * i3 + 1]);
          __global const float *line = from + (deep * a[4] + pair[3][2 * i3]) * a[5];
          for (int i4 = first[4]; i4 < end[4]; i4++)
            sum = fma(weight * as_float(pair[4][2 * i4 + 1]), line[pair[4][2 * i4]], sum);
        }
      }
  ATR_PTR(18)[at] = sum;
}

ATR_TILE_KERNEL(ATR_FN(resize_fwd_f32_blocked)) {
  ATR_BEGIN;
  const int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1));
  const int last = min(a[0], (group + 1) * a[14]);
  __global const int *d = a + a[7], *h = a + a[8], *w = a + a[9];
  __global const int *pair_d = d + a[4] + 1, *pair_h = h + a[5] + 1, *pair_w = w + a[6] + 1;
  for (int row = group * a[14]; row < last; row++) {
    const int oh = row % a[5], deep = row / a[5], od = deep % a[4];
    __global const float16 *from = (__global const float16 *)ATR_PTR(10) + (size_t)(deep / a[4]) * (a[1] * a[2] * a[3]);
    __global float16 *to = (__global float16 *)ATR_PTR(12) + (size_t)row * a[6];
    for (int ow = 0; ow < a[6]; ow++) {
      float16 sum = 0.0f;
      for (int i = d[od]; i < d[od + 1]; i++)
        for (int j = h[oh]; j < h[oh + 1]; j++) {
          const float weight = as_float(pair_d[2 * i + 1]) * as_float(pair_h[2 * j + 1]);
          __global const float16 *line = from + (pair_d[2 * i] * a[2] + pair_h[2 * j]) * a[3];
          for (int k = w[ow]; k < w[ow + 1]; k++)
            sum = fma((float16)(weight * as_float(pair_w[2 * k + 1])), line[pair_w[2 * k]], sum);
        }
      to[ow] = sum;
    }
  }
}

/* Behind row r of x and before row r + 1 lie rows 2r + 1 and 2r + 2 of y; outside there are copies of the outermost. */
ATR_TILE_KERNEL(ATR_FN(resize_fwd_f32_blocked_double)) {
  ATR_BEGIN;
  const int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1));
  const int last = min(a[0], (group + 1) * a[3]), height = a[1], width = a[2];
  for (int at = group * a[3]; at < last; at++) {
    const int plane = at / (height + 1), r = at % (height + 1) - 1;
    __global const float16 *from = (__global const float16 *)ATR_PTR(4) + (size_t)plane * height * width;
    __global float16 *to = (__global float16 *)ATR_PTR(6) + ((size_t)plane * height * 2 + 2 * r + 1) * 2 * width;
    __global const float16 *upper = from + max(r, 0) * width, *lower = from + min(r + 1, height - 1) * width;
    float16 near = 0.75f * upper[0] + 0.25f * lower[0], far = 0.25f * upper[0] + 0.75f * lower[0];
    if (r < 0 || r + 1 == height) { /* one row of y, a copy of x's vertically */
      if (r < 0) to += 2 * width;
      near = upper[0];
      to[0] = near;
      for (int x = 1; x < width; x++) {
        const float16 next = upper[x];
        to[2 * x - 1] = 0.75f * near + 0.25f * next;
        to[2 * x] = 0.25f * near + 0.75f * next;
        near = next;
      }
      to[2 * width - 1] = near;
      continue;
    }
    __global float16 *below = to + 2 * width;
    to[0] = near;
    below[0] = far;
    for (int x = 1; x < width; x++) {
      const float16 u = upper[x], l = lower[x];
      const float16 next_near = 0.75f * u + 0.25f * l, next_far = 0.25f * u + 0.75f * l;
      to[2 * x - 1] = 0.75f * near + 0.25f * next_near;
      to[2 * x] = 0.25f * near + 0.75f * next_near;
      below[2 * x - 1] = 0.75f * far + 0.25f * next_far;
      below[2 * x] = 0.25f * far + 0.75f * next_far;
      near = next_near;
      far = next_far;
    }
    to[2 * width - 1] = near;
    below[2 * width - 1] = far;
  }
}

/* Some rows a group: `body` sees the plane read, the row to write, and its taps [first, end) in `pair`. */
#define ATR_RESIZE_ROWS(read_width, written_width, body)                                                          \
  const int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1)), width = a[3];                   \
  const int last = min(a[0], group * a[4] + a[4]);                                                                \
  __global const int *table = a + 9, *pair = table + a[2] + 1;                                                    \
  for (int row = group * a[4]; row < last; row++) {                                                               \
    const int first = table[row % a[2]], end = table[row % a[2] + 1];                                             \
    __global const float *from = ATR_PTR(5) + (size_t)(row / a[2]) * a[1] * (read_width);                         \
    __global float *to = ATR_PTR(7) + (size_t)row * (written_width);                                              \
    body                                                                                                          \
  }

/* `value` summed over the row's taps, with `line` the row read. */
#define ATR_RESIZE_TAPS(sum, read_width, value)                                                                   \
  for (int t = first; t < end; t++) {                                                                             \
    __global const float *line = from + (size_t)pair[2 * t] * (read_width);                                       \
    sum += as_float(pair[2 * t + 1]) * (value);                                                                   \
  }

ATR_TILE_KERNEL(ATR_FN(resize_fwd_f32_double_linear)) {
  ATR_BEGIN;
  ATR_RESIZE_ROWS(width, 2 * width,
    int i = 0;
    for (; i + 16 <= width; i += 16) {
      const int before = i > 0 ? i - 1 : 0;
      const int after = i + 16 < width ? i + 16 : width - 1;
      float16 v = 0.0f; float left = 0.0f; float right = 0.0f;
      for (int t = first; t < end; t++) {
        __global const float *line = from + (size_t)pair[2 * t] * width;
        const float weight = as_float(pair[2 * t + 1]);
        v += weight * vload16(0, line + i);
        left += weight * line[before];
        right += weight * line[after];
      }
      float16 l = v.s00123456789abcde; float16 r = v.s123456789abcdeff;
      l.s0 = left; r.sf = right;
      const float16 even = 0.25f * l + 0.75f * v;
      const float16 odd = 0.75f * v + 0.25f * r;
      float16 y0; float16 y1;
      y0.even = even.lo; y0.odd = odd.lo;
      y1.even = even.hi; y1.odd = odd.hi;
      vstore16(y0, 0, to + 2 * i);
      vstore16(y1, 0, to + 2 * i + 16);
    }
    for (; i < width; i++) {
      const int before = i > 0 ? i - 1 : 0;
      const int after = i + 1 < width ? i + 1 : i;
      float v = 0.0f; float left = 0.0f; float right = 0.0f;
      ATR_RESIZE_TAPS(v, width, line[i])
      ATR_RESIZE_TAPS(left, width, line[before])
      ATR_RESIZE_TAPS(right, width, line[after])
      to[2 * i] = 0.25f * left + 0.75f * v;
      to[2 * i + 1] = 0.75f * v + 0.25f * right;
    })
}

ATR_TILE_KERNEL(ATR_FN(resize_bwd_x_f32_double_linear)) {
  ATR_BEGIN;
  ATR_RESIZE_ROWS(2 * width, width,
    int i = 0;
    for (; i + 16 <= width; i += 16) {
      const int before = i > 0 ? 2 * i - 1 : 0;
      const int after = i + 16 < width ? 2 * i + 32 : 2 * width - 1;
      float16 v0 = 0.0f; float16 v1 = 0.0f; float left = 0.0f; float right = 0.0f;
      for (int t = first; t < end; t++) {
        __global const float *line = from + (size_t)pair[2 * t] * 2 * width;
        const float weight = as_float(pair[2 * t + 1]);
        v0 += weight * vload16(0, line + 2 * i);
        v1 += weight * vload16(0, line + 2 * i + 16);
        left += weight * line[before];
        right += weight * line[after];
      }
      const float16 even = atr_join16(v0.even, v1.even);
      const float16 odd = atr_join16(v0.odd, v1.odd);
      float16 l = odd.s00123456789abcde; float16 r = even.s123456789abcdeff;
      l.s0 = left; r.sf = right;
      vstore16(0.25f * (l + r) + 0.75f * (even + odd), 0, to + i);
    }
    for (; i < width; i++) {
      const int before = i > 0 ? 2 * i - 1 : 0;
      const int after = i + 1 < width ? 2 * i + 2 : 2 * i + 1;
      float even = 0.0f; float odd = 0.0f; float left = 0.0f; float right = 0.0f;
      ATR_RESIZE_TAPS(even, 2 * width, line[2 * i])
      ATR_RESIZE_TAPS(odd, 2 * width, line[2 * i + 1])
      ATR_RESIZE_TAPS(left, 2 * width, line[before])
      ATR_RESIZE_TAPS(right, 2 * width, line[after])
      to[i] = 0.25f * (left + right) + 0.75f * (even + odd);
    })
}
#undef ATR_RESIZE_ROWS
#undef ATR_RESIZE_TAPS
