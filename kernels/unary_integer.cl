/* unary_integer.cl: elementwise functions of one integer operand. Macros: KIND (atr__unary_kind), TYPE, UNSIGNED.
 * Arithmetic wraps. Relu and Abs work by masks: LLVM 15 fails (ends the process) where it must choose between
 * vectors of 8-bit lanes, as llvmpipe asks it to.
 * unary_integer_fwd_baseline: count, x, y, Clip's least and greatest as two words each. One item an element. */
#if !defined(KIND) || !defined(TYPE) || !defined(UNSIGNED)
#error "unary_integer.cl needs KIND, TYPE and UNSIGNED"
#endif

ATR_ITEM_KERNEL(ATR_FN(unary_integer_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const TYPE x = ((__global const TYPE *)ATR_PTR(1))[i];
#if KIND == 0 || KIND == 7
  const int below = UNSIGNED ? 0 : x < 0;
#endif
#if KIND == 0
  const TYPE y = x & (TYPE)(below - 1);
#elif KIND == 6
  const TYPE y = (TYPE)(0 - (ulong)x);
#elif KIND == 7
  const TYPE y = (TYPE)((x ^ (TYPE)-below) + (TYPE)below);
#elif KIND == 18
  const ulong low = (ulong)(uint)a[5] | (ulong)(uint)a[6] << 32, high = (ulong)(uint)a[7] | (ulong)(uint)a[8] << 32;
#if UNSIGNED
  const TYPE y = (TYPE)min(max((ulong)x, low), high);
#else
  const TYPE y = (TYPE)min(max((long)x, (long)low), (long)high);
#endif
#elif KIND == 32
  const TYPE y = (TYPE)((x > 0) - (UNSIGNED ? 0 : x < 0));
#elif KIND == 40
  const TYPE y = (TYPE)~x;
#else
#error "unary_integer.cl: no such KIND"
#endif
  ((__global TYPE *)ATR_PTR(3))[i] = y;
}
