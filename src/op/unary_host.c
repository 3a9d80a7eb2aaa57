/* unary_host.c: elementwise functions of one input on the host, and their derivatives. */
#include "op/element_rows.h"
#include "op/lanes_functions.h"
#include "tensor/element.h"

typedef void row(int64_t n, const atr_real *x, atr_real *y, atr_real a, atr_real b);

typedef struct {
  const atr_real *x, *v; /* v: UnaryGrad's x or y; then x is dy */
  atr_real *y;
  atr__unary_kind kind;
  atr_real a, b;
  row *row; /* of this kind; NULL: there is none */
} job;

#define F(name) ATR_MATH(name)

/* log(1 + e^x), which neither overflows nor loses what is small. */
static atr_real softplus(atr_real x) {
  return (x > 0 ? x : 0) + F(log1p)(F(exp)(-F(fabs)(x)));
}
static atr_real sigmoid(atr_real x) {
  return 1 / (1 + F(exp)(-x));
}
static atr_real unit(atr_real x) {
  return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* The standard normal distribution function; erfc keeps what is small. */
static atr_real normal(atr_real x) {
  return (atr_real)0.5 * F(erfc)(x * -(atr_real)0.70710678118654752);
}
/* Gelu by tanh is x · sigmoid(2u), u = sqrt(2/pi) · (x + 0.044715 x³): 2u/x. */
static atr_real gelu_slope(atr_real x) {
  return (atr_real)1.5957691216057308 * (1 + (atr_real)0.044715 * x * x);
}

static inline __attribute__((always_inline)) atr_real value(atr__unary_kind kind, atr_real x, atr_real a,
                                                            atr_real b) {
  switch (kind) {
  case ATR__UNARY_RELU: return x < 0 ? 0 : x;
  case ATR__UNARY_SIGMOID: return sigmoid(x);
  case ATR__UNARY_TANH: return F(tanh)(x);
  case ATR__UNARY_EXP: return F(exp)(x);
  case ATR__UNARY_LOG: return F(log)(x);
  case ATR__UNARY_SQRT: return F(sqrt)(x);
  case ATR__UNARY_NEG: return -x;
  case ATR__UNARY_ABS: return F(fabs)(x);
  case ATR__UNARY_RECIPROCAL: return 1 / x;
  case ATR__UNARY_LEAKY_RELU: return x < 0 ? a * x : x;
  case ATR__UNARY_ELU: return x < 0 ? a * F(expm1)(x) : x;
  case ATR__UNARY_SELU: return x < 0 ? b * (a * F(expm1)(x)) : b * x;
  case ATR__UNARY_CELU: return x < 0 ? a * F(expm1)(x / a) : x;
  case ATR__UNARY_SOFTPLUS: return softplus(x);
  case ATR__UNARY_SOFTSIGN: return x / (1 + F(fabs)(x));
  case ATR__UNARY_HARD_SIGMOID: return unit(a * x + b);
  case ATR__UNARY_HARD_SWISH: return x * unit(x / 6 + (atr_real)0.5);
  case ATR__UNARY_THRESHOLDED_RELU: return x > a ? x : x == x ? 0 : x;
  case ATR__UNARY_CLIP: {
    const atr_real least = x < a ? a : x;
    return least > b ? b : least;
  }
  case ATR__UNARY_ERF: return F(erf)(x);
  case ATR__UNARY_MISH: return x * F(tanh)(softplus(x));
  case ATR__UNARY_SIN: return F(sin)(x);
  case ATR__UNARY_COS: return F(cos)(x);
  case ATR__UNARY_TAN: return F(tan)(x);
  case ATR__UNARY_ASIN: return F(asin)(x);
  case ATR__UNARY_ACOS: return F(acos)(x);
  case ATR__UNARY_ATAN: return F(atan)(x);
  case ATR__UNARY_SINH: return F(sinh)(x);
  case ATR__UNARY_COSH: return F(cosh)(x);
  case ATR__UNARY_ASINH: return F(asinh)(x);
  case ATR__UNARY_ACOSH: return F(acosh)(x);
  case ATR__UNARY_ATANH: return F(atanh)(x);
  case ATR__UNARY_SIGN: return x > 0 ? 1 : x < 0 ? -1 : x;
  case ATR__UNARY_FLOOR: return F(floor)(x);
  case ATR__UNARY_CEIL: return F(ceil)(x);
  case ATR__UNARY_ROUND: return F(rint)(x);
  case ATR__UNARY_GELU: return x * normal(x);
  case ATR__UNARY_GELU_TANH: return x * sigmoid(gelu_slope(x) * x);
  case ATR__UNARY_SHRINK: return x < -a ? x + b : x > a ? x - b : x == x ? 0 : x;
  case ATR__UNARY_SWISH: return x * sigmoid(a * x);
  case ATR__UNARY_BITWISE_NOT:
  case ATR__UNARY_KINDS: break;
  }
  return x;
}

/* f'(x); v is x or y, as the table in unary.c says. */
static atr_real slope(atr__unary_kind kind, atr_real v, atr_real a, atr_real b) {
  switch (kind) {
  case ATR__UNARY_RELU: return v <= 0 ? 0 : 1;
  case ATR__UNARY_SIGMOID: return v * (1 - v);
  case ATR__UNARY_TANH: return 1 - v * v;
  case ATR__UNARY_EXP: return v;
  case ATR__UNARY_LOG: return 1 / v;
  case ATR__UNARY_SQRT: return (atr_real)0.5 / v;
  case ATR__UNARY_NEG: return -1;
  case ATR__UNARY_ABS: return v > 0 ? 1 : v < 0 ? -1 : 0;
  case ATR__UNARY_RECIPROCAL: return -v * v;
  case ATR__UNARY_LEAKY_RELU: return v > 0 ? 1 : a;
  case ATR__UNARY_ELU: return v > 0 ? 1 : a * F(exp)(v);
  case ATR__UNARY_SELU: return v > 0 ? b : b * (a * F(exp)(v));
  case ATR__UNARY_CELU: return v > 0 ? 1 : F(exp)(v / a);
  case ATR__UNARY_SOFTPLUS: return sigmoid(v);
  case ATR__UNARY_SOFTSIGN: return 1 / ((1 + F(fabs)(v)) * (1 + F(fabs)(v)));
  case ATR__UNARY_HARD_SIGMOID: return a * v + b > 0 && a * v + b < 1 ? a : 0;
  case ATR__UNARY_HARD_SWISH: return v <= -3 ? 0 : v < 3 ? v / 3 + (atr_real)0.5 : 1;
  case ATR__UNARY_THRESHOLDED_RELU: return v > a ? 1 : 0;
  case ATR__UNARY_CLIP: return v < a || v > b ? 0 : 1;
  case ATR__UNARY_ERF: return (atr_real)1.1283791670955126 * F(exp)(-v * v);
  case ATR__UNARY_MISH: {
    const atr_real t = F(tanh)(softplus(v));
    return t + v * (1 - t * t) * sigmoid(v);
  }
  case ATR__UNARY_SIN: return F(cos)(v);
  case ATR__UNARY_COS: return -F(sin)(v);
  case ATR__UNARY_TAN: return 1 + v * v;
  case ATR__UNARY_ASIN: return 1 / F(sqrt)((1 - v) * (1 + v));
  case ATR__UNARY_ACOS: return -1 / F(sqrt)((1 - v) * (1 + v));
  case ATR__UNARY_ATAN: return 1 / (1 + v * v);
  case ATR__UNARY_SINH: return F(cosh)(v);
  case ATR__UNARY_COSH: return F(sinh)(v);
  case ATR__UNARY_ASINH: return 1 / F(sqrt)(v * v + 1);
  case ATR__UNARY_ACOSH: return 1 / F(sqrt)((v - 1) * (v + 1));
  case ATR__UNARY_ATANH: return 1 / ((1 - v) * (1 + v));
  case ATR__UNARY_GELU: return normal(v) + v * ((atr_real)0.39894228040143268 * F(exp)(v * v / -2));
  case ATR__UNARY_GELU_TANH: {
    const atr_real s = sigmoid(gelu_slope(v) * v);
    return s + v * s * (1 - s) * ((atr_real)1.5957691216057308 * (1 + (atr_real)0.134145 * v * v));
  }
  case ATR__UNARY_SHRINK: return v < -a || v > a ? 1 : 0;
  case ATR__UNARY_SWISH: {
    const atr_real s = sigmoid(a * v);
    return s + a * v * s * (1 - s);
  }
  default: return 0;
  }
}

/* Of what one instruction or two compute, which compilers make vectors of. */
#define ROW(name, kind)                                                                                      \
  ATR__CLONES                                                                                                \
  static void name##_row(int64_t n, const atr_real *x, atr_real *y, atr_real a, atr_real b) {                \
    for (int64_t i = 0; i < n; i++) y[i] = value(kind, x[i], a, b);                                          \
  }
