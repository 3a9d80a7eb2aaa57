/* batch_normalization.cl: BatchNormalization and its gradient over [n][c][inner]. No macros.
 * Words of every kernel: 0 n, 1 c, 2 inner; how a channel is cut: 3 samples a part, 4 positions a piece, 5 pieces
 * a sample, 6 parts a channel; then its own. _tiles: a work-group of one item does one part of one channel, in
 * vectors; _baseline: one item a part (part), a channel (join) or an element (fwd, bwd_x).
 *
 *   part      x, parts: the part's mean and sum of squared differences from it (two passes over a cached part)
 *   join      training, parts, mean, var, running mean', var', saved mean, 1/sd, mean, 1/sd (scratch), epsilon,
 *             momentum, unbiased: parts in ascending order
 *   fwd       x, scale, bias, mean, 1/sd, y, activation (1: relu)
 *   bwd_part  dy, x, mean, parts, scale, 1/sd, bias, activation: sums of dy and of dy · (x - mean)
 *   bwd_join  training, parts, 1/sd, dscale, dbias, level, tilt
 *   bwd_x     dy, x, scale, mean, 1/sd, level, tilt, dx, bias, activation: scale/sd · (dy - level - (x - mean) · tilt)
 *
 * With relu the gradient takes dy as 0 where y, computed again as fwd does, is not positive. */
#define ATR_BN_GROUP ((int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1)))

/* Declares channel, samples [n0, n1) and positions [i0, i1) of part number `index`. */
#define ATR_BN_CUT(index)                                                                                         \
  const int channel = (index) / a[6], part = (index) % a[6];                                                      \
  const int n0 = part / a[5] * a[3], n1 = min(a[0], n0 + a[3]);                                                   \
  const int i0 = part % a[5] * a[4], i1 = min(a[2], i0 + a[4]);

/* Runs `vector` for 16 positions at a time and `scalar` for the rest, with `at` the element. */
#define ATR_BN_WALK(vector, scalar)                                                                               \
  for (int s = n0; s < n1; s++) {                                                                                 \
    const int row = (s * a[1] + channel) * a[2];                                                                  \
    int at = row + i0;                                                                                            \
    for (; at + 16 <= row + i1; at += 16) { vector; }                                                             \
    for (; at < row + i1; at++) { scalar; }                                                                       \
  }

/* A store of 16 floats, one instruction where the address allows it. */
#define ATR_BN_STORE(value, to)                                                                                   \
  if (a[2] & 15) vstore16(value, 0, to);                                                                          \
  else *(__global float16 *)(to) = (value);

static float ATR_FN(batch_normalization_lanes)(float16 v) {
  const float8 e = v.lo + v.hi;
  const float4 q = e.lo + e.hi;
  const float2 d = q.lo + q.hi;
  return d.x + d.y;
}

#define ATR_BN_PART(index, walk)                                                                                  \
  ATR_BN_CUT(index)                                                                                               \
  __global const float *x = ATR_PTR(7);                                                                           \
  __global float *parts = ATR_PTR(9);                                                                             \
  float16 sums = 0.0f, squares = 0.0f;                                                                            \
  float sum = 0.0f, square = 0.0f;                                                                                \
  walk(sums += vload16(0, x + at), sum += x[at])                                                                  \
  const float mean = (sum + ATR_FN(batch_normalization_lanes)(sums)) / (float)((n1 - n0) * (i1 - i0));            \
  walk(const float16 d = vload16(0, x + at) - mean; squares += d * d, const float d = x[at] - mean; square += d * d)\
  parts[2 * (index)] = mean;                                                                                      \
  parts[2 * (index) + 1] = square + ATR_FN(batch_normalization_lanes)(squares);

ATR_TILE_KERNEL(ATR_FN(batch_normalization_part_f32_tiles)) {
  ATR_BEGIN;
  const int g = ATR_BN_GROUP;
  if (g >= a[1] * a[6]) return;
  ATR_BN_PART(g, ATR_BN_WALK)
}
ATR_ITEM_KERNEL(ATR_FN(batch_normalization_part_f32_baseline)) {
  ATR_BEGIN;
  const int g = ATR_ITEM;
  if (g >= a[1] * a[6]) return;
  ATR_BN_PART(g, ATR_BN_WALK)
}

