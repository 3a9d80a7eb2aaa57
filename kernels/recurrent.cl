/* recurrent.cl: what goes before the walks of rnn.cl, lstm.cl and gru.cl. Macro: VW, see recurrent.clh.
 * recurrent_pack_f32_baseline: a matrix of each direction as [k][columns], zeros where a block of columns is padded.
 *   Words: 0 count, 1 k, 2 columns, 3 block, 4 used of a block, 5 stride of k, 6 of columns, 7 of directions, 8 from,
 *   10 to. One item an element.
 * recurrent_project: pre [dirs][rows][width] = Wb + Rb + W·x; features ascend. Words: 0 dirs, 1 rows, 2 features,
 *   3 width, 4 width rounded up to 16, 5 rows from here on are without Rb, 6 dirs · rows (which must fit),
 *   7 x, 9 W (tiles: packed), 11 B, 13 pre.
 *   _baseline: one item an element. _tiles: a work-group of one item four rows. */
#include "recurrent.clh"
#ifndef VW
#error "recurrent.cl needs VW"
#endif

ATR_KERNEL(ATR_FN(recurrent_pack_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int c = i % a[2], k = i / a[2] % a[1], d = i / a[2] / a[1], lane = c % a[3];
  const size_t at = (size_t)(c / a[3] * a[4] + lane) * a[6] + (size_t)k * a[5] + (size_t)d * a[7];
  ATR_PTR(10)[i] = lane < a[4] ? ATR_PTR(8)[at] : 0.0f;
}

#if VW == 1
ATR_KERNEL(ATR_FN(recurrent_project_f32_baseline)) {
  ATR_BEGIN;
  const int item = ATR_ITEM, rows = a[1], features = a[2], width = a[3];
  if (item >= a[0] * rows * width) return;
  const int r = item % width, row = item / width % rows, d = item / width / rows;
  __global const float *x = ATR_PTR(7) + (size_t)row * features, *b = ATR_PTR(11) + d * 2 * width;
  __global const float *w = ATR_PTR(9) + (size_t)(d * width + r) * features;
  float sum = ATR_ABSENT(11) ? 0.0f : r < a[5] ? b[r] + b[width + r] : b[r];
  for (int k = 0; k < features; k++) sum = fma(w[k], x[k], sum);
  ATR_PTR(13)[item] = sum;
}
#else
/* Rows past the end repeat the last; they are computed and not stored. */
ATR_TILE_KERNEL(ATR_FN(recurrent_project_f32_tiles)) {
  ATR_BEGIN;
  const int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1));
  const int rows = a[1], features = a[2], width = a[3], columns = a[4], blocks = (rows + 3) / 4;
  if (group >= a[0] * blocks) return;
  const int d = group / blocks, row = group % blocks * 4, last = rows - 1;
  __global const float *x0 = ATR_PTR(7) + (size_t)row * features;
  __global const float *x1 = ATR_PTR(7) + (size_t)min(row + 1, last) * features;
  __global const float *x2 = ATR_PTR(7) + (size_t)min(row + 2, last) * features;
  __global const float *x3 = ATR_PTR(7) + (size_t)min(row + 3, last) * features;
  __global const float *w = ATR_PTR(9) + (size_t)d * features * columns, *b = ATR_PTR(11) + d * 2 * width;
  __global float *pre = ATR_PTR(13) + (size_t)(d * rows + row) * width;
  for (int c = 0; c < width; c += 16) {
    const int left = width - c;
    float16 s0 = 0.0f;
    if (!ATR_ABSENT(11)) {
      float bias[16];
      for (int i = 0; i < 16; i++)
        bias[i] = i >= left ? 0.0f : c + i < a[5] ? b[c + i] + b[width + c + i] : b[c + i];
      s0 = vload16(0, bias);
    }
    float16 s1 = s0, s2 = s0, s3 = s0;
    for (int k = 0; k < features; k++) {
      const float16 wk = *(__global const float16 *)(w + k * columns + c);
      s0 = fma(wk, (float16)(x0[k]), s0);
      s1 = fma(wk, (float16)(x1[k]), s1);
      s2 = fma(wk, (float16)(x2[k]), s2);
      s3 = fma(wk, (float16)(x3[k]), s3);
    }
    atr_recurrent_store_v16(s0, pre + c, left);
    if (row + 1 < rows) atr_recurrent_store_v16(s1, pre + width + c, left);
    if (row + 2 < rows) atr_recurrent_store_v16(s2, pre + 2 * width + c, left);
    if (row + 3 < rows) atr_recurrent_store_v16(s3, pre + 3 * width + c, left);
  }
}
#endif