ROW(relu, ATR__UNARY_RELU)
ROW(sqrt, ATR__UNARY_SQRT)
ROW(neg, ATR__UNARY_NEG)
ROW(abs, ATR__UNARY_ABS)
ROW(reciprocal, ATR__UNARY_RECIPROCAL)
ROW(leaky_relu, ATR__UNARY_LEAKY_RELU)
ROW(softsign, ATR__UNARY_SOFTSIGN)
ROW(hard_sigmoid, ATR__UNARY_HARD_SIGMOID)
ROW(hard_swish, ATR__UNARY_HARD_SWISH)
ROW(thresholded_relu, ATR__UNARY_THRESHOLDED_RELU)
ROW(clip, ATR__UNARY_CLIP)
ROW(sign, ATR__UNARY_SIGN)
ROW(floor, ATR__UNARY_FLOOR)
ROW(ceil, ATR__UNARY_CEIL)
ROW(round, ATR__UNARY_ROUND)
ROW(shrink, ATR__UNARY_SHRINK)

static row *row_of(atr__unary_kind kind) {
  switch (kind) {
  case ATR__UNARY_RELU: return relu_row;
  case ATR__UNARY_SQRT: return sqrt_row;
  case ATR__UNARY_NEG: return neg_row;
  case ATR__UNARY_ABS: return abs_row;
  case ATR__UNARY_RECIPROCAL: return reciprocal_row;
  case ATR__UNARY_LEAKY_RELU: return leaky_relu_row;
  case ATR__UNARY_SOFTSIGN: return softsign_row;
  case ATR__UNARY_HARD_SIGMOID: return hard_sigmoid_row;
  case ATR__UNARY_HARD_SWISH: return hard_swish_row;
  case ATR__UNARY_THRESHOLDED_RELU: return thresholded_relu_row;
  case ATR__UNARY_CLIP: return clip_row;
  case ATR__UNARY_SIGN: return sign_row;
  case ATR__UNARY_FLOOR: return floor_row;
  case ATR__UNARY_CEIL: return ceil_row;
  case ATR__UNARY_ROUND: return round_row;
  case ATR__UNARY_SHRINK: return shrink_row;
  default: return NULL;
  }
}

