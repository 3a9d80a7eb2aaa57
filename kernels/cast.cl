/* cast.cl: conversion of element types. Macros: FROM, TO (types that hold an element), and either CONVERT (what is
 * written before the operand) and where NaN shall become 0 NAN_TO_0; or, where float16, bfloat16 or float64 has a part
 * in it, FROM_E and FROM_M (the exponent's and the mantissa's bits of a float that FROM holds), TO_E and TO_M likewise,
 * TO_MOST (the greatest value of an integer), TO_SIGNED, TO_BOOL: then floats are taken apart by their bits, as devices
 * need know neither half nor double. The rule is that of src/tensor/element.c.
 * cast_fwd_baseline: count, x, y. One item an element. */
#if !defined(FROM) || !defined(TO) || !(defined(CONVERT) || defined(FROM_M) || defined(TO_M))
#error "cast.cl needs FROM, TO, and CONVERT or the bits of a float"
#endif

#ifdef TO_M
/* ±m · 2^e, rounded to nearest, ties to even. */
static ulong ATR_FN(cast_pack)(int negative, ulong m, int e) {
  const ulong sign = (ulong)negative << (TO_E + TO_M), infinity = ((1UL << TO_E) - 1) << TO_M;
  if (!m) return sign;
  const int up = (int)clz(m);
  m <<= up;
  int exponent = e - up + 63 + (1 << (TO_E - 1)) - 1, drop = 63 - TO_M;
  if (exponent >= (1 << TO_E) - 1) return sign | infinity;
  if (exponent < 1) {
    drop += 1 - exponent;
    exponent = 1;
    if (drop > 64) return sign;
  }
  const ulong half_way = 1UL << (drop - 1), rest = drop == 64 ? m : m & (2 * half_way - 1);
  ulong kept = drop == 64 ? 0 : m >> drop;
  if (rest > half_way || (rest == half_way && (kept & 1))) kept++;
  return sign | (((ulong)(exponent - 1) << TO_M) + kept);
}
#endif

ATR_ITEM_KERNEL(ATR_FN(cast_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const FROM x = ((__global const FROM *)ATR_PTR(1))[i];
#ifdef CONVERT
#ifdef NAN_TO_0
  ((__global TO *)ATR_PTR(3))[i] = (TO)(CONVERT(isnan(x) ? 0.0f : x));
#else
  ((__global TO *)ATR_PTR(3))[i] = (TO)(CONVERT(x));
#endif
#else
#ifdef FROM_M
  const int negative = (int)((ulong)x >> (FROM_E + FROM_M)) & 1;
  const int biased = (int)((ulong)x >> FROM_M) & ((1 << FROM_E) - 1), special = biased == (1 << FROM_E) - 1;
  const ulong fraction = (ulong)x & ((1UL << FROM_M) - 1), m = biased ? fraction | 1UL << FROM_M : fraction;
  const int e = max(biased, 1) - (1 << (FROM_E - 1)) + 1 - FROM_M;
#else
  const int negative = x < 0, special = 0, e = 0;
  const ulong fraction = 0, m = negative ? 0 - (ulong)x : (ulong)x;
#endif
#if defined(TO_M)
  const ulong infinity = ((ulong)negative << TO_E | ((1UL << TO_E) - 1)) << TO_M;
  ((__global TO *)ATR_PTR(3))[i] =
      (TO)(special ? (fraction ? infinity | 1UL << (TO_M - 1) : infinity) : ATR_FN(cast_pack)(negative, m, e));
#elif defined(TO_BOOL)
  ((__global TO *)ATR_PTR(3))[i] = (TO)(m != 0);
#else
  ulong whole = e >= 12 ? ULONG_MAX : e >= 0 ? m << e : e > -64 ? m >> -e : 0;
  if (special) whole = fraction ? 0 : ULONG_MAX;
  if (!m) whole = 0;
  const ulong most = TO_SIGNED ? (ulong)TO_MOST + (ulong)negative : negative ? 0UL : (ulong)TO_MOST;
  whole = min(whole, most);
  ((__global TO *)ATR_PTR(3))[i] = (TO)(negative ? 0 - whole : whole);
#endif
#endif
}
