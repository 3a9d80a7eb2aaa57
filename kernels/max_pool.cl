/* max_pool.cl: MaxPool and its gradient over [n·c][d][h][w]. One item an element of the output (forward) or of the
 * input (gradient). Words: 0 count; 1-18 pool.clh; 19-21 index steps; then tensors: x, y[, indices] or dy, indices, dx. No macros.
 *
 * Indices are long, over the whole tensor. NaN wins; of equal elements the first. */

#include "pool.clh"

#define ATR_MAX_POOL(keep, store)                                                                                 \
  {                                                                                                               \
    ATR_BEGIN;                                                                                                    \
    const int at = ATR_ITEM;                                                                                      \
    if (at >= a[0]) return;                                                                                       \
    const int ow = at % a[6], row = at / a[6], oh = row % a[5], deep = row / a[5], od = deep % a[4];              \
    const int plane = deep / a[4], base = plane * (a[1] * a[2] * a[3]);                                           \
    ATR_POOL_TAPS(0, od, start_d, first_d, end_d)                                                                 \
    ATR_POOL_TAPS(1, oh, start_h, first_h, end_h)                                                                 \
    ATR_POOL_TAPS(2, ow, start_w, first_w, end_w)                                                                 \
    __global const float *x = ATR_PTR(22) + base;                                                                 \
    float best = -INFINITY;                                                                                       \
    int chosen_d = start_d + first_d * a[13], chosen_h = start_h + first_h * a[14],                               \
        chosen_w = start_w + first_w * a[15];                                                                     \
    for (int i = first_d; i < end_d; i++)                                                                         \
      for (int j = first_h; j < end_h; j++)                                                                       \
        for (int k = first_w; k < end_w; k++) {                                                                   \
          const int at_d = start_d + i * a[13], at_h = start_h + j * a[14], at_w = start_w + k * a[15];           \
          const float v = x[(at_d * a[2] + at_h) * a[3] + at_w];                                                  \
          if (v > best || v != v) {                                                                               \
            best = v;                                                                                             \
            keep;                                                                                                 \
          }                                                                                                       \
        }                                                                                                         \
    ATR_PTR(24)[at] = best;                                                                                       \
    store;                                                                                                        \
  }

ATR_ITEM_KERNEL(ATR_FN(max_pool_fwd_f32_baseline)) {
  ATR_MAX_POOL(, )
}

ATR_ITEM_KERNEL(ATR_FN(max_pool_fwd_f32_baseline_indices)) {
  ATR_MAX_POOL((chosen_d = at_d, chosen_h = at_h, chosen_w = at_w),
             ((__global long *)ATR_PTR(26))[at] =
                 (long)base + chosen_d * a[19] + chosen_h * a[20] + chosen_w * a[21])
}

