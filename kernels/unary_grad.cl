/* unary_grad.cl: dy times the slope of an elementwise function of one input, from v: its x or its y, as the table in
 * src/op/unary.c says. Macro KIND (atr__unary_kind).
 * unary_bwd_f32_baseline: count, dy, v, dx, alpha, beta. One item an element.
 * unary_bwd_f32_vectors: the same and the elements of a group, a multiple of 16. A work-group of one item takes that
 *   many. */
#ifndef KIND
#error "unary_grad.cl needs KIND"
#endif

/* T is float or float16; a condition on vectors chooses lane by lane. */
#define UNARY_SIGMOID(T, x) ((T)(1.0f) / ((T)(1.0f) + exp(-(x))))
#define UNARY_SOFTPLUS(T, x) ((x > (T)(0.0f) ? x : (T)(0.0f)) + log1p(exp(-fabs(x))))

/* Relu passes dy as it is, an infinity too. */
#if KIND == 0
#define UNARY_DX(T) (v <= (T)(0.0f) ? (T)(0.0f) : dy)
#else
#define UNARY_DX(T) (dy * UNARY_SLOPE(T))
#endif

#if KIND == 1
#define UNARY_SLOPE(T) (v * ((T)(1.0f) - v))
#elif KIND == 2
#define UNARY_SLOPE(T) ((T)(1.0f) - v * v)
#elif KIND == 3
#define UNARY_SLOPE(T) (v)
#elif KIND == 4
#define UNARY_SLOPE(T) ((T)(1.0f) / v)
#elif KIND == 5
#define UNARY_SLOPE(T) ((T)(0.5f) / v)
#elif KIND == 6
#define UNARY_SLOPE(T) ((T)(-1.0f))
#elif KIND == 7
#define UNARY_SLOPE(T) (v > (T)(0.0f) ? (T)(1.0f) : v < (T)(0.0f) ? (T)(-1.0f) : (T)(0.0f))
#elif KIND == 8
#define UNARY_SLOPE(T) (-v * v)
#elif KIND == 9
#define UNARY_SLOPE(T) (v > (T)(0.0f) ? (T)(1.0f) : al)
#elif KIND == 10
#define UNARY_SLOPE(T) (v > (T)(0.0f) ? (T)(1.0f) : al * exp(v))
#elif KIND == 11
#define UNARY_SLOPE(T) (v > (T)(0.0f) ? be : be * (al * exp(v)))
#elif KIND == 12
#define UNARY_SLOPE(T) (v > (T)(0.0f) ? (T)(1.0f) : exp(v / al))
#elif KIND == 13
#define UNARY_SLOPE(T) (UNARY_SIGMOID(T, v))
#elif KIND == 14
#define UNARY_SLOPE(T) ((T)(1.0f) / (((T)(1.0f) + fabs(v)) * ((T)(1.0f) + fabs(v))))
#elif KIND == 15
#define UNARY_SLOPE(T) (al * v + be > (T)(0.0f) && al * v + be < (T)(1.0f) ? al : (T)(0.0f))
#elif KIND == 16
#define UNARY_SLOPE(T) (v <= (T)(-3.0f) ? (T)(0.0f) : v < (T)(3.0f) ? v / (T)(3.0f) + (T)(0.5f) : (T)(1.0f))
#elif KIND == 17
#define UNARY_SLOPE(T) (v > al ? (T)(1.0f) : (T)(0.0f))
#elif KIND == 18
#define UNARY_SLOPE(T) (v < al || v > be ? (T)(0.0f) : (T)(1.0f))
#elif KIND == 19
#define UNARY_SLOPE(T) ((T)(1.12837917f) * exp(-v * v))
#elif KIND == 20
#define UNARY_T(T) tanh(UNARY_SOFTPLUS(T, v))
#define UNARY_SLOPE(T) (UNARY_T(T) + v * ((T)(1.0f) - UNARY_T(T) * UNARY_T(T)) * UNARY_SIGMOID(T, v))
#elif KIND == 21
#define UNARY_SLOPE(T) (cos(v))
#elif KIND == 22
#define UNARY_SLOPE(T) (-sin(v))
#elif KIND == 23
#define UNARY_SLOPE(T) ((T)(1.0f) + v * v)
#elif KIND == 24
#define UNARY_SLOPE(T) ((T)(1.0f) / sqrt(((T)(1.0f) - v) * ((T)(1.0f) + v)))
#elif KIND == 25
#define UNARY_SLOPE(T) ((T)(-1.0f) / sqrt(((T)(1.0f) - v) * ((T)(1.0f) + v)))
#elif KIND == 26
#define UNARY_SLOPE(T) ((T)(1.0f) / ((T)(1.0f) + v * v))
#elif KIND == 27
#define UNARY_SLOPE(T) (cosh(v))
#elif KIND == 28
#define UNARY_SLOPE(T) (sinh(v))
#elif KIND == 29
#define UNARY_SLOPE(T) ((T)(1.0f) / sqrt(v * v + (T)(1.0f)))
#elif KIND == 30
#define UNARY_SLOPE(T) ((T)(1.0f) / sqrt((v - (T)(1.0f)) * (v + (T)(1.0f))))
#elif KIND == 31
#define UNARY_SLOPE(T) ((T)(1.0f) / (((T)(1.0f) - v) * ((T)(1.0f) + v)))
#elif KIND == 36
#define UNARY_SLOPE(T)                                                                                            \
  ((T)(0.5f) * erfc(v * (T)(-0.70710678f)) + v * ((T)(0.39894228f) * exp(v * v * (T)(-0.5f))))
