/* recurrent.cl: what goes before the walks of rnn.cl, lstm.cl and gru.cl. No macros.
 * recurrent_pack_f32_baseline: a matrix of each direction as [k][columns], zeros where a block of columns is padded.
 *   Words: 0 count, 1 k, 2 columns, 3 block, 4 used of a block, 5 stride of k, 6 of columns, 7 of directions, 8 from,
 *   10 to. One item an element.
 * recurrent_project: pre [dirs][rows][width] = Wb + Rb + W·x; features ascend. Words: 0 dirs, 1 rows, 2 features,
 *   3 width, 4 rows from here on are without Rb, 5 dirs · rows (which must fit), 6 x, 8 W, 10 B, 12 pre. One item an
 *   element. */
#include "recurrent.clh"

ATR_ITEM_KERNEL(ATR_FN(recurrent_pack_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int c = i % a[2], k = i / a[2] % a[1], d = i / a[2] / a[1], lane = c % a[3];
  const size_t at = (size_t)(c / a[3] * a[4] + lane) * a[6] + (size_t)k * a[5] + (size_t)d * a[7];
  ATR_PTR(10)[i] = lane < a[4] ? ATR_PTR(8)[at] : 0.0f;
}

ATR_ITEM_KERNEL(ATR_FN(recurrent_project_f32_baseline)) {
  ATR_BEGIN;
  const int item = ATR_ITEM, rows = a[1], features = a[2], width = a[3];
  if (item >= a[0] * rows * width) return;
  const int r = item % width, row = item / width % rows, d = item / width / rows;
  __global const float *x = ATR_PTR(6) + (size_t)row * features, *b = ATR_PTR(10) + d * 2 * width;
  __global const float *w = ATR_PTR(8) + (size_t)(d * width + r) * features;
  float sum = ATR_ABSENT(10) ? 0.0f : r < a[4] ? b[r] + b[width + r] : b[r];
  for (int k = 0; k < features; k++) sum = fma(w[k], x[k], sum);
  ATR_PTR(12)[item] = sum;
}