ATR_ITEM_KERNEL(ATR_FN(max_pool_bwd_x_f32_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM;
  if (at >= a[0]) return;
  const int at_w = at % a[3], row = at / a[3], at_h = row % a[2], deep = row / a[2], at_d = deep % a[1];
  const int plane = deep / a[1], base = plane * (a[4] * a[5] * a[6]);
  const long mine = (long)plane * (a[1] * a[2] * a[3]) + at_d * a[19] + at_h * a[20] + at_w * a[21];
  __global const float *dy = ATR_PTR(22) + base;
  __global const long *chosen = (__global const long *)ATR_PTR(24) + base;
  ATR_POOL_WINDOWS(0, at_d, first_d, last_d)
  ATR_POOL_WINDOWS(1, at_h, first_h, last_h)
  ATR_POOL_WINDOWS(2, at_w, first_w, last_w)
  float sum = 0.0f;
  for (int od = first_d; od <= last_d; od++)
    for (int oh = first_h; oh <= last_h; oh++)
      for (int ow = first_w; ow <= last_w; ow++) {
        const int o = (od * a[5] + oh) * a[6] + ow;
        if (chosen[o] == mine) sum += dy[o];
      }
  ATR_PTR(26)[at] = sum;
}

/* max_pool_fwd_f32_lines: a work-group of one item does some rows of the output, of stride 1 or 2 and taps that reach at most
 * ATR_POOL_REACH; words 22 x, 24 y, 26: 1 where y is streamed, 27 rows in all, 28 rows a group. First the greatest of each column,
 * which takes whole vectors whatever the window, beside each other, with -Inf where there are none; then of columns. Some rows
 * at a time: what was just written cannot be read at once by vectors that lie otherwise. */
#define ATR_POOL_ROWS 4
#define ATR_POOL_WIDE 256 /* outputs of a row at a time */
#define ATR_POOL_REACH 448
#define ATR_POOL_PITCH (2 * ATR_POOL_WIDE + ATR_POOL_REACH + 80)
#define ATR_POOL_AHEAD 4096 /* floats: rows are one behind the other, but processors do not see it */
#define ATR_POOL_MORE(best, v) best = ((v > best) | (v != v)) ? v : best
#define ATR_POOL_ONE(M) M(0)
#define ATR_POOL_FOUR(M) M(0) M(1) M(2) M(3)
#define ATR_POOL_FROM(p) float16 best##p = vload16(p, at);
#define ATR_POOL_TAKE(p)                                                                                          \
  {                                                                                                               \
    const float16 v = vload16(p, at);                                                                             \
    ATR_ASK(at + 16 * p + ATR_POOL_AHEAD);                                                                        \
    ATR_POOL_MORE(best##p, v);                                                                                    \
  }
#define ATR_POOL_PUT(p) ATR_KEEP16(best##p, line + i + 16 * p);
/* `size` columns from i on, less where the last ones overlap those before. */
#define ATR_POOL_COLUMNS(some, size)                                                                              \
  {                                                                                                               \
    i = min(i, end - size);                                                                                       \
    __global const float *at = x + i;                                                                             \
    some(ATR_POOL_FROM)                                                                                           \
    for (int d = 0; d < deep; d++) {                                                                              \
      at = x + i + d * step_d;                                                                                    \
      for (int h = 0; h < rows; h++, at += step_h) { some(ATR_POOL_TAKE) }                                        \
    }                                                                                                             \
    some(ATR_POOL_PUT)                                                                                            \
  }
/* Sixteen columns, `stride` apart. */
#define ATR_POOL_PART(at) (stride == 1 ? vload16(0, at) : atr_join16(vload16(0, at).even, vload16(1, at).even))
ATR_TILE_KERNEL(ATR_FN(max_pool_fwd_f32_lines)) {
  ATR_BEGIN;
  const int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1)), fw = a[9], stride = a[12], apart = a[15];
  const int end_row = min(a[27], (group + 1) * a[28]), width = a[3], wide = a[6], reach = (fw - 1) * apart;
  const int step_d = a[13] * a[2] * width, step_h = a[14] * width;
  const float16 none = -INFINITY;
  float lines[ATR_POOL_ROWS * ATR_POOL_PITCH] __attribute__((aligned(64)));
  for (int row0 = group * a[28]; row0 < end_row; row0 += ATR_POOL_ROWS)
    for (int from = 0; from < wide; from += ATR_POOL_WIDE) {
      const int n = min(ATR_POOL_ROWS, end_row - row0), count = min(ATR_POOL_WIDE, wide - from), start = from * stride - a[18];
      const int span = (count - 1) * stride + reach + 1;
      int oh = row0 % a[5], od = row0 / a[5] % a[4], plane = row0 / a[5] / a[4];
      for (int r = 0; r < n; r++, oh++) {
        if (oh == a[5]) {
          oh = 0;
          if (++od == a[4]) od = 0, plane++;
        }
        ATR_POOL_TAPS(0, od, start_d, first_d, end_d)
        ATR_POOL_TAPS(1, oh, start_h, first_h, end_h)
        const int deep = end_d - first_d, rows = end_h - first_h;
        const int first = clamp(-start, 0, span), end = deep > 0 && rows > 0 ? clamp(width - start, first, span) : first;
        __global const float *x = ATR_PTR(22) + plane * (a[1] * a[2] * width) + start +
                                  ((start_d + first_d * a[13]) * a[2] + start_h + first_h * a[14]) * width;
        float *line = lines + r * ATR_POOL_PITCH;
        for (int i = 0; i < first; i++) line[i] = -INFINITY;
        for (int i = end; i < span + 32; i += 16) ATR_KEEP16(none, line + i);
        if (end - first >= 64) {
          for (int i = first; i < end; i += 64) ATR_POOL_COLUMNS(ATR_POOL_FOUR, 64)
        } else if (end - first >= 16) {
          for (int i = first; i < end; i += 16) ATR_POOL_COLUMNS(ATR_POOL_ONE, 16)
        } else {
          for (int i = first; i < end; i++) {
            float best = -INFINITY;
            for (int d = 0; d < deep; d++)
              for (int h = 0; h < rows; h++) {
                const float v = x[i + d * step_d + h * step_h];
                best = v > best || v != v ? v : best;
              }
            line[i] = best;
          }
        }
      }
      for (int r = 0; r < n; r++) {
        __global float *y = ATR_PTR(24) + (size_t)(row0 + r) * wide + from;
        for (int i = 0; i < count; i += 16) {
          if (count >= 16) i = min(i, count - 16);
          const float *at = lines + r * ATR_POOL_PITCH + i * stride;
          float16 best = ATR_POOL_PART(at);
          for (int k = 1; k < fw; k++) {
            at += apart;
            const float16 v = ATR_POOL_PART(at);
            ATR_POOL_MORE(best, v);
          }
          if (count < 16) {
            float some[16];
            vstore16(best, 0, some);
            for (int j = 0; j < count; j++) y[j] = some[j];
          } else if (a[26]) {
            ATR_STREAM16(best, y + i);
          } else {
            ATR_STORE16(best, y + i);
          }
        }
      }
    }
}
#undef ATR_POOL_ROWS
#undef ATR_POOL_WIDE
#undef ATR_POOL_REACH
#undef ATR_POOL_PITCH
#undef ATR_POOL_AHEAD
#undef ATR_POOL_MORE
#undef ATR_POOL_FROM
#undef ATR_POOL_TAKE
#undef ATR_POOL_PUT
#undef ATR_POOL_COLUMNS
#undef ATR_POOL_PART