#elif KIND == 37
#define UNARY_T(T) UNARY_SIGMOID(T, (T)(1.59576912f) * ((T)(1.0f) + (T)(0.044715f) * v * v) * v)
#define UNARY_SLOPE(T)                                                                                            \
  (UNARY_T(T) + v * UNARY_T(T) * ((T)(1.0f) - UNARY_T(T)) *                                                       \
                    ((T)(1.59576912f) * ((T)(1.0f) + (T)(0.134145f) * v * v)))
#elif KIND == 38
#define UNARY_SLOPE(T) (v < -al || v > al ? (T)(1.0f) : (T)(0.0f))
#elif KIND == 39
#define UNARY_SLOPE(T)                                                                                            \
  (UNARY_SIGMOID(T, al * v) + al * v * UNARY_SIGMOID(T, al * v) * ((T)(1.0f) - UNARY_SIGMOID(T, al * v)))
#elif KIND != 0
#error "unary_grad.cl: no such KIND"
#endif

ATR_ITEM_KERNEL(ATR_FN(unary_bwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const float dy = ATR_PTR(1)[i], v = ATR_PTR(3)[i], al = ATR_FLOAT(7), be = ATR_FLOAT(8);
  ATR_PTR(5)[i] = UNARY_DX(float);
}

ATR_TILE_KERNEL(ATR_FN(unary_bwd_f32_vectors)) {
  ATR_BEGIN;
  const int from = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1)) * a[9], to = min(from + a[9], a[0]);
  __global const float *dys = ATR_PTR(1), *vs = ATR_PTR(3);
  __global float *dxs = ATR_PTR(5);
  int i = from;
  {
    const float16 al = (float16)(ATR_FLOAT(7)), be = (float16)(ATR_FLOAT(8));
    for (; i + 16 <= to; i += 16) {
      const float16 dy = *(__global const float16 *)(dys + i), v = *(__global const float16 *)(vs + i);
      *(__global float16 *)(dxs + i) = UNARY_DX(float16);
    }
  }
  const float al = ATR_FLOAT(7), be = ATR_FLOAT(8);
  for (; i < to; i++) {
    const float dy = dys[i], v = vs[i];
    dxs[i] = UNARY_DX(float);
  }
}
#undef UNARY_DX
#undef UNARY_SLOPE
#undef UNARY_SIGMOID
#undef UNARY_SOFTPLUS
#undef UNARY_T
