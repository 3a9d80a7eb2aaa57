/* chain_host.c: a chain on the host: function after function over blocks of elements that stay in the first
 * cache, by the loops of the functions themselves. */
#include "op/chain.h"
#include "op/element_rows.h"
#include "op/walk.h"

enum { BLOCK = 1024 };

typedef struct {
  const atr__call *call;
  atr__walk walk;
  int64_t step[ATR__CHAIN_INPUTS]; /* of inputs along a row */
} job;

/* n elements of which inputs begin at `in`. */
static void block(const job *j, int64_t n, const atr_real *const *in, atr_real *out) {
  const atr__chain_params *p = j->call->params;
  atr_real value[ATR__CHAIN_STEPS][BLOCK];
  for (int k = 0; k < p->n; k++) {
    const atr__chain_step *s = &p->step[k];
    const atr_real *from[2] = { NULL, NULL };
    int64_t step[2] = { 1, 1 };
    for (int i = 0; i < 2; i++) {
      const int operand = i ? s->y : s->x;
      if (operand >= ATR__CHAIN_INPUTS)
        from[i] = value[p->step[operand - ATR__CHAIN_INPUTS].place];
      else if (operand >= 0) {
        from[i] = in[operand];
        step[i] = j->step[operand];
      }
    }
    atr_real *to = k + 1 < p->n ? value[s->place] : out;
    if (s->function >= ATR__CHAIN_BINARY) {
      ATR_HOST(binary_row)
      ((atr__binary_kind)(s->function - ATR__CHAIN_BINARY), 0, n, from[0], step[0], from[1], step[1], to);
      continue;
    }
    const atr__unary_params unary = { .kind = (atr__unary_kind)s->function,
                                      .a = (double)s->a,
                                      .b = (double)s->b };
    if (!step[0]) { /* one number for all */
      for (int64_t i = 0; i < n; i++) to[i] = from[0][0];
      from[0] = to;
    }
    ATR_HOST(unary_row)(&unary, j->call->fast, n, from[0], to);
  }
}

static void blocks(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__call *call = j->call;
  int64_t at[ATR__WALK_OPERANDS];
  for (int64_t i = begin, n; i < end; i += n) {
    const atr_real *in[ATR__CHAIN_INPUTS];
    n = atr__min_i64(BLOCK, atr__walk_row(&j->walk, i, end, at));
    for (size_t o = 0; o < call->n_in; o++) in[o] = ATR_IN(call, o) + at[o];
    block(j, n, in, ATR_OUT(call, 0) + i);
  }
}

atr_status ATR_HOST(chain)(const atr__call *call) {
  job j = { .call = call, .walk = atr__walk_over(&call->out[0].shape) };
  for (size_t i = 0; i < call->n_in; i++) atr__walk_broadcast(&j.walk, &call->in[i].shape);
  atr__walk_join(&j.walk);
  for (size_t i = 0; i < call->n_in && j.walk.rank; i++) j.step[i] = j.walk.stride[i][j.walk.rank - 1];
  if (j.walk.count) atr__pool_for(call->pool, j.walk.count, 4096, blocks, &j);
  return ATR_OK;
}
