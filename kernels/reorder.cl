/* reorder.cl: between plain [n][c][s] and blocked [n][ceil(c/16)][s][16], s the positions of all spatial axes.
 * reorder_fwd_f32_block: count (n · blocks · s), c, s, x, y. One item a position of a block: 16 channels, spare ones zero.
 * reorder_fwd_f32_plain: count (n · c · s), c, s, x, y. One item an output element.
 * reorder_fwd_f32_copy: the same words; from plain to plain. No macros. */
ATR_KERNEL(ATR_FN(reorder_fwd_f32_block)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int c = a[1], s = a[2], blocks = (c + 15) / 16;
  const int at = i % s, block = i / s % blocks, n = i / s / blocks;
  __global const float *x = ATR_PTR(3) + ((size_t)n * c + block * 16) * s + at;
  __global float *y = ATR_PTR(5) + (size_t)i * 16;
  const int have = min(16, c - block * 16);
  for (int k = 0; k < 16; k++) y[k] = k < have ? x[(size_t)k * s] : 0.0f;
}

ATR_KERNEL(ATR_FN(reorder_fwd_f32_plain)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int c = a[1], s = a[2], blocks = (c + 15) / 16;
  const int at = i % s, channel = i / s % c, n = i / s / c;
  ATR_PTR(5)[i] = ATR_PTR(3)[(((size_t)n * blocks + channel / 16) * s + at) * 16 + channel % 16];
}

ATR_KERNEL(ATR_FN(reorder_fwd_f32_copy)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  ATR_PTR(5)[i] = ATR_PTR(3)[i];
}
