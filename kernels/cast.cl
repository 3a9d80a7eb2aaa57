/* cast.cl: conversion of element types. Macros: FROM, TO (types), CONVERT (what is written before the operand),
 * and where NaN shall become 0 NAN_TO_0.
 * cast_fwd_baseline: count, x, y. One item an element. */
#if !defined(FROM) || !defined(TO) || !defined(CONVERT)
#error "cast.cl needs FROM, TO and CONVERT"
#endif

ATR_KERNEL(ATR_FN(cast_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const FROM x = ((__global const FROM *)ATR_PTR(1))[i];
#ifdef NAN_TO_0
  ((__global TO *)ATR_PTR(3))[i] = (TO)(CONVERT(isnan(x) ? 0.0f : x));
#else
  ((__global TO *)ATR_PTR(3))[i] = (TO)(CONVERT(x));
#endif
}
