/* unary.cl: elementwise functions of one input. Macro KIND (atr__unary_kind).
 * unary_fwd_f32_baseline: count, x, y, alpha, beta. One item an element.
 * unary_fwd_f32_vectors: the same and the elements of a group, a multiple of 16. A work-group of one item takes that
 *   many. */
#ifndef KIND
#error "unary.cl needs KIND"
#endif

/* T is float or float16; a condition on vectors chooses lane by lane. */
#define UNARY_SOFTPLUS(T, x) ((x > (T)(0.0f) ? x : (T)(0.0f)) + log1p(exp(-fabs(x))))
#define UNARY_UNIT(T, x) ((x) < (T)(0.0f) ? (T)(0.0f) : (x) > (T)(1.0f) ? (T)(1.0f) : (x))

#if KIND == 0
#define UNARY(T) (x < (T)(0.0f) ? (T)(0.0f) : x)
#elif KIND == 1
#define UNARY(T) ((T)(1.0f) / ((T)(1.0f) + exp(-x)))
#elif KIND == 2
#define UNARY(T) (tanh(x))
#elif KIND == 3
#define UNARY(T) (exp(x))
#elif KIND == 4
#define UNARY(T) (log(x))
#elif KIND == 5
#define UNARY(T) (sqrt(x))
#elif KIND == 6
#define UNARY(T) (-x)
#elif KIND == 7
#define UNARY(T) (fabs(x))
#elif KIND == 8
#define UNARY(T) ((T)(1.0f) / x)
#elif KIND == 9
#define UNARY(T) (x < (T)(0.0f) ? al * x : x)
#elif KIND == 10
#define UNARY(T) (x < (T)(0.0f) ? al * expm1(x) : x)
#elif KIND == 11
#define UNARY(T) (x < (T)(0.0f) ? be * (al * expm1(x)) : be * x)
#elif KIND == 12
#define UNARY(T) (x < (T)(0.0f) ? al * expm1(x / al) : x)
#elif KIND == 13
#define UNARY(T) (UNARY_SOFTPLUS(T, x))
#elif KIND == 14
#define UNARY(T) (x / ((T)(1.0f) + fabs(x)))
#elif KIND == 15
#define UNARY(T) (UNARY_UNIT(T, al * x + be))
#elif KIND == 16
#define UNARY(T) (x * UNARY_UNIT(T, x / (T)(6.0f) + (T)(0.5f)))
#elif KIND == 17
#define UNARY(T) (x > al ? x : x == x ? (T)(0.0f) : x)
#elif KIND == 18
#define UNARY(T) ((x < al ? al : x) > be ? be : x < al ? al : x)
#elif KIND == 19
#define UNARY(T) (erf(x))
#elif KIND == 20
#define UNARY(T) (x * tanh(UNARY_SOFTPLUS(T, x)))
#elif KIND == 21
#define UNARY(T) (sin(x))
#elif KIND == 22
#define UNARY(T) (cos(x))
#elif KIND == 23
#define UNARY(T) (tan(x))
#elif KIND == 24
#define UNARY(T) (asin(x))
#elif KIND == 25
#define UNARY(T) (acos(x))
#elif KIND == 26
#define UNARY(T) (atan(x))
#elif KIND == 27
#define UNARY(T) (sinh(x))
#elif KIND == 28
#define UNARY(T) (cosh(x))
#elif KIND == 29
#define UNARY(T) (asinh(x))
#elif KIND == 30
#define UNARY(T) (acosh(x))
#elif KIND == 31
#define UNARY(T) (atanh(x))
#elif KIND == 32
#define UNARY(T) (x > (T)(0.0f) ? (T)(1.0f) : x < (T)(0.0f) ? (T)(-1.0f) : x)
#elif KIND == 33
#define UNARY(T) (floor(x))
#elif KIND == 34
#define UNARY(T) (ceil(x))
#elif KIND == 35
#define UNARY(T) (rint(x))
#elif KIND == 36
#define UNARY(T) (x * ((T)(0.5f) * erfc(x * (T)(-0.70710678f))))
#elif KIND == 37
#define UNARY(T) (x / ((T)(1.0f) + exp((T)(-1.59576912f) * ((T)(1.0f) + (T)(0.044715f) * x * x) * x)))
#elif KIND == 38
#define UNARY(T) (x < -al ? x + be : x > al ? x - be : x == x ? (T)(0.0f) : x)
#elif KIND == 39
#define UNARY(T) (x / ((T)(1.0f) + exp(-al * x)))
#else
#error "unary.cl: no such KIND"
#endif

ATR_ITEM_KERNEL(ATR_FN(unary_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const float x = ATR_PTR(1)[i], al = ATR_FLOAT(5), be = ATR_FLOAT(6);
  ATR_PTR(3)[i] = UNARY(float);
}

ATR_TILE_KERNEL(ATR_FN(unary_fwd_f32_vectors)) {
  ATR_BEGIN;
  const int from = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1)) * a[7], to = min(from + a[7], a[0]);
  __global const float *xs = ATR_PTR(1);
  __global float *ys = ATR_PTR(3);
  int i = from;
  {
    const float16 al = (float16)(ATR_FLOAT(5)), be = (float16)(ATR_FLOAT(6));
    for (; i + 16 <= to; i += 16) {
      const float16 x = *(__global const float16 *)(xs + i);
      *(__global float16 *)(ys + i) = UNARY(float16);
    }
  }
  const float al = ATR_FLOAT(5), be = ATR_FLOAT(6);
  for (; i < to; i++) {
    const float x = xs[i];
    ys[i] = UNARY(float);
  }
}
#undef UNARY
#undef UNARY_SOFTPLUS
#undef UNARY_UNIT
