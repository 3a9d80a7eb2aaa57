/* binary_host.c: elementwise functions of two operands on the host. */
#include "op/element_rows.h"
#include "op/walk.h"
#include "tensor/element.h"

typedef struct {
  const atr__walk *walk;
  const void *in[3];
  void *out;
  atr__binary_kind kind;
  int side, count;
} job;

static atr_real maximum(atr_real x, atr_real y) {
  return x > y || x != x ? x : y;
}
static atr_real minimum(atr_real x, atr_real y) {
  return x < y || x != x ? x : y;
}

/* Integers wrap: arithmetic is done unsigned. */
static int64_t power_int(int64_t x, int64_t y) {
  if (y < 0) return x == 1 ? 1 : x == -1 ? (y % 2 ? -1 : 1) : 0;
  uint64_t result = 1, base = (uint64_t)x;
  for (; y; y >>= 1, base *= base)
    if (y & 1) result *= base;
  return (int64_t)result;
}
static int64_t divide_int(int64_t x, int64_t y) {
  return y == 0 ? 0 : y == -1 ? (int64_t)(0 - (uint64_t)x) : x / y;
}
/* With the sign of the divisor. */
static int64_t remainder_int(int64_t x, int64_t y) {
  const int64_t rest = y == 0 || y == -1 ? 0 : x % y;
  return rest && (rest < 0) != (y < 0) ? rest + y : rest;
}
static int64_t integer(atr__binary_kind kind, int64_t x, int64_t y) {
  switch (kind) {
  case ATR__BINARY_ADD: return (int64_t)((uint64_t)x + (uint64_t)y);
  case ATR__BINARY_SUB: return (int64_t)((uint64_t)x - (uint64_t)y);
  case ATR__BINARY_MUL: return (int64_t)((uint64_t)x * (uint64_t)y);
  case ATR__BINARY_DIV: return divide_int(x, y);
  case ATR__BINARY_POW: return power_int(x, y);
  case ATR__BINARY_MAX: return x > y ? x : y;
  case ATR__BINARY_MIN: return x < y ? x : y;
  case ATR__BINARY_PRELU: return x < 0 ? (int64_t)((uint64_t)x * (uint64_t)y) : x;
  case ATR__BINARY_MOD: return remainder_int(x, y);
  case ATR__BINARY_FMOD: return y == 0 || y == -1 ? 0 : x % y;
  case ATR__BINARY_BIT_AND: return x & y;
  case ATR__BINARY_BIT_OR: return x | y;
  case ATR__BINARY_BIT_XOR: return x ^ y;
  case ATR__BINARY_SHIFT_LEFT: return y < 0 || y > 63 ? 0 : (int64_t)((uint64_t)x << y);
  case ATR__BINARY_SHIFT_RIGHT: return y < 0 || y > 63 ? 0 : (int64_t)((uint64_t)x >> y);
  case ATR__BINARY_MEAN: break;
  }
  return 0;
}

/* uint64, where the order and the quotients are others; x and y are its bits. */
static int64_t unsigned64(atr__binary_kind kind, int64_t x, int64_t y) {
  const uint64_t ux = (uint64_t)x, uy = (uint64_t)y;
  switch (kind) {
  case ATR__BINARY_DIV: return uy ? (int64_t)(ux / uy) : 0;
  case ATR__BINARY_MAX: return ux > uy ? x : y;
  case ATR__BINARY_MIN: return ux < uy ? x : y;
  case ATR__BINARY_MOD:
  case ATR__BINARY_FMOD: return uy ? (int64_t)(ux % uy) : 0;
  case ATR__BINARY_PRELU: return x;
  case ATR__BINARY_POW: {
    uint64_t result = 1, base = ux;
    for (uint64_t n = uy; n; n >>= 1, base *= base)
      if (n & 1) result *= base;
    return (int64_t)result;
  }
  default: return integer(kind, x, y);
  }
}

/* The first of n numbers in whole vectors: how many. Each operand lies one number behind the other, or is one
 * number for all. */
#define VECTORS(name, ...)                                                                                   \
  ATR__CLONES                                                                                                \
  static int64_t name##_vectors(atr_real count, int64_t n, const atr_real *xs, int64_t xstep,                \
                                const atr_real *ys, int64_t ystep, atr_real *out) {                          \
    int64_t k = 0;                                                                                           \
    (void)count;                                                                                             \
    if (n < ATR__LANES || xstep < 0 || xstep > 1 || ystep < 0 || ystep > 1) return 0;                        \
    const atr__reals zero = { 0 };                                                                           \
    atr__reals x = *xs - zero, y = *ys - zero; /* keeps the sign of a zero */                                \
    for (; k + ATR__LANES <= n; k += ATR__LANES) {                                                           \
      if (xstep) x = *(const atr__reals *)(xs + k);                                                          \
      if (ystep) y = *(const atr__reals *)(ys + k);                                                          \
      *(atr__reals *)(out + k) = __VA_ARGS__;                                                                \
    }                                                                                                        \
    return k;                                                                                                \
  }
