/* arg_host.c: ArgMax and ArgMin on the host. */
#include "op/arg.h"
#include "op/host.h"

typedef struct {
  const atr__call *call;
  int64_t length, inner;
} job;

#define BETTER(type)                                                                                         \
  static int better_##type(const atr__arg_params *p, type x, type best) {                                    \
    if (x != x || best != best) return x != x && (best == best || p->last);                                  \
    return p->least ? x < best || (p->last && x == best) : x > best || (p->last && x == best);               \
  }                                                                                                          \
  static int64_t find_##type(const job *j, int64_t from) {                                                   \
    const type *x = (const type *)j->call->in[0].data + from;                                                \
    int64_t best = 0;                                                                                        \
    for (int64_t k = 1; k < j->length; k++)                                                                  \
      if (better_##type(j->call->params, x[k * j->inner], x[best * j->inner])) best = k;                     \
    return best;                                                                                             \
  }
BETTER(atr_real)
BETTER(int32_t)
BETTER(int64_t)

static void range(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr_type type = j->call->in[0].type;
  for (int64_t i = begin; i < end; i++) {
    const int64_t from = i / j->inner * j->length * j->inner + i % j->inner;
    ((int64_t *)j->call->out[0].data)[i] = type == ATR_F32   ? find_atr_real(j, from)
                                           : type == ATR_I32 ? find_int32_t(j, from)
                                                             : find_int64_t(j, from);
  }
}

atr_status ATR_HOST(arg)(const atr__call *call) {
  const int axis = ((const atr__arg_params *)call->params)->axis;
  const atr_shape *in = &call->in[0].shape;
  job j = { call, in->dim[axis], atr__shape_span(in, axis + 1, in->rank) };
  if (call->out[0].count)
    atr__pool_for(call->pool, call->out[0].count, atr__max_i64(1, 8192 / j.length), range, &j);
  return ATR_OK;
}
