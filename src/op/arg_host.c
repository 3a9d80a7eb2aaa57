/* arg_host.c: ArgMax and ArgMin on the host. */
#include "op/arg.h"
#include "op/host.h"
#include "tensor/element.h"

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

/* Whole numbers, as int64 of the same order. */
static int64_t find_integer(const job *j, int64_t from) {
  const atr__view *v = &j->call->in[0];
  const atr__arg_params *p = j->call->params;
  const uint64_t turn = v->type == ATR_U64 ? (uint64_t)1 << 63 : 0;
  int64_t found = 0, best = 0;
  for (int64_t k = 0; k < j->length; k++) {
    const int64_t x = (int64_t)((uint64_t)atr__element_int(v->type, v->data, from + k * j->inner) ^ turn);
    if (k && !(p->least ? x < best : x > best) && !(p->last && x == best)) continue;
    best = x;
    found = k;
  }
  return found;
}

static void range(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr_type type = j->call->in[0].type;
  for (int64_t i = begin; i < end; i++) {
    const int64_t from = i / j->inner * j->length * j->inner + i % j->inner;
    ((int64_t *)j->call->out[0].data)[i] = type == ATR_F32 ? find_atr_real(j, from) : find_integer(j, from);
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