VECTORS(add, x + y)
VECTORS(sub, x - y)
VECTORS(mul, x *y)
VECTORS(div, x / y)
VECTORS(mean, (x + y) / count)
VECTORS(max, ATR__EITHER((x > y) | (x != x), x, y))
VECTORS(min, ATR__EITHER((x < y) | (x != x), x, y))
VECTORS(prelu, ATR__EITHER(x < zero, x *y, x))
#undef VECTORS

#define EACH(formula)                                                                                        \
  for (int64_t k = done; k < n; k++) {                                                                       \
    const atr_real x = xs[k * xstep], y = ys[k * ystep];                                                     \
    out[k] = formula;                                                                                        \
  }                                                                                                          \
  break

void ATR_HOST(binary_row)(atr__binary_kind kind, atr_real count, int64_t n, const atr_real *xs, int64_t xstep,
                          const atr_real *ys, int64_t ystep, atr_real *out) {
  int64_t done = 0;
  switch (kind) {
  case ATR__BINARY_ADD: done = add_vectors(count, n, xs, xstep, ys, ystep, out); EACH(x + y);
  case ATR__BINARY_SUB: done = sub_vectors(count, n, xs, xstep, ys, ystep, out); EACH(x - y);
  case ATR__BINARY_MUL: done = mul_vectors(count, n, xs, xstep, ys, ystep, out); EACH(x * y);
  case ATR__BINARY_DIV: done = div_vectors(count, n, xs, xstep, ys, ystep, out); EACH(x / y);
  case ATR__BINARY_POW: EACH(y == 2 ? x * x : ATR_MATH(pow)(x, y));
  case ATR__BINARY_MAX: done = max_vectors(count, n, xs, xstep, ys, ystep, out); EACH(maximum(x, y));
  case ATR__BINARY_MIN: done = min_vectors(count, n, xs, xstep, ys, ystep, out); EACH(minimum(x, y));
  case ATR__BINARY_PRELU: done = prelu_vectors(count, n, xs, xstep, ys, ystep, out); EACH(x < 0 ? x * y : x);
  case ATR__BINARY_MOD:
  case ATR__BINARY_FMOD: EACH(ATR_MATH(fmod)(x, y));
  case ATR__BINARY_MEAN: done = mean_vectors(count, n, xs, xstep, ys, ystep, out); EACH((x + y) / count);
  default: break;
  }
}
#undef EACH

static void steps(const atr__walk *walk, int64_t step[ATR__WALK_OPERANDS]) {
  for (int o = 0; o < ATR__WALK_OPERANDS; o++) step[o] = walk->rank ? walk->stride[o][walk->rank - 1] : 0;
}

static void reals(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  int64_t at[ATR__WALK_OPERANDS], step[ATR__WALK_OPERANDS];
  steps(j->walk, step);
  for (int64_t i = begin, n; i < end; i += n) {
    n = atr__walk_row(j->walk, i, end, at);
    ATR_HOST(binary_row)
    (j->kind, (atr_real)j->count, n, (const atr_real *)j->in[0] + at[0], step[0],
     (const atr_real *)j->in[1] + at[1], step[1], (atr_real *)j->out + i);
  }
}
#define RANGE(name, type, function)                                                                          \
  static void name(void *user, int64_t begin, int64_t end) {                                                 \
    const job *j = user;                                                                                     \
    int64_t at[ATR__WALK_OPERANDS], step[ATR__WALK_OPERANDS];                                                \
    steps(j->walk, step);                                                                                    \
    for (int64_t i = begin, n; i < end; i += n) {                                                            \
      n = atr__walk_row(j->walk, i, end, at);                                                                \
      for (int64_t k = 0; k < n; k++)                                                                        \
        ((type *)j->out)[i + k] =                                                                            \
            (type)function(j->kind, (int64_t)((const type *)j->in[0])[at[0] + k * step[0]],                  \
                           (int64_t)((const type *)j->in[1])[at[1] + k * step[1]]);                          \
    }                                                                                                        \
  }
RANGE(range_i8, int8_t, integer)
RANGE(range_u8, uint8_t, integer)
RANGE(range_i16, int16_t, integer)
RANGE(range_u16, uint16_t, integer)
RANGE(range_i32, int32_t, integer)
RANGE(range_u32, uint32_t, integer)
RANGE(range_i64, int64_t, integer)
RANGE(range_u64, uint64_t, unsigned64)

static atr__pool_body *range_of(atr_type type) {
  switch (type) {
  case ATR_I8: return range_i8;
  case ATR_U8: return range_u8;
  case ATR_I16: return range_i16;
  case ATR_U16: return range_u16;
  case ATR_I32: return range_i32;
  case ATR_U32: return range_u32;
  case ATR_I64: return range_i64;
  case ATR_U64: return range_u64;
  default: return reals;
  }
}

