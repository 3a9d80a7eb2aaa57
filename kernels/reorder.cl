/* reorder.cl: between plain [n][c][s] and blocked [n][ceil(c/16)][s][16], s the positions of all spatial axes. Words: 0 count,
 * 1 c, 2 s, 3 x, 5 y. No macros. Blocks are for CPU-class devices: a tile is 256 positions of a block or a channel.
 * reorder_fwd_f32_block: to blocks, spare channels zero; count: blocks of all samples.
 * reorder_fwd_f32_plain: from blocks; count: channels of all samples.
 * reorder_fwd_f32_copy: from plain to plain; count: elements. One item an element. */
#define ATR_REORDER_BEGIN                                                                                         \
  ATR_BEGIN;                                                                                                      \
  const int c = a[1], s = a[2], blocks = (c + 15) / 16, pieces = (s + 255) / 256;                                 \
  const int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1)), row = group / pieces;                     \
  if (row >= a[0]) return;                                                                                        \
  const int from = group % pieces * 256, to = min(s, from + 256)

ATR_TILE_KERNEL(ATR_FN(reorder_fwd_f32_block)) {
  ATR_REORDER_BEGIN;
  const int block = row % blocks, have = min(16, c - block * 16);
  __global const float *x = ATR_PTR(3) + ((size_t)(row / blocks) * c + block * 16) * s;
  __global float *y = ATR_PTR(5) + (size_t)row * s * 16;
  for (int at = from; at < to; at++)
    for (int k = 0; k < 16; k++) y[(size_t)at * 16 + k] = k < have ? x[(size_t)k * s + at] : 0.0f;
}

ATR_TILE_KERNEL(ATR_FN(reorder_fwd_f32_plain)) {
  ATR_REORDER_BEGIN;
  const int channel = row % c;
  __global const float *x = ATR_PTR(3) + ((size_t)(row / c) * blocks + channel / 16) * s * 16 + channel % 16;
  __global float *y = ATR_PTR(5) + (size_t)row * s;
  for (int at = from; at < to; at++) y[at] = x[(size_t)at * 16];
}

ATR_KERNEL(ATR_FN(reorder_fwd_f32_copy)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  ATR_PTR(5)[i] = ATR_PTR(3)[i];
}
