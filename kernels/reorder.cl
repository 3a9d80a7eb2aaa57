/* reorder.cl: between plain [n][c][s] and blocked [n][ceil(c/16)][s][16], s the positions of all spatial axes. Words: 0 count,
 * 1 c, 2 s, 3 x, 5 y. No macros. Blocks are for CPU-class devices: a tile is 256 positions of a block, of which 16×16 squares
 * are turned over in registers: four times the halves of all rows are interleaved.
 * reorder_fwd_f32_block: to blocks, spare channels zero; reorder_fwd_f32_plain: from blocks; count: blocks of all samples.
 * reorder_fwd_f32_copy: from plain to plain; count: elements. One item an element. */
#define ATR_REORDER_BEGIN                                                                                         \
  ATR_BEGIN;                                                                                                      \
  const int c = a[1], s = a[2], blocks = (c + 15) / 16, pieces = (s + 255) / 256;                                 \
  const int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1)), row = group / pieces;                     \
  if (row >= a[0]) return;                                                                                        \
  const int from = group % pieces * 256, to = min(s, from + 256);                                                 \
  const int block = row % blocks, have = min(16, c - block * 16);                                                 \
  const size_t flat = ((size_t)(row / blocks) * c + block * 16) * s, deep = (size_t)row * s * 16

#ifdef ATR_ON_CPU
#define ATR_REORDER_LOAD(p) *(__global const atr_anywhere16 *)(p)
#else
#define ATR_REORDER_LOAD(p) vload16(0, p)
#endif
#define ATR_REORDER_LOW(a, b)                                                                                     \
  (float16)(a.s0, b.s0, a.s1, b.s1, a.s2, b.s2, a.s3, b.s3, a.s4, b.s4, a.s5, b.s5, a.s6, b.s6, a.s7, b.s7)
#define ATR_REORDER_HIGH(a, b)                                                                                    \
  (float16)(a.s8, b.s8, a.s9, b.s9, a.sa, b.sa, a.sb, b.sb, a.sc, b.sc, a.sd, b.sd, a.se, b.se, a.sf, b.sf)
#define ATR_REORDER_ROUND(x, y)                                                                                   \
  _Pragma("unroll") for (int i = 0; i < 8; i++) {                                                                 \
    y[2 * i] = ATR_REORDER_LOW(x[i], x[i + 8]);                                                                   \
    y[2 * i + 1] = ATR_REORDER_HIGH(x[i], x[i + 8]);                                                              \
  }
#define ATR_REORDER_SQUARE                                                                                        \
  ATR_REORDER_ROUND(v, u) ATR_REORDER_ROUND(u, v) ATR_REORDER_ROUND(v, u) ATR_REORDER_ROUND(u, v)

ATR_TILE_KERNEL(ATR_FN(reorder_fwd_f32_block)) {
  ATR_REORDER_BEGIN;
  __global const float *x = ATR_PTR(3) + flat;
  __global float *y = ATR_PTR(5) + deep;
  int at = from;
  _Pragma("unroll 1") for (; at + 16 <= to; at += 16) {
    float16 v[16], u[16];
    _Pragma("unroll") for (int k = 0; k < 16; k++) v[k] = k < have ? ATR_REORDER_LOAD(x + (size_t)k * s + at) : 0.0f;
    ATR_REORDER_SQUARE
    _Pragma("unroll") for (int k = 0; k < 16; k++) *(__global float16 *)(y + (size_t)(at + k) * 16) = v[k];
  }
  for (; at < to; at++)
    for (int k = 0; k < 16; k++) y[(size_t)at * 16 + k] = k < have ? x[(size_t)k * s + at] : 0.0f;
}

ATR_TILE_KERNEL(ATR_FN(reorder_fwd_f32_plain)) {
  ATR_REORDER_BEGIN;
  __global const float *x = ATR_PTR(3) + deep;
  __global float *y = ATR_PTR(5) + flat;
  int at = from;
  _Pragma("unroll 1") for (; at + 16 <= to; at += 16) {
    float16 v[16], u[16];
    _Pragma("unroll") for (int k = 0; k < 16; k++) v[k] = *(__global const float16 *)(x + (size_t)(at + k) * 16);
    ATR_REORDER_SQUARE
    _Pragma("unroll") for (int k = 0; k < 16; k++) if (k < have) ATR_STORE16(v[k], y + (size_t)k * s + at);
  }
  for (; at < to; at++)
    for (int k = 0; k < have; k++) y[(size_t)k * s + at] = x[(size_t)at * 16 + k];
}
#undef ATR_REORDER_LOAD
#undef ATR_REORDER_LOW
#undef ATR_REORDER_HIGH
#undef ATR_REORDER_ROUND
#undef ATR_REORDER_SQUARE

ATR_ITEM_KERNEL(ATR_FN(reorder_fwd_f32_copy)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  ATR_PTR(5)[i] = ATR_PTR(3)[i];
}
