/* conv_pair_blocked.cl: a layer of a residual stack of a series as one, for CPU-class devices: a convolution of stride 1 and ReLU, a
 * 1×1 convolution of its result, and the layer's input added. All have c channels in blocks, the result of the first is never in
 * memory, and every number is what conv_direct_blocked.cl or conv_winograd_blocked.cl and then conv_pointwise_blocked.cl make, in
 * the same order of accumulation.
 *
 * conv_fwd_f32_pair_blocked<suffix>: a work-group does TW·REP outputs: neighbours in time, or those of TW tiles of F(4, 3) (WINO 1, REP
 * 4), numbered by phase first, so that neighbours in number are neighbours in time. x and y [n][cb][t][16]; first weights as for the
 * convolution that it replaces, second [ocb][cb][16][2·VW]. Words: 0 cb, 1 t, 2 taps, 3 dilation, 4 pl, 5 WINO 0: work-groups a
 * sample; 1: tiles of a phase, 6 phases, 7 tiles, 17 c, 20 x, 22 first packed weights, 24 y, 26 second packed weights, 28 first bias,
 * 30 second bias (either may be absent), 32 and 33 what the end is clipped to, 48 sixteen zeros. NDRange: work-groups.
 *
 * Macros: TW, VW (16 or 8), REP, WINO, ROOM (blocks of 16 channels at most), UNROLL (1 or 2). */
#include "conv_epilogue.clh"
#include "conv_tile.clh"
#include "conv_winograd.clh"
#if !defined TW || !defined VW || !defined REP || !defined WINO || !defined ROOM || !defined UNROLL
#error "TW, VW, REP, WINO, ROOM and UNROLL must be defined"
#endif
#define ATR_OCB (2 * VW)
#define ATR_VEC ATR_PASTE(float, VW)
#define ATR_ALL (TW * REP)
#define ATR_CLEAR(p) ATR_VEC s##p##_0 = 0.0f, s##p##_1 = 0.0f;
#define ATR_ADD_FROM(p, from)                                                                                     \
  {                                                                                                               \
    const ATR_VEC v = (from)[k];                                                                                  \
    s##p##_0 = fma(v, w0, s##p##_0);                                                                              \
    s##p##_1 = fma(v, w1, s##p##_1);                                                                              \
  }
#define ATR_ADD(p) ATR_ADD_FROM(p, xp + (p) * 16)
#define ATR_POINT(p) __global const float *q##p = ix + (p) >= 0 && ix + (p) < t ? xp + (p) * 16 : zeros;
#define ATR_ADD_POINT(p) ATR_ADD_FROM(p, q##p)
#if UNROLL == 1
#define ATR_UNROLL _Pragma("unroll 1")
#else
#define ATR_UNROLL _Pragma("unroll 2")
#endif
#define ATR_SIXTEEN(body)                                                                                         \
  ATR_UNROLL for (int k = 0; k < 16; k++, wp += ATR_OCB) {                                                        \
    const ATR_VEC w0 = *(__global const ATR_VEC *)wp, w1 = *(__global const ATR_VEC *)(wp + VW);                  \
    ATR_EACH(TW)(body)                                                                                            \
  }
