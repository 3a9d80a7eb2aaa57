/* lrn_host.c: LRN and its gradient on the host, a row of one channel at a time; channels of a window
 * ascending. */
#include "op/host.h"
#include "op/lrn.h"

typedef struct {
  const atr__call *call;
  const atr__lrn_params *p;
} job;

static void forward(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__lrn_params *p = j->p;
  atr_real *scale = j->call->n_out > 1 ? ATR_OUT(j->call, 1) : NULL;
  for (int64_t row = begin; row < end; row++) {
    const int64_t channel = row % p->c, first = atr__max_i64(0, channel - p->before),
                  last = atr__min_i64(p->c - 1, channel + p->after);
    const atr_real *x = ATR_IN(j->call, 0) + row * p->inner;
    for (int64_t i = 0; i < p->inner; i++) {
      atr_real sum = 0;
      for (int64_t c = first; c <= last; c++) {
        const atr_real v = x[(c - channel) * p->inner + i];
        sum += v * v;
      }
      const atr_real s = (atr_real)p->bias + (atr_real)p->rate * sum;
      ATR_OUT(j->call, 0)[row * p->inner + i] = x[i] * ATR_MATH(pow)(s, -(atr_real)p->beta);
      if (scale) scale[row * p->inner + i] = s;
    }
  }
}

atr_status ATR_HOST(lrn)(const atr__call *call) {
  job j = { call, call->params };
  if (call->out[0].count) atr__pool_for(call->pool, j.p->n * j.p->c, 1, forward, &j);
  return ATR_OK;
}

static void backward(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__lrn_params *p = j->p;
  const atr_real beta = (atr_real)p->beta;
  for (int64_t row = begin; row < end; row++) {
    const int64_t channel = row % p->c, first = atr__max_i64(0, channel - p->after),
                  last = atr__min_i64(p->c - 1, channel + p->before);
    const atr_real *dy = ATR_IN(j->call, 0) + row * p->inner, *x = ATR_IN(j->call, 1) + row * p->inner,
                   *s = ATR_IN(j->call, 2) + row * p->inner;
    for (int64_t i = 0; i < p->inner; i++) {
      atr_real sum = 0;
      for (int64_t c = first; c <= last; c++) {
        const int64_t at = (c - channel) * p->inner + i;
        sum += dy[at] * x[at] * ATR_MATH(pow)(s[at], -beta - 1);
      }
      ATR_OUT(j->call, 0)
      [row * p->inner + i] = dy[i] * ATR_MATH(pow)(s[i], -beta) - 2 * (atr_real)p->rate * beta * x[i] * sum;
    }
  }
}

atr_status ATR_HOST(lrn_grad)(const atr__call *call) {
  job j = { call, call->params };
  if (call->out[0].count) atr__pool_for(call->pool, j.p->n * j.p->c, 1, backward, &j);
  return ATR_OK;
}