ATR_ITEM_KERNEL(ATR_FN(batch_normalization_join_f32_baseline)) {
  ATR_BEGIN;
  const int c = ATR_ITEM;
  if (c >= a[1]) return;
  float mean = ATR_PTR(10)[c], var = ATR_PTR(12)[c];
  float running_mean = mean, running_var = var;
  if (a[7]) {
    __global const float *parts = ATR_PTR(8) + 2 * c * a[6];
    const float count = (float)a[0] * (float)a[2];
    float sum = 0.0f, lost = 0.0f, squares = 0.0f; /* lost: what rounding took from the sum */
    for (int part = 0; part < a[6]; part++) {
      const int n0 = part / a[5] * a[3], i0 = part % a[5] * a[4];
      const float size = (float)((min(a[0], n0 + a[3]) - n0) * (min(a[2], i0 + a[4]) - i0));
      const float term = size * parts[2 * part] - lost, next = sum + term;
      lost = (next - sum) - term;
      sum = next;
    }
    mean = sum / count;
    for (int part = 0; part < a[6]; part++) {
      const int n0 = part / a[5] * a[3], i0 = part % a[5] * a[4];
      const float size = (float)((min(a[0], n0 + a[3]) - n0) * (min(a[2], i0 + a[4]) - i0));
      const float d = parts[2 * part] - mean;
      squares += parts[2 * part + 1] + size * d * d;
    }
    var = squares / count;
    const float keep = ATR_FLOAT(27);
    running_mean = running_mean * keep + mean * (1.0f - keep);
    running_var = running_var * keep + (a[28] ? squares / (count - 1.0f) : var) * (1.0f - keep);
  }
  const float inverse = 1.0f / sqrt(var + ATR_FLOAT(26));
  if (!ATR_ABSENT(14)) ATR_PTR(14)[c] = running_mean;
  if (!ATR_ABSENT(16)) ATR_PTR(16)[c] = running_var;
  if (!ATR_ABSENT(18)) ATR_PTR(18)[c] = mean;
  if (!ATR_ABSENT(20)) ATR_PTR(20)[c] = inverse;
  ATR_PTR(22)[c] = mean;
  ATR_PTR(24)[c] = inverse;
}