/* max_pool_fwd_f32_rows: a work-group of one item does some rows of the output; words 22 x, 24 y, 26 indices (may be
 * absent), 28 rows in all, 29 rows a group. Sixteen outputs at a time where all their taps lie inside and the stride
 * is 1 or 2, else one. */
ATR_TILE_KERNEL(ATR_FN(max_pool_fwd_f32_rows)) {
  ATR_BEGIN;
  const int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1));
  const int end_row = min(a[28], (group + 1) * a[29]), stride = a[12], width = a[3], indexed = !ATR_ABSENT(26);
  const int reach = (a[9] - 1) * a[15];
  const int16 lanes = (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) * stride * a[21];
  for (int row = group * a[29]; row < end_row; row++) {
    const int oh = row % a[5], od = row / a[5] % a[4], plane = row / a[5] / a[4];
    const int base = plane * (a[1] * a[2] * a[3]);
    __global const float *x = ATR_PTR(22) + base;
    __global float *y = ATR_PTR(24) + (size_t)row * a[6];
    __global long *index = (__global long *)ATR_PTR(26) + (size_t)row * a[6];
    ATR_POOL_TAPS(0, od, start_d, first_d, end_d)
    ATR_POOL_TAPS(1, oh, start_h, first_h, end_h)
    int ow = 0;
    while (ow < a[6]) {
      const int start = ow * stride - a[18];
      const int wide = ow + 16 <= a[6] && start >= 0 && start + 15 * stride + reach < width &&
                       (stride == 1 || (stride == 2 && (start > 0 || width > 31)));
      if (wide) {
        float16 best = -INFINITY;
        int16 chosen = (start_d + first_d * a[13]) * a[19] + (start_h + first_h * a[14]) * a[20] + start * a[21] + lanes;
        for (int i = first_d; i < end_d; i++)
          for (int j = first_h; j < end_h; j++) {
            const int at_d = start_d + i * a[13], at_h = start_h + j * a[14];
            __global const float *line = x + (at_d * a[2] + at_h) * width;
            for (int k = 0; k < a[9]; k++) {
              const int at = start + k * a[15];
              float16 v;
              if (stride == 1) {
                v = vload16(0, line + at);
              } else if (at + 31 < width) {
                v = atr_join16(vload16(0, line + at).even, vload16(0, line + at + 16).even);
              } else { /* the last element of the row is the last lane */
                v = atr_join16(vload16(0, line + at - 1).odd, vload16(0, line + at + 15).odd);
              }
              const int16 better = (v > best) | (v != v);
              best = better ? v : best;
              chosen = better ? at_d * a[19] + at_h * a[20] + at * a[21] + lanes : chosen;
            }
          }
        vstore16(best, 0, y + ow);
        if (indexed) vstore16(convert_long16(chosen) + (long)base, 0, index + ow);
        ow += 16;
        continue;
      }
      ATR_POOL_TAPS(2, ow, start_w, first_w, end_w)
      float best = -INFINITY;
      int chosen = (start_d + first_d * a[13]) * a[19] + (start_h + first_h * a[14]) * a[20] +
                   (start_w + first_w * a[15]) * a[21];
      for (int i = first_d; i < end_d; i++)
        for (int j = first_h; j < end_h; j++)
          for (int k = first_w; k < end_w; k++) {
            const int at_d = start_d + i * a[13], at_h = start_h + j * a[14], at_w = start_w + k * a[15];
            const float v = x[(at_d * a[2] + at_h) * width + at_w];
            if (v > best || v != v) {
              best = v;
              chosen = at_d * a[19] + at_h * a[20] + at_w * a[21];
            }
          }
      y[ow] = best;
      if (indexed) index[ow] = (long)base + chosen;
      ow++;
    }
  }
}

