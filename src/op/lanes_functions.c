/* lanes_functions.c: see lanes_functions.h; the formulas of elementary functions are in lanes_math.h.
 *
 * Celu is a·(e^(x/a) - 1) below 0; softplus max(x, 0) + log1p(e), e = exp(-|x|); mish x·tanh(softplus(x)) =
 * x·(1 + 2e)/(1 + 2e + 2e²), below 0 x·(e² + 2e)/(e² + 2e + 2); gelu x·erfc(-x/√2)/2, and by tanh
 * x·sigmoid(2u), u = √(2/π)·(x + 0.044715·x³). */
#include "config.h"

#include "op/lanes_functions.h"

#include <string.h>

#include "op/lanes_math.h"

/* The rest of a row goes through a vector of its own, so that every number has the same bits anywhere. */
#define ROW(name)                                                                                            \
  ATR__CLONES                                                                                                \
  static void name##_row(int64_t n, const float *x, float *y, float a, float b) {                            \
    int64_t i = 0;                                                                                           \
    for (; i + ATR__LANES <= n; i += ATR__LANES) {                                                           \
      atr__lanes v = *(const atr__lanes_any *)(x + i);                                                       \
      name##_lanes(&v, a, b);                                                                                \
      *(atr__lanes_any *)(y + i) = v;                                                                        \
    }                                                                                                        \
    if (i == n) return;                                                                                      \
    atr__lanes v = { 0 };                                                                                    \
    memcpy(&v, x + i, (size_t)(n - i) * sizeof *x);                                                          \
    name##_lanes(&v, a, b);                                                                                  \
    memcpy(y + i, &v, (size_t)(n - i) * sizeof *y);                                                          \
  }

/* What becomes of x in v. */
#define FORMULA(name, ...)                                                                                   \
  ATR__LANES_INLINE void name##_lanes(atr__lanes *v, float a, float b) {                                     \
    const atr__lanes x = *v, none = { 0 };                                                                   \
    (void)x, (void)none, (void)a, (void)b;                                                                   \
    __VA_ARGS__                                                                                              \
  }                                                                                                          \
  ROW(name)

FORMULA(sigmoid, atr__sigmoid_lanes(v);)
FORMULA(tanh, atr__tanh_lanes(v);)
FORMULA(exp, atr__exp_lanes(v);)
FORMULA(log, atr__log_lanes(v);)
FORMULA(erf, atr__erf_lanes(v);)
FORMULA(celu, *v = x / a; atr__expm1_lanes(v); *v = ATR__EITHER(x < none, *v *a, x);)
FORMULA(elu, atr__expm1_lanes(v); *v = ATR__EITHER(x < none, *v *a, x);)
FORMULA(selu, atr__expm1_lanes(v); *v = ATR__EITHER(x < none, *v *a, x) * b;)

/* exp(-|x|). */
ATR__LANES_INLINE void exp_down(const atr__lanes *x, atr__lanes *e) {
  atr__lanes_abs(x, e);
  *e = -*e;
  atr__exp_lanes(e);
}
FORMULA(softplus, exp_down(&x, v); atr__log1p_lanes(v); *v += ATR__EITHER(x < none, none, x);)
FORMULA(mish, atr__lanes e; exp_down(&x, &e); const atr__lanes_int below = x < none;
        const atr__lanes front = ATR__EITHER(below, (e + 2.0f) * e, e * 2.0f + 1.0f),
        rest = ATR__EITHER(below, ATR__SAME(2.0f), e *e * 2.0f);
        *v = x * (front / (front + rest)); atr__keep_nan(&x, v);)

FORMULA(gelu, atr__lanes size; atr__lanes_abs(&x, &size); size = size * 0.70710678f; atr__erfc_lanes(&size);
        size = size * 0.5f; *v = x * ATR__EITHER(x < none, size, 1.0f - size);)
FORMULA(gelu_tanh, *v = (x * x * 0.044715f + 1.0f) * 1.59576912f * x; atr__sigmoid_lanes(v); *v = x * *v;)
FORMULA(swish, *v = x * a; atr__sigmoid_lanes(v); *v = x * *v;)

void atr__lanes_sigmoid(int64_t n, const float *x, float *y) {
  sigmoid_row(n, x, y, 0, 0);
}
void atr__lanes_tanh(int64_t n, const float *x, float *y) {
  tanh_row(n, x, y, 0, 0);
}
void atr__lanes_exp(int64_t n, const float *x, float *y) {
  exp_row(n, x, y, 0, 0);
}

atr__lanes_row *atr__lanes_unary(atr__unary_kind kind) {
  switch (kind) {
  case ATR__UNARY_SIGMOID: return sigmoid_row;
  case ATR__UNARY_TANH: return tanh_row;
  case ATR__UNARY_EXP: return exp_row;
  case ATR__UNARY_LOG: return log_row;
  case ATR__UNARY_ELU: return elu_row;
  case ATR__UNARY_SELU: return selu_row;
  case ATR__UNARY_CELU: return celu_row;
  case ATR__UNARY_SOFTPLUS: return softplus_row;
  case ATR__UNARY_ERF: return erf_row;
  case ATR__UNARY_MISH: return mish_row;
  case ATR__UNARY_GELU: return gelu_row;
  case ATR__UNARY_GELU_TANH: return gelu_tanh_row;
  case ATR__UNARY_SWISH: return swish_row;
  default: return NULL;
  }
}