/* Pow of two types: powers of integers by integers as such, else of floats, and back to the base's type. */
static double get_real(const void *data, atr_type type, int64_t i) {
  return type == ATR_F32 ? (double)((const atr_real *)data)[i] : atr__element_real(type, data, i);
}
static int64_t whole(double x) {
  return x != x ? 0 : x <= -0x1p63 ? INT64_MIN : x >= 0x1p63 ? INT64_MAX : (int64_t)x;
}
static void power_of_two_types(const atr__call *call) {
  const atr__view *x = &call->in[0], *y = &call->in[1], *out = &call->out[0];
  atr__walk walk = atr__walk_over(&out->shape);
  atr__walk_broadcast(&walk, &x->shape);
  atr__walk_broadcast(&walk, &y->shape);
  for (int64_t i = 0; i < out->count; i++) {
    int64_t at[ATR__WALK_OPERANDS];
    atr__walk_row(&walk, i, i + 1, at);
    if (out->type == ATR_F32) {
      const atr_real base = ((const atr_real *)x->data)[at[0]],
                     exponent = (atr_real)get_real(y->data, y->type, at[1]);
      ((atr_real *)out->data)[i] = exponent == 2 ? base * base : ATR_MATH(pow)(base, exponent);
      continue;
    }
    const int64_t base = atr__element_int(x->type, x->data, at[0]);
    const int64_t result =
        y->type == ATR_F32 ? whole(pow(get_real(x->data, x->type, at[0]), get_real(y->data, y->type, at[1])))
                           : (y->type == ATR_U64 ? unsigned64 : integer)(
                                 ATR__BINARY_POW, base, atr__element_int(y->type, y->data, at[1]));
    atr__element_set_int(out->type, out->data, i, result);
  }
}

/* Operands are folded from the left: out = in[0] · in[1], then out = out · in[2] and so on. */
atr_status ATR_HOST(binary)(const atr__call *call) {
  const atr__view *out = &call->out[0];
  const atr__binary_params *p = call->params;
  if (call->n_in == 1) {
    const size_t bytes = (size_t)out->count * atr__host_word(out->type);
    if (bytes && out->data != call->in[0].data) memcpy(out->data, call->in[0].data, bytes);
    return ATR_OK;
  }
  if (call->in[0].type != call->in[1].type) {
    power_of_two_types(call);
    return ATR_OK;
  }
  for (size_t i = 1; i < call->n_in && out->count; i++) {
    atr__walk walk = atr__walk_over(&out->shape);
    atr__walk_broadcast(&walk, i == 1 ? &call->in[0].shape : &out->shape);
    atr__walk_broadcast(&walk, &call->in[i].shape);
    atr__walk_join(&walk);
    job j = { &walk,     { i == 1 ? call->in[0].data : out->data, call->in[i].data },
              out->data, p->kind == ATR__BINARY_MEAN && i + 1 < call->n_in ? ATR__BINARY_ADD : p->kind,
              0,         p->count };
    atr__pool_for(call->pool, out->count, 8192, range_of(out->type), &j);
  }
  return ATR_OK;
}

/* The derivative by operand `side` at (x, y). */
static atr_real slope(atr__binary_kind kind, int side, atr_real x, atr_real y) {
  const atr_real own = side ? y : x, other = side ? x : y;
  switch (kind) {
  case ATR__BINARY_POW:
    if (!side) return y == 0 ? 0 : y == 1 ? 1 : y == 2 ? 2 * x : y * ATR_MATH(pow)(x, y - 1);
    return x == 0 && y >= 0 ? 0 : ATR_MATH(pow)(x, y) * ATR_MATH(log)(x);
  case ATR__BINARY_MAX: return own == other ? (atr_real)0.5 : own < other ? 0 : 1;
  case ATR__BINARY_MIN: return own == other ? (atr_real)0.5 : own > other ? 0 : 1;
  case ATR__BINARY_PRELU: return side ? (x > 0 ? 0 : x) : (x > 0 ? 1 : y);
  case ATR__BINARY_FMOD: return side ? -ATR_MATH(trunc)(x / y) : 1;
  default: return 0;
  }
}

static void slopes(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  int64_t at[ATR__WALK_OPERANDS], step[ATR__WALK_OPERANDS];
  steps(j->walk, step);
  for (int64_t i = begin, n; i < end; i += n) {
    n = atr__walk_row(j->walk, i, end, at);
    for (int64_t k = 0; k < n; k++) {
      const atr_real dy = ((const atr_real *)j->in[0])[at[0] + k * step[0]];
      ((atr_real *)j->out)[i + k] =
          dy * slope(j->kind, j->side, ((const atr_real *)j->in[1])[at[1] + k * step[1]],
                     ((const atr_real *)j->in[2])[at[2] + k * step[2]]);
    }
  }
}

atr_status ATR_HOST(binary_grad)(const atr__call *call) {
  const atr__binary_params *p = call->params;
  atr__walk walk = atr__walk_over(&call->out[0].shape);
  for (int i = 0; i < 3; i++) atr__walk_broadcast(&walk, &call->in[i].shape);
  atr__walk_join(&walk);
  job j = {
    &walk, { call->in[0].data, call->in[1].data, call->in[2].data }, call->out[0].data, p->kind, p->side, 0
  };
  if (walk.count) atr__pool_for(call->pool, walk.count, 4096, slopes, &j);
  return ATR_OK;
}
