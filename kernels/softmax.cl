/* softmax.cl: Softmax, LogSoftmax and their gradients over [outer][length][inner]. No macros.
 * Words: 0 outer, 1 length, 2 inner, 3 log; then x, y (fwd) or dy, y, dx (bwd_x); _lines: then lines a group; fwd
 * _planes: then tiles a group, and 1 where y is streamed. _baseline: one item a line. _planes: a work-group of one item does 64 neighbouring lines, 16 in a
 * vector, or some such tiles.
 * _lines: a work-group of one item does whole lines, vectors along them (inner 1). y may be x, dx may be dy or y.
 *
 * The baseline body serves as the remainder of the other two. A line of -Inf gives 0, with log -Inf. */
#define ATR_SOFTMAX_GROUP ((int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1)))

static void ATR_FN(softmax_fwd_line)(__global const float *x, __global float *y, int length, int pitch, int log_too) {
  float greatest = -INFINITY, sum = 0.0f;
  for (int i = 0; i < length; i++) greatest = x[i * pitch] > greatest ? x[i * pitch] : greatest;
  if (greatest == -INFINITY) greatest = 0.0f;
  for (int i = 0; i < length; i++) {
    const float v = x[i * pitch] - greatest, power = exp(v);
    sum += power;
    y[i * pitch] = log_too ? v : power;
  }
  const float scale = sum == 0.0f ? 0.0f : log_too ? log(sum) : 1.0f / sum;
  for (int i = 0; i < length; i++) y[i * pitch] = log_too ? y[i * pitch] - scale : y[i * pitch] * scale;
}

static void ATR_FN(softmax_bwd_line)(__global const float *dy, __global const float *y, __global float *dx, int length,
                                     int pitch, int log_too) {
  float sum = 0.0f;
  for (int i = 0; i < length; i++) sum += log_too ? dy[i * pitch] : dy[i * pitch] * y[i * pitch];
  for (int i = 0; i < length; i++)
    dx[i * pitch] =
        log_too ? dy[i * pitch] - exp(y[i * pitch]) * sum : y[i * pitch] * (dy[i * pitch] - sum);
}

