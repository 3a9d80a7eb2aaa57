/* layer_normalization.cl: LayerNormalization and its kin, and their gradient, over [lines][length]. No macros.
 * Words of every kernel: 0 lines, 1 length; element i of line l has scale l % groups * each + i / inner % each: 2 groups,
 * 3 each, 4 inner; 5 epsilon; then its own. _lines: a work-group of one item does some whole lines in vectors; _baseline:
 * one item a line (stats, bwd_stats), an element (fwd, bwd_x) or a scale (bwd_w).
 *
 *   stats      x, mean, inv: two passes
 *   fwd        x, scale, bias, mean, inv, y; _lines: then lines a group, and mean and inv may be absent
 *   bwd_stats  dy, x, scale, mean, inv, level, tilt: means of d = dy · scale and of d · (x - mean) · inv
 *   bwd_x      dy, x, scale, mean, inv, level, tilt, dx: inv · (d - level - (x - mean) · inv · tilt); _lines: level and
 *              tilt are not used, then lines a group
 *   bwd_w      dy, x, mean, inv, dscale, dbias: lines ascending, in parts of 64. _columns: where inner is 1, 16
 *              neighbours a work-group of one item
 *
 * A sum along a line takes parts of 4096 elements, in each 16 lanes and what is left over. */
#define ATR_LN_GROUP ((int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1)))

static float ATR_FN(layer_normalization_lanes)(float16 v) {
  const float8 e = v.lo + v.hi;
  const float4 q = e.lo + e.hi;
  const float2 d = q.lo + q.hi;
  return d.x + d.y;
}

static float ATR_FN(layer_normalization_sum)(__global const float *x, int n) {
  float total = 0.0f;
  for (int from = 0; from < n; from += 4096) {
    const int to = min(n, from + 4096);
    float16 sums = 0.0f;
    float rest = 0.0f;
    int i = from;
    for (; i + 16 <= to; i += 16) sums += vload16(0, x + i);
    for (; i < to; i++) rest += x[i];
    total += ATR_FN(layer_normalization_lanes)(sums) + rest;
  }
  return total;
}

static float ATR_FN(layer_normalization_squares)(__global const float *x, int n, float mean) {
  float total = 0.0f;
  for (int from = 0; from < n; from += 4096) {
    const int to = min(n, from + 4096);
    float16 sums = 0.0f;
    float rest = 0.0f;
    int i = from;
    for (; i + 16 <= to; i += 16) {
      const float16 d = vload16(0, x + i) - mean;
      sums += d * d;
    }
    for (; i < to; i++) rest += (x[i] - mean) * (x[i] - mean);
    total += ATR_FN(layer_normalization_lanes)(sums) + rest;
  }
  return total;
}

static float2 ATR_FN(layer_normalization_statistics)(__global const float *x, int n, float epsilon) {
  const float mean = ATR_FN(layer_normalization_sum)(x, n) / (float)n;
  const float var = ATR_FN(layer_normalization_squares)(x, n, mean) / (float)n;
  return (float2)(mean, 1.0f / sqrt(var + epsilon));
}

ATR_ITEM_KERNEL(ATR_FN(layer_normalization_stats_f32_baseline)) {
  ATR_BEGIN;
  const int line = ATR_ITEM;
  if (line >= a[0]) return;
  const float2 s = ATR_FN(layer_normalization_statistics)(ATR_PTR(6) + line * a[1], a[1], ATR_FLOAT(5));
  ATR_PTR(8)[line] = s.x;
  ATR_PTR(10)[line] = s.y;
}