/* max_pool_fwd_f32_blocked: x and y are [n][c / 16][d][h][w][16]; a work-group of one item does some rows of the
 * output; words 22 x, 24 y, 26: 1 where y is streamed, 27 rows in all, 28 rows a group. Four outputs at a time where their windows reach no end of the
 * row, else one. A comparison with NaN is never true: where one was seen is kept beside the greatest. */
#define ATR_POOL_AHEAD 1024 /* vectors; where planes fit a cache, asking costs more than it brings */
#define ATR_POOL_BEGIN(p)                                                                                         \
  float16 best##p = -INFINITY;                                                                                    \
  int16 odd##p = 0;
#define ATR_POOL_TAKE(p)                                                                                          \
  {                                                                                                               \
    const float16 v = at[p * stride];                                                                             \
    if (streamed) ATR_ASK((__global const float *)(at + p * stride + ATR_POOL_AHEAD));                               \
    best##p = v > best##p ? v : best##p;                                                                          \
    odd##p |= v != v;                                                                                             \
  }
#define ATR_POOL_PUT(p)                                                                                           \
  best##p = odd##p ? (float16)(NAN) : best##p;                                                                    \
  if (streamed)                                                                                                   \
    ATR_STREAM16(best##p, (__global float *)(y + ow + p));                                                        \
  else                                                                                                            \
    y[ow + p] = best##p;
/* The windows of some outputs, of `taps` columns from `from` on. */
#define ATR_POOL_OF(some)                                                                                         \
  {                                                                                                               \
    some(ATR_POOL_BEGIN)                                                                                          \
    for (int i = 0; i < deep; i++)                                                                                \
      for (int j = 0; j < rows; j++) {                                                                            \
        __global const float16 *at = x + from + i * step_d + j * step_h;                                          \
        _Pragma("unroll 1") for (int k = 0; k < taps; k++, at += apart) { some(ATR_POOL_TAKE) }                   \
      }                                                                                                           \
    some(ATR_POOL_PUT)                                                                                            \
  }
ATR_TILE_KERNEL(ATR_FN(max_pool_fwd_f32_blocked)) {
  ATR_BEGIN;
  const int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1));
  const int end_row = min(a[27], (group + 1) * a[28]), width = a[3], stride = a[12], apart = a[15];
  const int reach = (a[9] - 1) * apart, step_h = a[14] * width, step_d = a[13] * a[2] * width, streamed = a[26];
  for (int row = group * a[28]; row < end_row; row++) {
    const int oh = row % a[5], od = row / a[5] % a[4], plane = row / a[5] / a[4];
    ATR_POOL_TAPS(0, od, start_d, first_d, end_d)
    ATR_POOL_TAPS(1, oh, start_h, first_h, end_h)
    const int rows = end_h - first_h, deep = end_d - first_d;
    __global const float16 *x = (__global const float16 *)ATR_PTR(22) + (size_t)plane * (a[1] * a[2] * width) +
                                ((start_d + first_d * a[13]) * a[2] + start_h + first_h * a[14]) * width;
    __global float16 *y = (__global float16 *)ATR_PTR(24) + (size_t)row * a[6];
    int ow = 0;
    while (ow < a[6]) {
      ATR_POOL_TAPS(2, ow, start_w, first_w, end_w)
      const int from = start_w + first_w * apart, taps = end_w - first_w;
      if (ow + 4 <= a[6] && start_w >= 0 && start_w + 3 * stride + reach < width) {
        ATR_POOL_OF(ATR_POOL_FOUR)
        ow += 4;
      } else {
        ATR_POOL_OF(ATR_POOL_ONE)
        ow++;
      }
    }
  }
}
#undef ATR_POOL_AHEAD
#undef ATR_POOL_BEGIN
#undef ATR_POOL_TAKE
#undef ATR_POOL_PUT
#undef ATR_POOL_ONE
#undef ATR_POOL_FOUR
#undef ATR_POOL_OF

