/* einsum.cl: sums of products of several operands, by strides. Macros: EINSUM_T (type; integers unsigned, so that they
 * wrap), EINSUM_N (operands).
 * einsum_fwd_baseline: count, y, rows of what is summed, their length, for each operand (pointer, stride within a row);
 * rank, for each dimension of y (extent, first dimension of the same label, strides); rank of the rows, for each of its
 * dimensions (extent, strides). One item an element. */
#if !defined(EINSUM_T) || !defined(EINSUM_N)
#error "einsum.cl needs EINSUM_T and EINSUM_N"
#endif

ATR_ITEM_KERNEL(ATR_FN(einsum_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM, first = 5 + 3 * EINSUM_N, rank = a[first], step = 2 + EINSUM_N;
  if (i >= a[0]) return;
  int at[EINSUM_N], coordinate[8], rest = i, differs = 0;
  for (int o = 0; o < EINSUM_N; o++) at[o] = 0;
  for (int d = rank - 1; d >= 0; d--) {
    const int w = first + 1 + d * step, q = rest / a[w];
    coordinate[d] = rest - q * a[w];
    rest = q;
    for (int o = 0; o < EINSUM_N; o++) at[o] += coordinate[d] * a[w + 2 + o];
  }
  for (int d = 0; d < rank; d++) differs |= coordinate[d] != coordinate[a[first + 2 + d * step]];
  const int second = first + 1 + rank * step;
  EINSUM_T sum = 0;
  for (int j = 0; j < (differs ? 0 : a[3]); j++) {
    int from[EINSUM_N];
    rest = j;
    for (int o = 0; o < EINSUM_N; o++) from[o] = at[o];
    for (int d = a[second] - 1; d >= 0; d--) {
      const int w = second + 1 + d * (1 + EINSUM_N), q = rest / a[w];
      for (int o = 0; o < EINSUM_N; o++) from[o] += (rest - q * a[w]) * a[w + 1 + o];
      rest = q;
    }
    for (int k = 0; k < a[4]; k++) {
      EINSUM_T product = 1;
      for (int o = 0; o < EINSUM_N; o++)
        product *= ((__global const EINSUM_T *)ATR_PTR(5 + 3 * o))[from[o] + k * a[7 + 3 * o]];
      sum += product;
    }
  }
  ((__global EINSUM_T *)ATR_PTR(1))[i] = sum;
}
#undef EINSUM_T
#undef EINSUM_N
