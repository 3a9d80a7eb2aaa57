/* reduce_integer.cl: reductions of integers, which wrap. Macros: KIND (atr__reduce_kind), TYPE, UNSIGNED, MOST (the least
 * of nothing: 1 for bool, else all bits that TYPE keeps).
 * reduce_integer_fwd_baseline: outputs, x, y, count, word of the kept walk, reduced walk, kept walk. One item an output. */
#if !defined(KIND) || !defined(TYPE) || !defined(UNSIGNED) || !defined(MOST)
#error "reduce_integer.cl needs KIND, TYPE, UNSIGNED and MOST"
#endif

ATR_ITEM_KERNEL(ATR_FN(reduce_integer_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  int at[1];
  ATR_WALK(a[6], 1, i, at);
  __global const TYPE *x = (__global const TYPE *)ATR_PTR(1) + at[0];
#if KIND == 2 || KIND == 3
  const TYPE sign = (TYPE)(UNSIGNED ? 0UL : 1UL << (8 * sizeof(TYPE) - 1)); /* the least of all, or 0 */
  TYPE sum = KIND == 2 ? sign : (TYPE)(UNSIGNED ? MOST : ~(1UL << (8 * sizeof(TYPE) - 1)));
#else
  ulong sum = KIND == 4 ? 1 : 0;
#endif
  for (int k = 0; k < a[5]; k++) {
    ATR_WALK(7, 1, k, at);
    const TYPE v = x[at[0]];
#if KIND == 2
    sum = max(sum, v);
#elif KIND == 3
    sum = min(sum, v);
#elif KIND == 4
    sum *= (ulong)v;
#elif KIND == 5 && !UNSIGNED
    sum += v < 0 ? 0 - (ulong)v : (ulong)v;
#elif KIND == 7
    sum += (ulong)v * (ulong)v;
#else
    sum += (ulong)v;
#endif
  }
#if KIND == 1 && UNSIGNED
  sum = a[5] ? sum / (ulong)a[5] : 0;
#elif KIND == 1
  sum = a[5] ? (ulong)((long)sum / a[5]) : 0;
#endif
  ((__global TYPE *)ATR_PTR(3))[i] = (TYPE)sum;
}
