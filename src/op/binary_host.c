/* binary_host.c: elementwise functions of two operands on the host. */
#include "op/binary.h"
#include "op/host.h"
#include "op/walk.h"

typedef struct {
  const atr__walk *walk;
  const void *in[3];
  void *out;
  atr__binary_kind kind;
  int side;
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
  }
  return 0;
}

#define EACH(formula)                                                                                        \
  for (int64_t k = 0; k < n; k++) {                                                                          \
    const atr_real x = xs[k * xstep], y = ys[k * ystep];                                                     \
    out[k] = formula;                                                                                        \
  }                                                                                                          \
  break

static void real_row(atr__binary_kind kind, int64_t n, const atr_real *xs, int64_t xstep, const atr_real *ys,
                     int64_t ystep, atr_real *out) {
  switch (kind) {
  case ATR__BINARY_ADD: EACH(x + y);
  case ATR__BINARY_SUB: EACH(x - y);
  case ATR__BINARY_MUL: EACH(x * y);
  case ATR__BINARY_DIV: EACH(x / y);
  case ATR__BINARY_POW: EACH(y == 2 ? x * x : ATR_MATH(pow)(x, y));
  case ATR__BINARY_MAX: EACH(maximum(x, y));
  case ATR__BINARY_MIN: EACH(minimum(x, y));
  case ATR__BINARY_PRELU: EACH(x < 0 ? x * y : x);
  }
}
#undef EACH

#define INTEGERS(type)                                                                                       \
  for (int64_t k = 0; k < n; k++)                                                                            \
  ((type *)j->out)[i + k] = (type)integer(j->kind, ((const type *)j->in[0])[at[0] + k * step[0]],            \
                                          ((const type *)j->in[1])[at[1] + k * step[1]])

static void steps(const atr__walk *walk, int64_t step[ATR__WALK_OPERANDS]) {
  for (int o = 0; o < ATR__WALK_OPERANDS; o++) step[o] = walk->rank ? walk->stride[o][walk->rank - 1] : 0;
}

static void reals(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  int64_t at[ATR__WALK_OPERANDS], step[ATR__WALK_OPERANDS];
  steps(j->walk, step);
  for (int64_t i = begin, n; i < end; i += n) {
    n = atr__walk_row(j->walk, i, end, at);
    real_row(j->kind, n, (const atr_real *)j->in[0] + at[0], step[0], (const atr_real *)j->in[1] + at[1],
             step[1], (atr_real *)j->out + i);
  }
}
static void ints32(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  int64_t at[ATR__WALK_OPERANDS], step[ATR__WALK_OPERANDS];
  steps(j->walk, step);
  for (int64_t i = begin, n; i < end; i += n) {
    n = atr__walk_row(j->walk, i, end, at);
    INTEGERS(int32_t);
  }
}
static void ints64(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  int64_t at[ATR__WALK_OPERANDS], step[ATR__WALK_OPERANDS];
  steps(j->walk, step);
  for (int64_t i = begin, n; i < end; i += n) {
    n = atr__walk_row(j->walk, i, end, at);
    INTEGERS(int64_t);
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
  for (size_t i = 1; i < call->n_in && out->count; i++) {
    atr__walk walk = atr__walk_over(&out->shape);
    atr__walk_broadcast(&walk, i == 1 ? &call->in[0].shape : &out->shape);
    atr__walk_broadcast(&walk, &call->in[i].shape);
    atr__walk_join(&walk);
    job j = { &walk, { i == 1 ? call->in[0].data : out->data, call->in[i].data }, out->data, p->kind, 0 };
    atr__pool_for(call->pool, out->count, 8192,
                  out->type == ATR_F32   ? reals
                  : out->type == ATR_I32 ? ints32
                                         : ints64,
                  &j);
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
    &walk, { call->in[0].data, call->in[1].data, call->in[2].data }, call->out[0].data, p->kind, p->side
  };
  if (walk.count) atr__pool_for(call->pool, walk.count, 4096, slopes, &j);
  return ATR_OK;
}