ATR_ITEM_KERNEL(ATR_FN(layer_normalization_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM;
  if (at >= a[0] * a[1]) return;
  const int line = at / a[1], k = line % a[2] * a[3] + at % a[1] / a[4] % a[3];
  const float normal = (ATR_PTR(6)[at] - ATR_PTR(12)[line]) * ATR_PTR(14)[line];
  ATR_PTR(16)[at] = fma(normal, ATR_PTR(8)[k], ATR_ABSENT(10) ? 0.0f : ATR_PTR(10)[k]);
}

/* Runs along a line in which the scale is one number, or one an element (inner 1): `vector` for 16 elements at a time,
 * `scalar` for the rest; `at` is the element, `k` its scale's number, `wide` whether k goes with it. */
#define ATR_LN_WALK(vector, scalar)                                                                               \
  for (int r = 0; r < length; r += run) {                                                                         \
    const int k0 = wide ? base : base + r / inner % each;                                                         \
    int i = 0;                                                                                                    \
    for (; i + 16 <= run; i += 16) {                                                                              \
      const int at = r + i, k = wide ? k0 + i : k0;                                                               \
      vector;                                                                                                     \
    }                                                                                                             \
    for (; i < run; i++) {                                                                                        \
      const int at = r + i, k = wide ? k0 + i : k0;                                                               \
      scalar;                                                                                                     \
    }                                                                                                             \
  }
#define ATR_LN_RUNS                                                                                               \
  const int length = a[1], each = a[3], inner = a[4], wide = inner == 1, run = wide ? each : inner;
#define ATR_LN_AT(p) (wide ? vload16(0, (p) + k) : (float16)((p)[k]))

ATR_TILE_KERNEL(ATR_FN(layer_normalization_fwd_f32_lines)) {
  ATR_BEGIN;
  ATR_LN_RUNS
  const int first = ATR_LN_GROUP * a[18], last = min(a[0], first + a[18]), biased = !ATR_ABSENT(10);
  __global const float *scale = ATR_PTR(8), *bias = ATR_PTR(10);
  for (int line = first; line < last; line++) {
    const int base = line % a[2] * each;
    __global const float *x = ATR_PTR(6) + line * length;
    __global float *y = ATR_PTR(16) + line * length;
    const float2 s = ATR_FN(layer_normalization_statistics)(x, length, ATR_FLOAT(5));
    const float mean = s.x, inv = s.y;
    if (!ATR_ABSENT(12)) ATR_PTR(12)[line] = mean;
    if (!ATR_ABSENT(14)) ATR_PTR(14)[line] = inv;
    if (biased) {
      ATR_LN_WALK(vstore16(fma((vload16(0, x + at) - mean) * inv, ATR_LN_AT(scale), ATR_LN_AT(bias)), 0, y + at),
                  y[at] = fma((x[at] - mean) * inv, scale[k], bias[k]))
    } else {
      ATR_LN_WALK(vstore16((vload16(0, x + at) - mean) * inv * ATR_LN_AT(scale), 0, y + at),
                  y[at] = (x[at] - mean) * inv * scale[k])
    }
  }
}

/* Level and tilt of a line. */
static float2 ATR_FN(layer_normalization_slopes)(__global const int *a, __global const float *dy,
                                                 __global const float *x, __global const float *scale, int base,
                                                 float mean, float inv) {
  ATR_LN_RUNS
  float sum = 0.0f, along = 0.0f, rest = 0.0f, rests = 0.0f;
  float16 sums = 0.0f, alongs = 0.0f;
  int kept = 0;
  ATR_LN_WALK(const float16 d = vload16(0, dy + at) * ATR_LN_AT(scale); sums += d;
              alongs = fma(d, vload16(0, x + at) - mean, alongs);
              if (++kept == 256) {
                sum += ATR_FN(layer_normalization_lanes)(sums);
                along += ATR_FN(layer_normalization_lanes)(alongs);
                sums = 0.0f; alongs = 0.0f; kept = 0;
              },
              const float d = dy[at] * scale[k]; rest += d; rests = fma(d, x[at] - mean, rests))
  sum += ATR_FN(layer_normalization_lanes)(sums) + rest;
  along += ATR_FN(layer_normalization_lanes)(alongs) + rests;
  return (float2)(sum, along * inv) / (float)length;
}

ATR_ITEM_KERNEL(ATR_FN(layer_normalization_bwd_stats_f32_baseline)) {
  ATR_BEGIN;
  const int line = ATR_ITEM;
  if (line >= a[0]) return;
  const float2 s =
      ATR_FN(layer_normalization_slopes)(a, ATR_PTR(6) + line * a[1], ATR_PTR(8) + line * a[1], ATR_PTR(10),
                                         line % a[2] * a[3], ATR_PTR(12)[line], ATR_PTR(14)[line]);
  ATR_PTR(16)[line] = s.x;
  ATR_PTR(18)[line] = s.y;
}

ATR_ITEM_KERNEL(ATR_FN(layer_normalization_bwd_x_f32_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM;
  if (at >= a[0] * a[1]) return;
  const int line = at / a[1], k = line % a[2] * a[3] + at % a[1] / a[4] % a[3];
  const float inv = ATR_PTR(14)[line], normal = (ATR_PTR(8)[at] - ATR_PTR(12)[line]) * inv;
  ATR_PTR(20)[at] = inv * (ATR_PTR(6)[at] * ATR_PTR(10)[k] - ATR_PTR(16)[line] - normal * ATR_PTR(18)[line]);
}

ATR_TILE_KERNEL(ATR_FN(layer_normalization_bwd_x_f32_lines)) {
  ATR_BEGIN;
  ATR_LN_RUNS
  const int first = ATR_LN_GROUP * a[22], last = min(a[0], first + a[22]);
  __global const float *scale = ATR_PTR(10);
  for (int line = first; line < last; line++) {
    const int base = line % a[2] * each;
    __global const float *dy = ATR_PTR(6) + line * length, *x = ATR_PTR(8) + line * length;
    __global float *dx = ATR_PTR(20) + line * length;
    const float mean = ATR_PTR(12)[line], inv = ATR_PTR(14)[line];
    const float2 s = ATR_FN(layer_normalization_slopes)(a, dy, x, scale, base, mean, inv);
    const float level = s.x, slope = s.y * inv;
    ATR_LN_WALK(const float16 d = vload16(0, dy + at) * ATR_LN_AT(scale) - level;
                vstore16(inv * (d - (vload16(0, x + at) - mean) * slope), 0, dx + at),
                dx[at] = inv * (dy[at] * scale[k] - level - (x[at] - mean) * slope))
  }
}

ATR_ITEM_KERNEL(ATR_FN(layer_normalization_bwd_w_f32_baseline)) {
  ATR_BEGIN;
  const int k = ATR_ITEM;
  if (k >= a[2] * a[3]) return;
  const int length = a[1], each = a[3], inner = a[4];
  float along = 0.0f, sum = 0.0f, part_along = 0.0f, part_sum = 0.0f;
  for (int line = k / each, seen = 1; line < a[0]; line += a[2], seen++) {
    const float mean = ATR_PTR(10)[line];
    float16 alongs = 0.0f, sums = 0.0f;
    float one_along = 0.0f, one_sum = 0.0f;
    for (int turn = k % each * inner; turn < length; turn += each * inner) {
      __global const float *dy = ATR_PTR(6) + line * length + turn, *x = ATR_PTR(8) + line * length + turn;
      int i = 0;
      for (; i + 16 <= inner; i += 16) {
        const float16 d = vload16(0, dy + i);
        sums += d;
        alongs = fma(d, vload16(0, x + i) - mean, alongs);
      }
      for (; i < inner; i++) {
        one_sum += dy[i];
        one_along = fma(dy[i], x[i] - mean, one_along);
      }
    }
    part_sum += ATR_FN(layer_normalization_lanes)(sums) + one_sum;
    part_along += (ATR_FN(layer_normalization_lanes)(alongs) + one_along) * ATR_PTR(12)[line];
    if (seen % 64 == 0) {
      sum += part_sum;
      along += part_along;
      part_sum = part_along = 0.0f;
    }
  }
  if (!ATR_ABSENT(14)) ATR_PTR(14)[k] = along + part_along;
  if (!ATR_ABSENT(16)) ATR_PTR(16)[k] = sum + part_sum;
}

ATR_TILE_KERNEL(ATR_FN(layer_normalization_bwd_w_f32_columns)) {
  ATR_BEGIN;
  const int length = a[1], each = a[3], k = ATR_LN_GROUP * 16;
  if (k >= each) return;
  const int n = min(16, each - k);
  float16 along = 0.0f, sum = 0.0f, part_along = 0.0f, part_sum = 0.0f;
  for (int line = 0; line < a[0]; line++) {
    const float mean = ATR_PTR(10)[line], inv = ATR_PTR(12)[line];
    for (int turn = k; turn < length; turn += each) {
      __global const float *dy = ATR_PTR(6) + line * length + turn, *x = ATR_PTR(8) + line * length + turn;
      float16 d, v;
      if (n == 16) {
        d = vload16(0, dy);
        v = vload16(0, x);
      } else {
        float some[16], others[16];
        for (int o = 0; o < 16; o++) {
          some[o] = o < n ? dy[o] : 0.0f;
          others[o] = o < n ? x[o] : 0.0f;
        }
        d = vload16(0, some);
        v = vload16(0, others);
      }
      part_sum += d;
      part_along = fma(d, (v - mean) * inv, part_along);
    }
    if (line % 64 == 63) {
      sum += part_sum;
      along += part_along;
      part_sum = part_along = 0.0f;
    }
  }
  float some[16], others[16];
  vstore16(along + part_along, 0, some);
  vstore16(sum + part_sum, 0, others);
  for (int o = 0; o < n; o++) {
    if (!ATR_ABSENT(14)) ATR_PTR(14)[k + o] = some[o];
    if (!ATR_ABSENT(16)) ATR_PTR(16)[k + o] = others[o];
  }
}
#undef ATR_LN_GROUP
#undef ATR_LN_WALK
#undef ATR_LN_RUNS
#undef ATR_LN_AT
