/* sampled_product.cl: y[e] = a[i]·b[j] for the entries (i, j) of a sparse matrix; one item an entry, whose row it looks up.
 * Words: 0 entries, 1 rows, 2 lines, 3 a [rows][lines], 5 b [cols][lines], 7 row_start, 9 column, 11 y. */
ATR_ITEM_KERNEL(ATR_FN(sampled_product_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int e = ATR_ITEM, lines = a[2];
  if (e >= a[0]) return;
  __global const int *start = (__global const int *)ATR_PTR(7);
  int row = 0, beyond = a[1];
  while (beyond - row > 1) {
    const int middle = row + (beyond - row) / 2;
    if (start[middle] <= e)
      row = middle;
    else
      beyond = middle;
  }
  __global const float *x = ATR_PTR(3) + (size_t)row * lines;
  __global const float *y = ATR_PTR(5) + (size_t)((__global const int *)ATR_PTR(9))[e] * lines;
  float16 lane = (float16)(0.0f);
  int k = 0;
  for (; k + 16 <= lines; k += 16) lane += vload16(0, x + k) * vload16(0, y + k);
  float part[16];
  vstore16(lane, 0, part);
  for (int l = 0; k + l < lines; l++) part[l] += x[k + l] * y[k + l];
  float sum = 0.0f;
  for (int l = 0; l < 16; l++) sum += part[l];
  ATR_PTR(11)[e] = sum;
}
