/* lanes_math.h: elementary functions of eight floats at once, to some units in the last place, for
 * lanes_functions.c: functions over pointers, since vectors as arguments have no settled
 * calling convention.
 *
 * exp by x = n·ln 2 + r, |r| ≤ ln 2/2, and its series to r⁷/7!, below 2 units in the last place; log and
 * log1p by the series of atanh; erfc = exp(-x²) · g(t), t = 1/(1 + 0.3 x), where g is a polynomial fitted to
 * 2e-8 of it for x up to 10.2, where erfc leaves the numbers; erf below 1 by its Taylor series, else from
 * erfc. sigmoid = 1/(1 + exp(-x)), tanh = 1 - 2/(exp(2x) + 1), and below 0.35 its series to x¹¹: below 1.2e-7
 * in absolute terms and 4 units in the last place of tanh (tests/stream holds them to that). Everything is a
 * formula without branches, so no number depends on its neighbours. */
#ifndef ATR_OP_LANES_MATH_H
#define ATR_OP_LANES_MATH_H

#include <stddef.h>

#include "op/lanes.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

#define ATR__SAME(value) ((atr__lanes){ 0 } + (value))
#define ATR__LANES_INLINE static inline __attribute__((always_inline, unused))

/* What is no number stays what it is. */
ATR__LANES_INLINE void atr__keep_nan(const atr__lanes *x, atr__lanes *y) {
  const atr__lanes_int none = *x != *x;
  *y = ATR__EITHER(none, *x, *y);
}

ATR__LANES_INLINE void atr__lanes_abs(const atr__lanes *x, atr__lanes *y) {
  *y = (atr__lanes)((atr__lanes_int)*x & 0x7fffffff);
}

/* x + low (NULL: 0) = n·ln 2 + r: *x becomes e^r - 1, *power n. x within ±110. */
ATR__LANES_INLINE void atr__exp_parts(atr__lanes *x, const atr__lanes *low, atr__lanes_int *power) {
  const float magic = 12582912.0f; /* 1.5·2²³: adding it rounds to a whole number in the last bits */
  const atr__lanes whole = *x * 1.44269504f + magic;
  *power = (atr__lanes_int)whole - (atr__lanes_int)ATR__SAME(magic);
  const atr__lanes n = whole - magic;
  atr__lanes rest = n * 2.12194440e-4f; /* ln 2 in two parts, the first exact */
  if (low) rest += *low;
  const atr__lanes r = *x - n * 0.693359375f + rest;
  atr__lanes sum = r * (1.0f / 5040) + 1.0f / 720;
  sum = sum * r + 1.0f / 120;
  sum = sum * r + 1.0f / 24;
  sum = sum * r + 1.0f / 6;
  sum = sum * r + 0.5f;
  *x = sum * r * r + r;
}

/* Times 2 to the n in two steps, so that results reach infinity and the smallest numbers. */
ATR__LANES_INLINE void atr__times_power(atr__lanes *x, const atr__lanes_int *n) {
  const atr__lanes_int half = *n >> 1, rest = *n - half;
  *x = *x * (atr__lanes)((half + 127) << 23) * (atr__lanes)((rest + 127) << 23);
}

/* e^(x + low), of any x. */
ATR__LANES_INLINE void atr__exp_of_two(atr__lanes *value, const atr__lanes *low) {
  const atr__lanes given = *value, least = ATR__SAME(-110.0f), most = ATR__SAME(110.0f);
  atr__lanes_int n;
  atr__lanes x = ATR__EITHER(given < least, least, given);
  x = ATR__EITHER(given > most, most, x);
  atr__exp_parts(&x, low, &n);
  x = x + 1.0f;
  atr__times_power(&x, &n);
  atr__keep_nan(&given, &x);
  *value = x;
}
ATR__LANES_INLINE void atr__exp_lanes(atr__lanes *value) {
  atr__exp_of_two(value, NULL);
}

/* e^x, x held between -87 and 88. */
ATR__LANES_INLINE void atr__exp_between(atr__lanes *value) {
  const atr__lanes given = *value, least = ATR__SAME(-87.0f), most = ATR__SAME(88.0f);
  atr__lanes_int n;
  atr__lanes x = ATR__EITHER(given < least, least, given);
  x = ATR__EITHER(given > most, most, x);
  atr__exp_parts(&x, NULL, &n);
  *value = (atr__lanes)((atr__lanes_int)(x + 1.0f) + (n << 23));
}

/* e^x - 1 of x ≤ 0, the small ones too. */
ATR__LANES_INLINE void atr__expm1_lanes(atr__lanes *value) {
  const atr__lanes given = *value, least = ATR__SAME(-30.0f), none = { 0 };
  atr__lanes_int n;
  atr__lanes x = ATR__EITHER(given < least, least, given);
  x = ATR__EITHER(given > none, none, x);
  atr__exp_parts(&x, NULL, &n);
  const atr__lanes scale = (atr__lanes)((n + 127) << 23);
  *value = x * scale + (scale - 1.0f);
  atr__keep_nan(&given, value);
}

