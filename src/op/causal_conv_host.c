/* causal_conv_host.c: CausalConvWithState on the host, a row of one channel at a time. */
#include "op/causal_conv.h"
#include "op/host.h"

typedef struct {
  const atr__call *call;
  const atr__causal_conv_params *p;
  const atr_real *bias, *past; /* NULL: absent */
} job;

/* What is at `t` of a row's past followed by its input. */
static atr_real at(const job *j, int64_t row, int64_t t) {
  const int64_t before = j->p->taps - 1;
  if (t >= before) return ATR_IN(j->call, 0)[row * j->p->length + t - before];
  return j->past ? j->past[row * before + t] : 0;
}

static void rows(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__causal_conv_params *p = j->p;
  const int64_t before = p->taps - 1;
  for (int64_t row = begin; row < end; row++) {
    const atr_real *w = ATR_IN(j->call, 1) + row % p->c * p->taps;
    for (int64_t t = 0; t < p->length; t++) {
      atr_real sum = j->bias ? j->bias[row % p->c] : 0;
      for (int64_t k = 0; k < p->taps; k++) sum += w[k] * at(j, row, t + k);
      ATR_OUT(j->call, 0)[row * p->length + t] = p->silu ? sum / (1 + ATR_MATH(exp)(-sum)) : sum;
    }
    if (j->call->n_out > 1 && j->call->out[1].data)
      for (int64_t t = 0; t < before; t++) ATR_OUT(j->call, 1)[row * before + t] = at(j, row, p->length + t);
  }
}

atr_status ATR_HOST(causal_conv)(const atr__call *call) {
  job j = { .call = call, .p = call->params };
  if (call->n_in > 2) j.bias = ATR_IN(call, 2);
  if (call->n_in > 3) j.past = ATR_IN(call, 3);
  if (j.p->n > 0 && j.p->c > 0) atr__pool_for(call->pool, j.p->n * j.p->c, 4, rows, &j);
  return ATR_OK;
}
