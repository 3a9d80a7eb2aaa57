/* unary.cl: elementwise functions of one input. Macro KIND (atr__unary_kind).
 * unary_fwd_f32_baseline: count, x, y, alpha, beta. One item an element. */
#ifndef KIND
#error "unary.cl needs KIND"
#endif

#define UNARY_SOFTPLUS(x) ((x > 0.0f ? x : 0.0f) + log1p(exp(-fabs(x))))
#define UNARY_UNIT(x) ((x) < 0.0f ? 0.0f : (x) > 1.0f ? 1.0f : (x))

#if KIND == 0
#define UNARY (x < 0.0f ? 0.0f : x)
#elif KIND == 1
#define UNARY (1.0f / (1.0f + exp(-x)))
#elif KIND == 2
#define UNARY (tanh(x))
#elif KIND == 3
#define UNARY (exp(x))
#elif KIND == 4
#define UNARY (log(x))
#elif KIND == 5
#define UNARY (sqrt(x))
#elif KIND == 6
#define UNARY (-x)
#elif KIND == 7
#define UNARY (fabs(x))
#elif KIND == 8
#define UNARY (1.0f / x)
#elif KIND == 9
#define UNARY (x < 0.0f ? al * x : x)
#elif KIND == 10
#define UNARY (x < 0.0f ? al * expm1(x) : x)
#elif KIND == 11
#define UNARY (x < 0.0f ? be * (al * expm1(x)) : be * x)
#elif KIND == 12
#define UNARY (x < 0.0f ? al * expm1(x / al) : x)
#elif KIND == 13
#define UNARY (UNARY_SOFTPLUS(x))
#elif KIND == 14
#define UNARY (x / (1.0f + fabs(x)))
#elif KIND == 15
#define UNARY (UNARY_UNIT(al * x + be))
#elif KIND == 16
#define UNARY (x * UNARY_UNIT(x / 6.0f + 0.5f))
#elif KIND == 17
#define UNARY (x > al ? x : x == x ? 0.0f : x)
#elif KIND == 18
#define UNARY ((x < al ? al : x) > be ? be : x < al ? al : x)
#elif KIND == 19
#define UNARY (erf(x))
#elif KIND == 20
#define UNARY (x * tanh(UNARY_SOFTPLUS(x)))
#elif KIND == 21
#define UNARY (sin(x))
#elif KIND == 22
#define UNARY (cos(x))
#elif KIND == 23
#define UNARY (tan(x))
#elif KIND == 24
#define UNARY (asin(x))
#elif KIND == 25
#define UNARY (acos(x))
#elif KIND == 26
#define UNARY (atan(x))
#elif KIND == 27
#define UNARY (sinh(x))
#elif KIND == 28
#define UNARY (cosh(x))
#elif KIND == 29
#define UNARY (asinh(x))
#elif KIND == 30
#define UNARY (acosh(x))
#elif KIND == 31
#define UNARY (atanh(x))
#elif KIND == 32
#define UNARY (x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x)
#elif KIND == 33
#define UNARY (floor(x))
#elif KIND == 34
#define UNARY (ceil(x))
#elif KIND == 35
#define UNARY (rint(x))
#else
#error "unary.cl: no such KIND"
#endif

ATR_KERNEL(ATR_FN(unary_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const float x = ATR_PTR(1)[i], al = ATR_FLOAT(5), be = ATR_FLOAT(6);
  ATR_PTR(3)[i] = UNARY;
}
#undef UNARY
#undef UNARY_SOFTPLUS
#undef UNARY_UNIT