/* 2 atanh(s) = log((1 + s)/(1 - s)) for |s| ≤ 1/3, from s and s². */
ATR__LANES_INLINE void atr__atanh_twice(const atr__lanes *s, atr__lanes *value) {
  const atr__lanes square = *s * *s;
  atr__lanes sum = square * (2.0f / 15) + 2.0f / 13;
  sum = sum * square + 2.0f / 11;
  sum = sum * square + 2.0f / 9;
  sum = sum * square + 2.0f / 7;
  sum = sum * square + 2.0f / 5;
  sum = sum * square + 2.0f / 3;
  *value = sum * square * *s + 2.0f * *s;
}

/* log(1 + x) of x from 0 to 1. */
ATR__LANES_INLINE void atr__log1p_lanes(atr__lanes *value) {
  const atr__lanes s = *value / (*value + 2.0f);
  atr__atanh_twice(&s, value);
}

/* log of a number 2^n · m, m from sqrt(1/2) to sqrt(2). */
ATR__LANES_INLINE void atr__log_lanes(atr__lanes *value) {
  const atr__lanes given = *value, smallest = ATR__SAME(1.17549435e-38f), none = { 0 };
  const atr__lanes_int tiny = given < smallest;
  const atr__lanes x = ATR__EITHER(tiny, given * 33554432.0f, given);
  /* The exponent counts from sqrt(1/2): 0x3f3504f3. */
  const atr__lanes_int bits = (atr__lanes_int)((atr__lanes_uint)x - 0x3f3504f3u);
  const atr__lanes_int power = (bits >> 23) - (tiny & 25);
  const atr__lanes f = (atr__lanes)((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;
  const atr__lanes n = __builtin_convertvector(power, atr__lanes), s = f / (f + 2.0f), square = s * s;
  atr__lanes sum = square * (2.0f / 9) + 2.0f / 7;
  sum = sum * square + 2.0f / 5;
  sum = sum * square + 2.0f / 3;
  /* log(1 + f) = f - s·(f - s²·…): f itself is exact. */
  const atr__lanes near = f - s * (f - square * sum) - n * 2.12194440e-4f;
  atr__lanes y = near + n * 0.693359375f;
  y = ATR__EITHER(given == none, ATR__SAME(-__builtin_inff()), y);
  y = ATR__EITHER(given < none, ATR__SAME(__builtin_nanf("")), y);
  y = ATR__EITHER(given == ATR__SAME(__builtin_inff()), given, y);
  *value = y;
  atr__keep_nan(&given, value);
}

/* erfc of x ≥ 0. */
ATR__LANES_INLINE void atr__erfc_lanes(atr__lanes *value) {
  const atr__lanes given = *value, most = ATR__SAME(10.2f);
  const atr__lanes x = ATR__EITHER(given > most, most, given), t = 1.0f / (x * 0.3f + 1.0f);
  /* x² in two parts, the first exact: what it lacks would be a factor of the result. */
  const atr__lanes front = (atr__lanes)((atr__lanes_int)x & ~0xfff), low = (front - x) * (front + x);
  atr__lanes e = -(front * front);
  atr__exp_of_two(&e, &low);
  atr__lanes g = t * -0.129541768f + 0.485662077f;
  g = g * t - 0.512500162f;
  g = g * t + 0.547998872f;
  g = g * t - 0.0948644682f;
  g = g * t + 0.215028318f;
  g = g * t + 0.148309402f;
  g = g * t + 0.170720035f;
  g = g * t + 0.169187674f;
  *value = g * t * e;
  atr__keep_nan(&given, value);
}

ATR__LANES_INLINE void atr__erf_lanes(atr__lanes *value) {
  const atr__lanes x = *value, square = x * x, one = ATR__SAME(1.0f);
  atr__lanes size;
  atr__lanes_abs(&x, &size);
  const atr__lanes_int small = size < one, sign = (atr__lanes_int)x & ~0x7fffffff;
  atr__lanes far = size;
  atr__erfc_lanes(&far);
  far = (atr__lanes)((atr__lanes_int)(1.0f - far) | sign);
  /* 2/sqrt(pi) · sum of (-1)^k x^(2k+1) / (k! (2k+1)) */
  atr__lanes near = square * -1.63658447e-07f + 1.64621144e-06f;
  near = near * square - 1.49256504e-05f;
  near = near * square + 1.2055333e-04f;
  near = near * square - 8.54832702e-04f;
  near = near * square + 5.22397763e-03f;
  near = near * square - 2.68661706e-02f;
  near = near * square + 0.112837917f;
  near = near * square - 0.376126389f;
  near = near * square + 1.12837917f;
  *value = ATR__EITHER(small, near * x, far);
  atr__keep_nan(&x, value);
}

ATR__LANES_INLINE void atr__sigmoid_lanes(atr__lanes *value) {
  const atr__lanes x = *value;
  atr__lanes e = -x;
  atr__exp_between(&e);
  *value = 1.0f / (1.0f + e);
  atr__keep_nan(&x, value);
}

ATR__LANES_INLINE void atr__tanh_lanes(atr__lanes *value) {
  const atr__lanes v = *value, square = v * v;
  atr__lanes e = v + v;
  atr__exp_between(&e);
  const atr__lanes far = 1.0f - 2.0f / (e + 1.0f);
  atr__lanes near = square * (-1382.0f / 155925) + 62.0f / 2835;
  near = near * square - 17.0f / 315;
  near = near * square + 2.0f / 15;
  near = near * square - 1.0f / 3;
  near = near * square * v + v;
  *value = ATR__EITHER(square < ATR__SAME(0.35f * 0.35f), near, far);
  atr__keep_nan(&v, value);
}

#endif
