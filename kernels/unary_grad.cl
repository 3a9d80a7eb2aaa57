/* unary_grad.cl: dy times the slope of an elementwise function of one input, from v: its x or its y, as the table in
 * src/op/unary.c says. Macro KIND (atr__unary_kind).
 * unary_bwd_f32_baseline: count, dy, v, dx, alpha, beta. One item an element. */
#ifndef KIND
#error "unary_grad.cl needs KIND"
#endif

#define UNARY_SIGMOID(x) (1.0f / (1.0f + exp(-(x))))

#if KIND == 0
#define UNARY_SLOPE (v <= 0.0f ? 0.0f : 1.0f)
#elif KIND == 1
#define UNARY_SLOPE (v * (1.0f - v))
#elif KIND == 2
#define UNARY_SLOPE (1.0f - v * v)
#elif KIND == 3
#define UNARY_SLOPE (v)
#elif KIND == 4
#define UNARY_SLOPE (1.0f / v)
#elif KIND == 5
#define UNARY_SLOPE (0.5f / v)
#elif KIND == 6
#define UNARY_SLOPE (-1.0f)
#elif KIND == 7
#define UNARY_SLOPE (v > 0.0f ? 1.0f : v < 0.0f ? -1.0f : 0.0f)
#elif KIND == 8
#define UNARY_SLOPE (-v * v)
#elif KIND == 9
#define UNARY_SLOPE (v > 0.0f ? 1.0f : al)
#elif KIND == 10
#define UNARY_SLOPE (v > 0.0f ? 1.0f : al * exp(v))
#elif KIND == 11
#define UNARY_SLOPE (v > 0.0f ? be : be * (al * exp(v)))
#elif KIND == 12
#define UNARY_SLOPE (v > 0.0f ? 1.0f : exp(v / al))
#elif KIND == 13
#define UNARY_SLOPE (UNARY_SIGMOID(v))
#elif KIND == 14
#define UNARY_SLOPE (1.0f / ((1.0f + fabs(v)) * (1.0f + fabs(v))))
#elif KIND == 15
#define UNARY_SLOPE (al * v + be > 0.0f && al * v + be < 1.0f ? al : 0.0f)
#elif KIND == 16
#define UNARY_SLOPE (v <= -3.0f ? 0.0f : v < 3.0f ? v / 3.0f + 0.5f : 1.0f)
#elif KIND == 17
#define UNARY_SLOPE (v > al ? 1.0f : 0.0f)
#elif KIND == 18
#define UNARY_SLOPE (v < al || v > be ? 0.0f : 1.0f)
#elif KIND == 19
#define UNARY_SLOPE (1.12837917f * exp(-v * v))
#elif KIND == 20
#define UNARY_TANH_SOFTPLUS tanh((v > 0.0f ? v : 0.0f) + log1p(exp(-fabs(v))))
#define UNARY_SLOPE                                                                                               \
  (UNARY_TANH_SOFTPLUS + v * (1.0f - UNARY_TANH_SOFTPLUS * UNARY_TANH_SOFTPLUS) * UNARY_SIGMOID(v))
#elif KIND == 21
#define UNARY_SLOPE (cos(v))
#elif KIND == 22
#define UNARY_SLOPE (-sin(v))
#elif KIND == 23
#define UNARY_SLOPE (1.0f + v * v)
#elif KIND == 24
#define UNARY_SLOPE (1.0f / sqrt((1.0f - v) * (1.0f + v)))
#elif KIND == 25
#define UNARY_SLOPE (-1.0f / sqrt((1.0f - v) * (1.0f + v)))
#elif KIND == 26
#define UNARY_SLOPE (1.0f / (1.0f + v * v))
#elif KIND == 27
#define UNARY_SLOPE (cosh(v))
#elif KIND == 28
#define UNARY_SLOPE (sinh(v))
#elif KIND == 29
#define UNARY_SLOPE (1.0f / sqrt(v * v + 1.0f))
#elif KIND == 30
#define UNARY_SLOPE (1.0f / sqrt((v - 1.0f) * (v + 1.0f)))
#elif KIND == 31
#define UNARY_SLOPE (1.0f / ((1.0f - v) * (1.0f + v)))
#else
#error "unary_grad.cl: no such KIND"
#endif

ATR_KERNEL(ATR_FN(unary_bwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const float dy = ATR_PTR(1)[i], v = ATR_PTR(3)[i], al = ATR_FLOAT(7), be = ATR_FLOAT(8);
#if KIND == 0
  ATR_PTR(5)[i] = v <= 0.0f ? 0.0f : dy;
#else
  ATR_PTR(5)[i] = dy * UNARY_SLOPE;
#endif
}
#undef UNARY_SLOPE
#undef UNARY_SIGMOID
#undef UNARY_TANH_SOFTPLUS
