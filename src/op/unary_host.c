/* unary_host.c: elementwise functions of one input on the host. */
#include "op/host.h"
#include "op/unary.h"

typedef struct {
  const atr_real *x;
  atr_real *y;
  atr__unary_kind kind;
} job;

static void range(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  for (int64_t i = begin; i < end; i++) {
    const atr_real x = j->x[i];
    switch (j->kind) {
    case ATR__UNARY_RELU: j->y[i] = x > 0 ? x : (x == x ? 0 : x); break;
    case ATR__UNARY_SIGMOID: j->y[i] = 1 / (1 + ATR_MATH(exp)(-x)); break;
    case ATR__UNARY_TANH: j->y[i] = ATR_MATH(tanh)(x); break;
    }
  }
}

atr_status ATR_HOST(unary)(const atr__call *call) {
  job j = { ATR_IN(call, 0), ATR_OUT(call, 0), ((const atr__unary_params *)call->params)->kind };
  atr__pool_for(call->pool, call->out[0].count, 4096, range, &j);
  return ATR_OK;
}
