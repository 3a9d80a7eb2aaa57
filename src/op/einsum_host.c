/* einsum_host.c: Einsum and its gradients on the host: an element of the result at a time, products summed in
 * the order of the parameters. Integers wrap. */
#include "op/einsum.h"
#include "op/host.h"

typedef struct {
  const atr__call *call;
  const atr__einsum_params *p;
} job;

/* Offsets of element i in the operands; 0 where its repeated labels differ. */
static int offsets(const atr__einsum_params *p, int64_t i, int64_t at[ATR__EINSUM_OPERANDS]) {
  int64_t coordinate[ATR_RANK_MAX];
  for (int o = 0; o < p->operands; o++) at[o] = 0;
  for (int d = p->rank - 1; d >= 0; d--) {
    coordinate[d] = i % p->dim[d];
    i /= p->dim[d];
    for (int o = 0; o < p->operands; o++) at[o] += coordinate[d] * p->stride[o][d];
  }
  for (int d = 0; d < p->rank; d++)
    if (coordinate[d] != coordinate[p->same[d]]) return 0;
  return 1;
}

/* Offsets of row j of what is summed, from the element's. */
static void row(const atr__einsum_params *p, int64_t j, const int64_t *at, int64_t *from) {
  for (int o = 0; o < p->operands; o++) from[o] = at[o];
  for (int d = p->sums - 2; d >= 0; d--) {
    for (int o = 0; o < p->operands; o++) from[o] += j % p->sum_dim[d] * p->sum_stride[o][d];
    j /= p->sum_dim[d];
  }
}

#define EINSUM(name, type, word)                                                                             \
  static void name(void *user, int64_t begin, int64_t end) {                                                 \
    const job *j = user;                                                                                     \
    const atr__einsum_params *p = j->p;                                                                      \
    const int last = p->sums - 1;                                                                            \
    for (int64_t i = begin; i < end; i++) {                                                                  \
      int64_t at[ATR__EINSUM_OPERANDS], from[ATR__EINSUM_OPERANDS];                                          \
      type sum = 0;                                                                                          \
      if (offsets(p, i, at))                                                                                 \
        for (int64_t k = 0; k < p->outer; k++) {                                                             \
          row(p, k, at, from);                                                                               \
          for (int64_t n = 0; n < p->inner; n++) {                                                           \
            type product = 1;                                                                                \
            for (int o = 0; o < p->operands; o++) {                                                          \
              const word *x = j->call->in[p->input[o]].data;                                                 \
              product *= (type)x[from[o] + (last < 0 ? 0 : n * p->sum_stride[o][last])];                     \
            }                                                                                                \
            sum += product;                                                                                  \
          }                                                                                                  \
        }                                                                                                    \
      ((word *)j->call->out[0].data)[i] = (word)sum;                                                         \
    }                                                                                                        \
  }

EINSUM(reals, atr_real, atr_real)
EINSUM(doubles, double, double)
EINSUM(ints, uint32_t, int32_t)
EINSUM(longs, uint64_t, int64_t)
#undef EINSUM

atr_status ATR_HOST(einsum)(const atr__call *call) {
  job j = { call, call->params };
  const int64_t work = j.p->outer * j.p->inner, count = call->out[0].count;
  const atr_type type = call->out[0].type;
  atr__pool_for(call->pool, count, 4096 / (work + 1) + 1,
                type == ATR_F64   ? doubles
                : type == ATR_I32 ? ints
                : type == ATR_I64 ? longs
                                  : reals,
                &j);
  return ATR_OK;
}