/* fast: an approximation, where there is one. */
static row *chosen_row(atr__unary_kind kind, int fast) {
#ifndef ATR_REAL_IS_DOUBLE
  row *const approximation = fast ? atr__lanes_unary(kind) : NULL;
  if (approximation) return approximation;
#endif
  (void)fast;
  return row_of(kind);
}

static void values(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  if (j->row)
    j->row(end - begin, j->x + begin, j->y + begin, j->a, j->b);
  else
    for (int64_t i = begin; i < end; i++) j->y[i] = value(j->kind, j->x[i], j->a, j->b);
}

static void slopes(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  if (j->kind == ATR__UNARY_RELU)
    for (int64_t i = begin; i < end; i++) j->y[i] = j->v[i] <= 0 ? 0 : j->x[i];
  else
    for (int64_t i = begin; i < end; i++) j->y[i] = j->x[i] * slope(j->kind, j->v[i], j->a, j->b);
}

static int64_t integer(const atr__unary_params *p, int64_t x) {
  switch (p->kind) {
  case ATR__UNARY_RELU: return x < 0 ? 0 : x;
  case ATR__UNARY_NEG: return (int64_t)(0 - (uint64_t)x);
  case ATR__UNARY_ABS: return x < 0 ? (int64_t)(0 - (uint64_t)x) : x;
  case ATR__UNARY_SIGN: return (x > 0) - (x < 0);
  case ATR__UNARY_BITWISE_NOT: return ~x;
  case ATR__UNARY_CLIP: x = x < p->least ? p->least : x; return x > p->most ? p->most : x;
  default: return x;
  }
}

/* uint64, given as its bits. */
static int64_t unsigned64(const atr__unary_params *p, int64_t x) {
  const uint64_t u = (uint64_t)x;
  switch (p->kind) {
  case ATR__UNARY_NEG:
  case ATR__UNARY_BITWISE_NOT: return integer(p, x);
  case ATR__UNARY_SIGN: return x != 0;
  case ATR__UNARY_CLIP: {
    const uint64_t raised = u < (uint64_t)p->least ? (uint64_t)p->least : u;
    return (int64_t)(raised > (uint64_t)p->most ? (uint64_t)p->most : raised);
  }
  default: return x;
  }
}

static void integers(void *user, int64_t begin, int64_t end) {
  const atr__call *call = user;
  const atr_type type = call->in[0].type;
  for (int64_t i = begin; i < end; i++)
    atr__element_set_int(
        type, call->out[0].data, i,
        (type == ATR_U64 ? unsigned64 : integer)(call->params, atr__element_int(type, call->in[0].data, i)));
}

atr_status ATR_HOST(unary)(const atr__call *call) {
  const atr__unary_params *p = call->params;
  const atr__view *in = &call->in[0], *out = &call->out[0];
  if (in->type == ATR_F32) {
    row *const plain = row_of(p->kind), *const chosen = chosen_row(p->kind, call->fast);
    job j = { ATR_IN(call, 0), NULL, ATR_OUT(call, 0), p->kind, (atr_real)p->a, (atr_real)p->b, chosen };
    const int64_t grain = !chosen ? 4096 : chosen == plain ? 16384 : 8192;
    atr__pool_for(call->pool, out->count, grain, values, &j);
  } else
    atr__pool_for(call->pool, out->count, 4096, integers, (void *)(uintptr_t)call);
  return ATR_OK;
}

void ATR_HOST(unary_row)(const atr__unary_params *p, int fast, int64_t n, const atr_real *x, atr_real *y) {
  job j = { x, NULL, y, p->kind, (atr_real)p->a, (atr_real)p->b, chosen_row(p->kind, fast) };
  values(&j, 0, n);
}

atr_status ATR_HOST(unary_grad)(const atr__call *call) {
  const atr__unary_params *p = call->params;
  job j = {
    ATR_IN(call, 0), ATR_IN(call, 1), ATR_OUT(call, 0), p->kind, (atr_real)p->a, (atr_real)p->b, NULL
  };
  atr__pool_for(call->pool, call->out[0].count, 4096, slopes, &j);
  return ATR_OK;
}
