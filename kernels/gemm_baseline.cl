/* gemm_baseline.cl: y = alpha · a · b + beta · c of strided matrices, batched. No macros.
 * gemm_fwd_f32_baseline: y, a, c, m, n, k, strides of a (row, column) and c (row, column), alpha, beta (0: no c), b,
 *   count, strides of b (row, column), batch walk (a, b). One item an element of y. */
ATR_ITEM_KERNEL(ATR_FN(gemm_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[17]) return;
  const int m = a[6], n = a[7], row = i / n % m, column = i % n, a_col = a[10], b_row = a[18];
  int at[2];
  ATR_WALK(20, 2, i / (m * n), at);
  __global const float *left = ATR_PTR(2) + at[0] + row * a[9], *right = ATR_PTR(15) + at[1] + column * a[19];
  float sum = 0.0f;
  for (int k = 0; k < a[8]; k++) sum = fma(left[k * a_col], right[k * b_row], sum);
  sum *= ATR_FLOAT(13);
  if (a[14]) sum += ATR_FLOAT(14) * ATR_PTR(4)[row * a[11] + column * a[12]];
  ATR_PTR(0)[i] = sum;
}