/* The sums of the second convolution from registers to where they belong. */
#define ATR_STORE_HALF(j)                                                                                         \
  {                                                                                                               \
    const long part = ((long)((o + j * VW) / 16) * t) * 16 + (o + j * VW) % 16 + begin;                           \
    __global const float *xo = x + part;                                                                          \
    __global float *yo = ATR_PTR(24) + part;                                                                      \
    const ATR_PASTE(int, VW) there = ATR_TILE_LANES(VW) < (ATR_PASTE(int, VW))(a[17] - o - j * VW);               \
    ATR_EACH(TW)(ATR_STORE_##j)                                                                                   \
  }
#define ATR_STORE_0(p) ATR_STORE(p, 0)
#define ATR_STORE_1(p) ATR_STORE(p, 1)
#if WINO
#define ATR_AT(p) const int to = at[r * TW + p], here = to >= 0;
#else
#define ATR_AT(p) const int to = (p) * 16, here = (p) < rest;
#endif
#define ATR_STORE(p, j)                                                                                           \
  {                                                                                                               \
    ATR_AT(p)                                                                                                     \
    if (here) {                                                                                                   \
      ATR_VEC v = s##p##_##j + bias##j + *(__global const ATR_VEC *)(xo + to);                                    \
      v = v < low ? low : v;                                                                                      \
      v = v > high ? high : v;                                                                                    \
      *(__global ATR_VEC *)(yo + to) = select((ATR_VEC)(0.0f), v, there);                                         \
    }                                                                                                             \
  }

ATR_TILE_KERNEL(ATR_FN(conv_fwd_f32_pair_blocked)) {
  ATR_BEGIN;
  const int cb = a[0], t = a[1], d = a[3], group = ATR_GROUP(0), blocks = (cb * 16 + ATR_OCB - 1) / ATR_OCB;
  __global const float *zeros = (__global const float *)(a + 48), *x = ATR_PTR(20), *first = ATR_PTR(22);
  ATR_TILE_SUMS(h, ATR_ALL * ROOM * 16); /* [cb][outputs][16] */
#if WINO
  ATR_TILE_SUMS(points, 6 * ROOM * TW * 16); /* [6][cb][TW][16] */
  int at[ATR_ALL]; /* where each output of the first 16 channels lies, -1: nowhere */
  int phase = group * TW % a[6], tx = group * TW / a[6] % a[5], n = group * TW / a[6] / a[5];
  _Pragma("unroll 1") for (int p = 0; p < TW; p++) {
    const int there = group * TW + p < a[7], t0 = phase + tx * 4 * d, from = t0 - a[4];
    for (int i = 0; i < 4; i++) at[4 * p + i] = there && t0 + i * d < t ? (n * cb * t + t0 + i * d) * 16 : -1;
    __global const float *xp = x + ((long)n * cb * t + from) * 16; /* read where a tile is there */
#define ATR_COLUMN(j) const int in##j = there && from + j * d >= 0 && from + j * d < t;
    ATR_EACH(6)(ATR_COLUMN)
#undef ATR_COLUMN
    for (int b = 0; b < cb; b++, xp += (long)t * 16)
      for (int part = 0; part < 16; part += VW) {
#define ATR_READ(j) const ATR_VEC u##j = *(__global const ATR_VEC *)(in##j ? xp + j * d * 16 + part : zeros);
        ATR_EACH(6)(ATR_READ)
#undef ATR_READ
        ATR_WINO_IN(4)(ATR_VEC)
#define ATR_PUT(j) ATR_TILE_KEEP(VW, z##j, (((j * cb + b) * TW + p) * 16 + part) / VW, points);
        ATR_EACH(6)(ATR_PUT)
#undef ATR_PUT
      }
    if (++phase < a[6]) continue;
    phase = 0;
    if (++tx < a[5]) continue;
    tx = 0;
    n++;
  }
  for (int ob = 0; ob < blocks; ob++) {
    ATR_TILE_SUMS(sum, 6 * TW * 2 * VW);
    __global const float *wp = first + (size_t)ob * 6 * cb * 16 * ATR_OCB;
    const float *vp = points;
    for (int point = 0; point < 6; point++) {
      ATR_EACH(TW)(ATR_CLEAR)
      for (int b = 0; b < cb; b++, vp += TW * 16) {
#define ATR_ADD_TRANSFORMED(p) ATR_ADD_FROM(p, vp + (p) * 16)
        ATR_SIXTEEN(ATR_ADD_TRANSFORMED)
      }
#define ATR_KEEP_AT(p)                                                                                            \
  ATR_TILE_KEEP(VW, s##p##_0, (point * TW + p) * 2, sum), ATR_TILE_KEEP(VW, s##p##_1, (point * TW + p) * 2 + 1, sum);
      ATR_EACH(TW)(ATR_KEEP_AT)
    }
    for (int j = 0; j < 2; j++) {
      const int o = ob * ATR_OCB + j * VW;
      if (o >= cb * 16) break;
      ATR_VEC bias = 0.0f;
      if (!ATR_ABSENT(28)) ATR_PASTE(atr_channels, VW)(ATR_PTR(28), o, a[17], &bias);
      _Pragma("unroll 1") for (int p = 0; p < TW; p++) {
#define ATR_READ(y) const ATR_VEC u##y = ATR_TILE_SUM(VW, (y * TW + p) * 2 + j, sum);
        ATR_EACH(6)(ATR_READ)
#undef ATR_READ
        ATR_WINO_OUT(4)(ATR_VEC)
#define ATR_PUT(i)                                                                                                \
  {                                                                                                               \
    const ATR_VEC v = z##i + bias;                                                                                \
    ATR_TILE_KEEP(VW, v < 0.0f ? 0.0f : v, ((o / 16 * ATR_ALL + 4 * p + i) * 16 + o % 16) / VW, h);               \
  }
        ATR_EACH(4)(ATR_PUT)
#undef ATR_PUT
      }
    }
  }
#else
  const int n = group / a[5], ox = max(0, min(group % a[5] * ATR_ALL, t - ATR_ALL)), taps = a[2];
  for (int ob = 0; ob < blocks; ob++) {
    const int o = ob * ATR_OCB;
    ATR_VEC bias0 = 0.0f, bias1 = 0.0f;
    if (!ATR_ABSENT(28)) {
      ATR_PASTE(atr_channels, VW)(ATR_PTR(28), o, a[17], &bias0);
      ATR_PASTE(atr_channels, VW)(ATR_PTR(28), o + VW, a[17], &bias1);
    }
    _Pragma("unroll 1") for (int r = 0; r < REP; r++) {
      __global const float *wp = first + (size_t)ob * cb * taps * 16 * ATR_OCB;
      const int from = ox + r * TW - a[4];
      ATR_EACH(TW)(ATR_CLEAR)
      for (int b = 0; b < cb; b++)
        for (int tap = 0; tap < taps; tap++) {
          const int ix = from + tap * d;
          __global const float *xp = x + ((long)(n * cb + b) * t + ix) * 16;
          if (ix >= 0 && ix + TW <= t) {
            ATR_SIXTEEN(ATR_ADD)
          } else if (ix + TW > 0 && ix < t) {
            ATR_EACH(TW)(ATR_POINT)
            ATR_SIXTEEN(ATR_ADD_POINT)
          } else {
            wp += 16 * ATR_OCB;
          }
        }
#define ATR_PUT(p) ATR_PUT_HALF(p, 0) ATR_PUT_HALF(p, 1)
#define ATR_PUT_HALF(p, j)                                                                                        \
  {                                                                                                               \
    const ATR_VEC v = s##p##_##j + bias##j;                                                                       \
    if (o + j * VW < cb * 16)                                                                                     \
      ATR_TILE_KEEP(VW, v < 0.0f ? 0.0f : v, (((o + j * VW) / 16 * ATR_ALL + r * TW + p) * 16 + (o + j * VW) % 16) / VW, h); \
  }
      ATR_EACH(TW)(ATR_PUT)
#undef ATR_PUT
#undef ATR_PUT_HALF
    }
  }
#endif
  const float low = ATR_FLOAT(32), high = ATR_FLOAT(33);
  for (int ob = 0; ob < blocks; ob++) {
    const int o = ob * ATR_OCB;
    ATR_VEC bias0 = 0.0f, bias1 = 0.0f;
    if (!ATR_ABSENT(30)) {
      ATR_PASTE(atr_channels, VW)(ATR_PTR(30), o, a[17], &bias0);
      ATR_PASTE(atr_channels, VW)(ATR_PTR(30), o + VW, a[17], &bias1);
    }
    _Pragma("unroll 1") for (int r = 0; r < REP; r++) {
      __global const float *wp = ATR_PTR(26) + (size_t)ob * cb * 16 * ATR_OCB;
#if WINO
      const long begin = 0;
#else
      const long begin = ((long)n * cb * t + ox + r * TW) * 16; /* where the first output lies, and how many there are from it on */
      const int rest = t - ox - r * TW;
#endif
      const float *hp = h + r * TW * 16;
      ATR_EACH(TW)(ATR_CLEAR)
      for (int b = 0; b < cb; b++, hp += ATR_ALL * 16) {
#define ATR_ADD_HIDDEN(p) ATR_ADD_FROM(p, hp + (p) * 16)
        ATR_SIXTEEN(ATR_ADD_HIDDEN)
      }
      ATR_STORE_HALF(0)
      if (o + VW < cb * 16) {
        ATR_STORE_HALF(1)
      }
    }
  }
}
#undef ATR_OCB
#undef ATR_VEC
#undef ATR_ALL
#undef ATR_CLEAR
#undef ATR_ADD_FROM
#undef ATR_ADD
#undef ATR_POINT
#undef ATR_ADD_POINT
#undef ATR_ADD_TRANSFORMED
#undef ATR_ADD_HIDDEN
#undef ATR_KEEP_AT
#undef ATR_AT
#undef ATR_STORE
#undef ATR_STORE_0
#undef ATR_STORE_1
#undef ATR_STORE_HALF
#undef ATR_UNROLL
#undef ATR_SIXTEEN