ATR_TILE_KERNEL(ATR_FN(batch_normalization_fwd_f32_tiles)) {
  ATR_BEGIN;
  const int g = ATR_BN_GROUP;
  if (g >= a[1] * a[6]) return;
  ATR_BN_CUT(g)
  __global const float *x = ATR_PTR(7);
  __global float *y = ATR_PTR(17);
  const float mean = ATR_PTR(13)[channel], bias = ATR_PTR(11)[channel],
              slope = ATR_PTR(9)[channel] * ATR_PTR(15)[channel];
  const float least = a[19] ? 0.0f : -INFINITY;
  ATR_BN_WALK(const float16 v = fma(vload16(0, x + at) - mean, (float16)slope, (float16)bias);
           ATR_BN_STORE(v < least ? (float16)least : v, y + at),
           const float v = fma(x[at] - mean, slope, bias); y[at] = v < least ? least : v)
}
ATR_ITEM_KERNEL(ATR_FN(batch_normalization_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM;
  if (at >= a[0] * a[1] * a[2]) return;
  const int c = at / a[2] % a[1];
  const float v = fma(ATR_PTR(7)[at] - ATR_PTR(13)[c], ATR_PTR(9)[c] * ATR_PTR(15)[c], ATR_PTR(11)[c]);
  ATR_PTR(17)[at] = a[19] && v < 0.0f ? 0.0f : v;
}

/* batch_normalization_fwd_f32_blocked: inference on [n][c / 16][inner][16]: x, scale, bias, mean, var, y, epsilon,
 * activation; a work-group of one item does a piece of one plane. */
ATR_TILE_KERNEL(ATR_FN(batch_normalization_fwd_f32_blocked)) {
  ATR_BEGIN;
  const int group = ATR_BN_GROUP, blocks = (a[1] + 15) / 16;
  if (group >= a[0] * blocks * a[5]) return;
  const int plane = group / a[5], channel = plane % blocks * 16;
  const int i0 = group % a[5] * a[4], i1 = min(a[2], i0 + a[4]);
  float slope[16], bias[16], mean[16];
  for (int k = 0; k < 16; k++) {
    const int c = channel + k, there = c < a[1]; /* spare lanes stay zero */
    slope[k] = there ? ATR_PTR(9)[c] / sqrt(ATR_PTR(15)[c] + ATR_FLOAT(19)) : 0.0f;
    bias[k] = there ? ATR_PTR(11)[c] : 0.0f;
    mean[k] = there ? ATR_PTR(13)[c] : 0.0f;
  }
  const float16 slopes = vload16(0, slope), biases = vload16(0, bias), means = vload16(0, mean);
  __global const float16 *x = (__global const float16 *)ATR_PTR(7) + (size_t)plane * a[2];
  __global float16 *y = (__global float16 *)ATR_PTR(17) + (size_t)plane * a[2];
  const float16 least = a[20] ? 0.0f : -INFINITY;
  for (int i = i0; i < i1; i++) {
    const float16 v = fma(x[i] - means, slopes, biases);
    y[i] = v < least ? least : v;
  }
}

/* dy as it comes through the activation, at x - mean. */
static float ATR_FN(batch_normalization_passed)(float dy, float d, float slope, float bias, int relu) {
  return relu && fma(d, slope, bias) <= 0.0f ? 0.0f : dy;
}
static float16 ATR_FN(batch_normalization_passed_16)(float16 dy, float16 d, float slope, float bias, int relu) {
  if (!relu) return dy;
  return fma(d, (float16)slope, (float16)bias) <= 0.0f ? (float16)0.0f : dy;
}

#define ATR_BN_BWD_PART(index)                                                                                    \
  ATR_BN_CUT(index)                                                                                               \
  __global const float *dy = ATR_PTR(7), *x = ATR_PTR(9);                                                         \
  __global float *parts = ATR_PTR(13);                                                                            \
  const int relu = a[21];                                                                                         \
  const float mean = ATR_PTR(11)[channel], slope = ATR_PTR(15)[channel] * ATR_PTR(17)[channel];                   \
  const float bias = relu ? ATR_PTR(19)[channel] : 0.0f;                                                          \
  float16 sums = 0.0f, alongs = 0.0f;                                                                             \
  float sum = 0.0f, along = 0.0f;                                                                                 \
  ATR_BN_WALK(const float16 d = vload16(0, x + at) - mean;                                                        \
           const float16 v = ATR_FN(batch_normalization_passed_16)(vload16(0, dy + at), d, slope, bias, relu);    \
           sums += v; alongs = fma(v, d, alongs),                                                                 \
           const float d = x[at] - mean;                                                                          \
           const float v = ATR_FN(batch_normalization_passed)(dy[at], d, slope, bias, relu);                      \
           sum += v; along = fma(v, d, along))                                                                    \
  parts[2 * (index)] = sum + ATR_FN(batch_normalization_lanes)(sums);                                             \
  parts[2 * (index) + 1] = along + ATR_FN(batch_normalization_lanes)(alongs);

ATR_TILE_KERNEL(ATR_FN(batch_normalization_bwd_part_f32_tiles)) {
  ATR_BEGIN;
  const int g = ATR_BN_GROUP;
  if (g >= a[1] * a[6]) return;
  ATR_BN_BWD_PART(g)
}
ATR_ITEM_KERNEL(ATR_FN(batch_normalization_bwd_part_f32_baseline)) {
  ATR_BEGIN;
  const int g = ATR_ITEM;
  if (g >= a[1] * a[6]) return;
  ATR_BN_BWD_PART(g)
}

ATR_ITEM_KERNEL(ATR_FN(batch_normalization_bwd_join_f32_baseline)) {
  ATR_BEGIN;
  const int c = ATR_ITEM;
  if (c >= a[1]) return;
  __global const float *parts = ATR_PTR(8) + 2 * c * a[6];
  const float count = (float)a[0] * (float)a[2], inverse = ATR_PTR(10)[c];
  float sum = 0.0f, along = 0.0f;
  for (int part = 0; part < a[6]; part++) {
    sum += parts[2 * part];
    along += parts[2 * part + 1];
  }
  along *= inverse;
  if (!ATR_ABSENT(12)) ATR_PTR(12)[c] = along;
  if (!ATR_ABSENT(14)) ATR_PTR(14)[c] = sum;
  ATR_PTR(16)[c] = a[7] ? sum / count : 0.0f;
  ATR_PTR(18)[c] = a[7] ? along * inverse / count : 0.0f;
}

ATR_TILE_KERNEL(ATR_FN(batch_normalization_bwd_x_f32_tiles)) {
  ATR_BEGIN;
  const int g = ATR_BN_GROUP;
  if (g >= a[1] * a[6]) return;
  ATR_BN_CUT(g)
  __global const float *dy = ATR_PTR(7), *x = ATR_PTR(9);
  __global float *dx = ATR_PTR(21);
  const float mean = ATR_PTR(13)[channel], slope = ATR_PTR(11)[channel] * ATR_PTR(15)[channel],
              level = ATR_PTR(17)[channel], tilt = ATR_PTR(19)[channel];
  const int relu = a[25];
  const float bias = relu ? ATR_PTR(23)[channel] : 0.0f;
  ATR_BN_WALK(const float16 d = vload16(0, x + at) - mean;
           const float16 p = ATR_FN(batch_normalization_passed_16)(vload16(0, dy + at), d, slope, bias, relu);
           const float16 v = slope * (p - level - d * tilt); ATR_BN_STORE(v, dx + at),
           const float d = x[at] - mean;
           const float p = ATR_FN(batch_normalization_passed)(dy[at], d, slope, bias, relu);
           dx[at] = slope * (p - level - d * tilt))
}
ATR_ITEM_KERNEL(ATR_FN(batch_normalization_bwd_x_f32_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM;
  if (at >= a[0] * a[1] * a[2]) return;
  const int c = at / a[2] % a[1];
  const float d = ATR_PTR(9)[at] - ATR_PTR(13)[c], slope = ATR_PTR(11)[c] * ATR_PTR(15)[c];
  const float bias = a[25] ? ATR_PTR(23)[c] : 0.0f;
  const float p = ATR_FN(batch_normalization_passed)(ATR_PTR(7)[at], d, slope, bias, a[25]);
  ATR_PTR(21)[at] = slope * (p - ATR_PTR(17)[c] - d * ATR_PTR(19)[c]);
}
#undef ATR_BN_GROUP
#undef ATR_BN_CUT
#undef ATR_BN_WALK
#undef ATR_BN_STORE
#undef ATR_BN_PART
#undef ATR_BN_BWD_PART
