/* reduce_prod_grad.cl: dy times the product of a line's other elements, from the left and from the right. No macros.
 * reduce_prod_bwd_f32_baseline: dy, x, dx, lines, length, word of the kept walk, walk along a line, kept walk. One item a
 *   line. */
ATR_ITEM_KERNEL(ATR_FN(reduce_prod_bwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[6]) return;
  int from[1];
  ATR_WALK(a[8], 1, i, from);
  __global const float *x = ATR_PTR(2) + from[0];
  __global float *dx = ATR_PTR(4) + from[0];
  float before = ATR_PTR(0)[i], after = 1.0f;
  for (int k = 0; k < a[7]; k++) {
    int at[1];
    ATR_WALK(9, 1, k, at);
    dx[at[0]] = before;
    before *= x[at[0]];
  }
  for (int k = a[7] - 1; k >= 0; k--) {
    int at[1];
    ATR_WALK(9, 1, k, at);
    dx[at[0]] *= after;
    after *= x[at[0]];
  }
}