ATR_ITEM_KERNEL(ATR_FN(softmax_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int line = ATR_ITEM;
  if (line >= a[0] * a[2]) return;
  const int at = line / a[2] * a[1] * a[2] + line % a[2];
  ATR_FN(softmax_fwd_line)(ATR_PTR(4) + at, ATR_PTR(6) + at, a[1], a[2], a[3]);
}
ATR_ITEM_KERNEL(ATR_FN(softmax_bwd_x_f32_baseline)) {
  ATR_BEGIN;
  const int line = ATR_ITEM;
  if (line >= a[0] * a[2]) return;
  const int at = line / a[2] * a[1] * a[2] + line % a[2];
  ATR_FN(softmax_bwd_line)(ATR_PTR(4) + at, ATR_PTR(6) + at, ATR_PTR(8) + at, a[1], a[2], a[3]);
}

/* e to the power of every lane of v, none above 0, within 1e-7 of itself: 2^n times a polynomial of what is left, at most half of
 * ln 2, that meets (e^r - 1 - r) / r² at five of Chebyshev's points. Less than 2^-126 is 0, NaN stays. */
#define ATR_SOFTMAX_EXP(power, v)                                                                                 \
  float16 power;                                                                                                  \
  {                                                                                                               \
    const float16 atr_n = fma(v, (float16)1.44269504f, (float16)12582912.0f), atr_whole = atr_n - 12582912.0f;    \
    const float16 atr_r = fma(atr_whole, (float16)2.12194442e-4f, fma(atr_whole, (float16)-0.693359375f, v));     \
    float16 atr_p = fma(atr_r, (float16)1.39261759e-3f, (float16)8.36317334e-3f);                                 \
    atr_p = fma(atr_r, atr_p, (float16)4.16665561e-2f);                                                           \
    atr_p = fma(atr_r, atr_p, (float16)0.166665778f);                                                             \
    atr_p = fma(atr_r, atr_p, (float16)0.5f);                                                                     \
    atr_p = fma(atr_r * atr_r, atr_p, atr_r) + 1.0f;                                                              \
    atr_p *= as_float16((as_int16(atr_n) + 127) << 23);                                                           \
    power = v < -87.3f ? (float16)0.0f : atr_p;                                                                   \
  }

/* A tile is 64 neighbouring lines, the last of a plane less. It is copied side by side, since its lines lie so far apart that they
 * fall on each other in a cache, and read once: then everything is near. Where lines are longer than there is room for, and
 * where private and global memory are two things, y itself is the copy. */
#define ATR_SOFTMAX_TILE 64
#ifdef ATR_ON_CPU
#define ATR_SOFTMAX_ROOM 256
#define ATR_SOFTMAX_COPY                                                                                          \
  typedef float16 __attribute__((aligned(4))) vector;                                                             \
  float room[ATR_SOFTMAX_TILE * ATR_SOFTMAX_ROOM] __attribute__((aligned(64)));                                   \
  float *const copy = length <= ATR_SOFTMAX_ROOM ? room : (float *)(size_t)y;                                     \
  const int step = length <= ATR_SOFTMAX_ROOM ? ATR_SOFTMAX_TILE : pitch
#define ATR_SOFTMAX_LOAD(i) *(vector *)(copy + (i))
#define ATR_SOFTMAX_KEEP(v, i) ATR_SOFTMAX_LOAD(i) = v
#else
#define ATR_SOFTMAX_COPY                                                                                          \
  __global float *const copy = y;                                                                                 \
  const int step = pitch
#define ATR_SOFTMAX_LOAD(i) vload16(0, copy + (i))
#define ATR_SOFTMAX_KEEP(v, i) vstore16(v, 0, copy + (i))
#endif

ATR_TILE_KERNEL(ATR_FN(softmax_fwd_f32_planes)) {
  ATR_BEGIN;
  const int length = a[1], pitch = a[2], log_too = a[3], tiles = (pitch + ATR_SOFTMAX_TILE - 1) / ATR_SOFTMAX_TILE;
  const int first = ATR_SOFTMAX_GROUP * a[8], end = min(first + a[8], a[0] * tiles);
  for (int tile = first; tile < end; tile++) {
    const int begin = tile % tiles * ATR_SOFTMAX_TILE, width = min(ATR_SOFTMAX_TILE, pitch - begin), whole = width / 16 * 16;
    const int at = tile / tiles * length * pitch + begin;
    __global const float *x = ATR_PTR(4) + at;
    __global float *y = ATR_PTR(6) + at;
    ATR_SOFTMAX_COPY;
    float16 scale[ATR_SOFTMAX_TILE / 16];
    for (int k = 0; k < length; k++)
      for (int i = 0; i < whole; i += 16) {
        const float16 v = vload16(0, x + k * pitch + i);
        ATR_SOFTMAX_KEEP(v, k * step + i);
      }
    for (int i = 0; i < whole; i += 16) {
      float16 greatest = -INFINITY, sum = 0.0f;
      for (int k = 0; k < length; k++) {
        const float16 v = ATR_SOFTMAX_LOAD(k * step + i);
        greatest = v > greatest ? v : greatest;
      }
      greatest = greatest == (float16)(-INFINITY) ? (float16)0.0f : greatest;
      for (int k = 0; k < length; k++) {
        const float16 v = ATR_SOFTMAX_LOAD(k * step + i) - greatest;
        ATR_SOFTMAX_EXP(power, v)
        ATR_ASK(x + k * pitch + i + ATR_SOFTMAX_TILE); /* the next tile's */
        sum += power;
        ATR_SOFTMAX_KEEP(log_too ? v : power, k * step + i);
      }
      scale[i / 16] = sum == (float16)0.0f ? (float16)0.0f : log_too ? log(sum) : 1.0f / sum;
    }
    for (int k = 0; k < length; k++)
      for (int i = 0; i < whole; i += 16) {
        const float16 v = ATR_SOFTMAX_LOAD(k * step + i), result = log_too ? v - scale[i / 16] : v * scale[i / 16];
        if (a[9])
          ATR_STREAM16(result, y + k * pitch + i);
        else
          ATR_STORE16(result, y + k * pitch + i);
      }
    for (int i = whole; i < width; i++) ATR_FN(softmax_fwd_line)(x + i, y + i, length, pitch, log_too);
  }
}
#undef ATR_SOFTMAX_COPY
#undef ATR_SOFTMAX_LOAD
#undef ATR_SOFTMAX_KEEP

/* Positions [i0, i1) of one plane of lines; `at` is the first element of 16 lines or of one. */
#define ATR_SOFTMAX_PLANES(vector, scalar)                                                                        \
  const int g = ATR_SOFTMAX_GROUP, blocks = (a[2] + 63) / 64;                                                     \
  if (g >= a[0] * blocks) return;                                                                                 \
  const int base = g / blocks * a[1] * a[2], i1 = min(a[2], g % blocks * 64 + 64);                                \
  int i = g % blocks * 64;                                                                                        \
  for (; i + 16 <= i1; i += 16) {                                                                                 \
    const int at = base + i;                                                                                      \
    vector                                                                                                        \
  }                                                                                                               \
  for (; i < i1; i++) {                                                                                           \
    const int at = base + i;                                                                                      \
    scalar;                                                                                                       \
  }

ATR_TILE_KERNEL(ATR_FN(softmax_bwd_x_f32_planes)) {
  ATR_BEGIN;
  __global const float *dy = ATR_PTR(4), *y = ATR_PTR(6);
  __global float *dx = ATR_PTR(8);
  const int length = a[1], pitch = a[2], log_too = a[3];
  ATR_SOFTMAX_PLANES(
      float16 sum = 0.0f;
      for (int k = 0; k < length; k++) {
        const float16 d = vload16(0, dy + at + k * pitch);
        sum += log_too ? d : d * vload16(0, y + at + k * pitch);
      }
      for (int k = 0; k < length; k++) {
        const float16 d = vload16(0, dy + at + k * pitch);
        const float16 v = vload16(0, y + at + k * pitch);
        ATR_STORE16(log_too ? d - exp(v) * sum : v * (d - sum), dx + at + k * pitch);
      },
      ATR_FN(softmax_bwd_line)(dy + at, y + at, dx + at, length, pitch, log_too))
}

#define ATR_SOFTMAX_LINES(word, body)                                                                             \
  const int first = ATR_SOFTMAX_GROUP * a[word], last = min(a[0], first + a[word]);                               \
  for (int line = first; line < last; line++) {                                                                   \
    const int at = line * a[1];                                                                                   \
    body                                                                                                          \
  }

static float ATR_FN(softmax_lanes)(float16 v) {
  const float8 e = v.lo + v.hi;
  const float4 q = e.lo + e.hi;
  const float2 d = q.lo + q.hi;
  return d.x + d.y;
}

ATR_TILE_KERNEL(ATR_FN(softmax_fwd_f32_lines)) {
  ATR_BEGIN;
  const int length = a[1], whole = length / 16 * 16, log_too = a[3];
  ATR_SOFTMAX_LINES(
      8, __global const float *x = ATR_PTR(4) + at; __global float *y = ATR_PTR(6) + at;
      float16 wide = -INFINITY; float greatest = -INFINITY; float16 sums = 0.0f; float sum = 0.0f;
      for (int i = 0; i < whole; i += 16) {
        const float16 v = vload16(0, x + i);
        wide = v > wide ? v : wide;
      }
      for (int i = whole; i < length; i++) greatest = x[i] > greatest ? x[i] : greatest;
      const float8 w8 = wide.lo > wide.hi ? wide.lo : wide.hi;
      const float4 w4 = w8.lo > w8.hi ? w8.lo : w8.hi;
      const float2 w2 = w4.lo > w4.hi ? w4.lo : w4.hi;
      const float w1 = w2.x > w2.y ? w2.x : w2.y;
      greatest = w1 > greatest ? w1 : greatest;
      if (greatest == -INFINITY) greatest = 0.0f;
      for (int i = 0; i < whole; i += 16) {
        const float16 v = vload16(0, x + i) - greatest;
        ATR_SOFTMAX_EXP(power, v)
        sums += power;
        ATR_STORE16(log_too ? v : power, y + i);
      }
      for (int i = whole; i < length; i++) {
        const float v = x[i] - greatest;
        const float power = exp(v);
        sum += power;
        y[i] = log_too ? v : power;
      }
      sum += ATR_FN(softmax_lanes)(sums);
      const float scale = sum == 0.0f ? 0.0f : log_too ? log(sum) : 1.0f / sum;
      for (int i = 0; i < whole; i += 16) {
        const float16 v = vload16(0, y + i);
        ATR_STORE16(log_too ? v - scale : v * scale, y + i);
      }
      for (int i = whole; i < length; i++) y[i] = log_too ? y[i] - scale : y[i] * scale;)
}

ATR_TILE_KERNEL(ATR_FN(softmax_bwd_x_f32_lines)) {
  ATR_BEGIN;
  const int length = a[1], whole = length / 16 * 16, log_too = a[3];
  ATR_SOFTMAX_LINES(
      10, __global const float *dy = ATR_PTR(4) + at; __global const float *y = ATR_PTR(6) + at;
      __global float *dx = ATR_PTR(8) + at; float16 sums = 0.0f; float sum = 0.0f;
      for (int i = 0; i < whole; i += 16) {
        const float16 d = vload16(0, dy + i);
        sums += log_too ? d : d * vload16(0, y + i);
      }
      for (int i = whole; i < length; i++) sum += log_too ? dy[i] : dy[i] * y[i];
      sum += ATR_FN(softmax_lanes)(sums);
      for (int i = 0; i < whole; i += 16) {
        const float16 d = vload16(0, dy + i);
        const float16 v = vload16(0, y + i);
        ATR_STORE16(log_too ? d - exp(v) * sum : v * (d - sum), dx + i);
      }
      for (int i = whole; i < length; i++)
        dx[i] = log_too ? dy[i] - exp(y[i]) * sum : y[i] * (dy[i] - sum);)
}
#undef ATR_SOFTMAX_GROUP
#undef ATR_SOFTMAX_EXP
#undef ATR_SOFTMAX_TILE
#undef ATR_SOFTMAX_ROOM
#undef ATR_SOFTMAX_PLANES
#undef ATR_SOFTMAX_LINES