/* max_pool_bwd_x_f32_halves: windows that tile the input exactly, two wide: a work-group of one item does some rows of
 * windows; words 22 dy, 24 indices, 26 dx, 28 rows in all, 29 rows a group. */
ATR_TILE_KERNEL(ATR_FN(max_pool_bwd_x_f32_halves)) {
  ATR_BEGIN;
  const int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1));
  const int end_row = min(a[28], (group + 1) * a[29]), width = a[3];
  const int16 lanes = (int16)(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  for (int row = group * a[29]; row < end_row; row++) {
    const int first_h = row % a[5] * a[8], plane = row / a[5];
    const long base = (long)plane * a[2] * width;
    __global const float *dy = ATR_PTR(22) + (size_t)row * a[6];
    __global const long *chosen = (__global const long *)ATR_PTR(24) + (size_t)row * a[6];
    __global float *dx = ATR_PTR(26) + base;
    int ow = 0;
    for (; ow + 16 <= a[6]; ow += 16) {
      const int16 mine = convert_int16(vload16(0, chosen + ow) - base) - 2 * ow - lanes;
      const float16 d = vload16(0, dy + ow);
      for (int h = first_h; h < first_h + a[8]; h++) {
        const float16 even = mine == h * width ? d : (float16)0.0f;
        const float16 odd = mine == h * width + 1 ? d : (float16)0.0f;
        float16 low, high;
        low.even = even.lo;
        low.odd = odd.lo;
        high.even = even.hi;
        high.odd = odd.hi;
        vstore16(low, 0, dx + h * width + 2 * ow);
        vstore16(high, 0, dx + h * width + 2 * ow + 16);
      }
    }
    for (; ow < a[6]; ow++)
      for (int h = first_h; h < first_h + a[8]; h++)
        for (int k = 0; k < 2; k++) {
          const int at = h * width + 2 * ow + k;
          dx[at] = chosen[ow] - base == at ? dy[ow] : 0.0f;
        }
  }
}
#undef ATR_MAX_POOL
