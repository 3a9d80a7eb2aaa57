/* top_k.cl: the best k along an axis. Macro: TYPE.
 * top_k_fwd_baseline: count, x, values, indices (long; absent: not wanted), scratch (k ints a column), length of the axis,
 *   inner, k, largest. One item a column: a heap of the best k, its root the worst of them, is then taken apart from the
 *   worst to the best. Among equals the first; NaN is the largest. */
#ifndef TYPE
#error "top_k.cl needs TYPE"
#endif

static int ATR_FN(top_k_before)(__global const TYPE *x, int inner, int largest, int p, int q) {
  const TYPE v = x[p * inner], w = x[q * inner];
  const int odd_v = isnan((float)v), odd_w = isnan((float)w);
  const int above = v > w || (odd_v && !odd_w), below = v < w || (odd_w && !odd_v);
  return above || below ? (largest ? above : below) : p < q;
}

static void ATR_FN(top_k_sift)(__global const TYPE *x, int inner, int largest, __global int *heap, int at, int n) {
  const int moved = heap[at];
  for (int child = 2 * at + 1; child < n; child = 2 * at + 1) {
    if (child + 1 < n && ATR_FN(top_k_before)(x, inner, largest, heap[child], heap[child + 1])) child++;
    if (ATR_FN(top_k_before)(x, inner, largest, heap[child], moved)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = moved;
}

ATR_ITEM_KERNEL(ATR_FN(top_k_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int length = a[9], inner = a[10], k = a[11], largest = a[12], outer = i / inner, own = i % inner;
  __global const TYPE *x = (__global const TYPE *)ATR_PTR(1) + outer * length * inner + own;
  __global int *heap = (__global int *)ATR_PTR(7) + i * k;
  const int to = outer * k * inner + own;
  for (int m = 0; m < k; m++) heap[m] = m;
  for (int m = k / 2 - 1; m >= 0; m--) ATR_FN(top_k_sift)(x, inner, largest, heap, m, k);
  for (int m = k; m < length; m++)
    if (ATR_FN(top_k_before)(x, inner, largest, m, heap[0])) {
      heap[0] = m;
      ATR_FN(top_k_sift)(x, inner, largest, heap, 0, k);
    }
  for (int m = k - 1; m >= 0; m--) {
    const int worst = heap[0];
    heap[0] = heap[m];
    ATR_FN(top_k_sift)(x, inner, largest, heap, 0, m);
    ((__global TYPE *)ATR_PTR(3))[to + m * inner] = x[worst * inner];
    if (!ATR_ABSENT(5)) ((__global long *)ATR_PTR(5))[to + m * inner] = worst;
  }
}
