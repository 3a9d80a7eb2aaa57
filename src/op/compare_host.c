/* compare_host.c: comparisons and logic on the host. */
#include "op/compare.h"
#include "op/host.h"
#include "op/walk.h"
#include "tensor/element.h"

typedef struct {
  const atr__walk *walk;
  const void *in[2];
  uint8_t *out;
  atr__compare_kind kind;
  atr_type type;
} job;

#define ANSWER(type, greatest)                                                                               \
  static int answer_##type(atr__compare_kind kind, type x, type y) {                                         \
    switch (kind) {                                                                                          \
    case ATR__COMPARE_EQUAL: return x == y;                                                                  \
    case ATR__COMPARE_LESS: return x < y;                                                                    \
    case ATR__COMPARE_LESS_OR_EQUAL: return x <= y;                                                          \
    case ATR__COMPARE_GREATER: return x > y;                                                                 \
    case ATR__COMPARE_GREATER_OR_EQUAL: return x >= y;                                                       \
    case ATR__COMPARE_AND: return x && y;                                                                    \
    case ATR__COMPARE_OR: return x || y;                                                                     \
    case ATR__COMPARE_XOR: return !x != !y;                                                                  \
    case ATR__COMPARE_NOT: return !x;                                                                        \
    case ATR__COMPARE_IS_NAN: return x != x;                                                                 \
    case ATR__COMPARE_IS_INF: return x == x && (greatest < x || x < -greatest);                              \
    case ATR__COMPARE_IS_INF_POSITIVE: return greatest < x;                                                  \
    case ATR__COMPARE_IS_INF_NEGATIVE: return x < -greatest;                                                 \
    case ATR__COMPARE_IS_INF_NEVER: return 0;                                                                \
    }                                                                                                        \
    return 0;                                                                                                \
  }
ANSWER(atr_real, ATR_REAL_MAX)
ANSWER(int64_t, INT64_MAX)

/* Whole numbers in their order: that of uint64 is int64's with the first bit turned. */
static int64_t get(const void *data, atr_type type, int64_t i) {
  const int64_t x = atr__element_int(type, data, i);
  return type == ATR_U64 ? (int64_t)((uint64_t)x ^ (uint64_t)INT64_MIN) : x;
}

static void range(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const int inner = j->walk->rank - 1;
  const int64_t xs = inner < 0 ? 0 : j->walk->stride[0][inner],
                ys = inner < 0 ? 0 : j->walk->stride[1][inner];
  for (int64_t i = begin, n; i < end; i += n) {
    int64_t at[ATR__WALK_OPERANDS];
    n = atr__walk_row(j->walk, i, end, at);
    for (int64_t k = 0; k < n; k++)
      j->out[i + k] = (uint8_t)(j->type == ATR_F32
                                    ? answer_atr_real(j->kind, ((const atr_real *)j->in[0])[at[0] + k * xs],
                                                      ((const atr_real *)j->in[1])[at[1] + k * ys])
                                    : answer_int64_t(j->kind, get(j->in[0], j->type, at[0] + k * xs),
                                                     get(j->in[1], j->type, at[1] + k * ys)));
  }
}

atr_status ATR_HOST(compare)(const atr__call *call) {
  const size_t second = call->n_in > 1;
  atr__walk walk = atr__walk_over(&call->out[0].shape);
  atr__walk_broadcast(&walk, &call->in[0].shape);
  atr__walk_broadcast(&walk, &call->in[second].shape);
  atr__walk_join(&walk);
  job j = { &walk,
            { call->in[0].data, call->in[second].data },
            call->out[0].data,
            ((const atr__compare_params *)call->params)->kind,
            call->in[0].type };
  if (walk.count) atr__pool_for(call->pool, walk.count, 8192, range, &j);
  return ATR_OK;
}
