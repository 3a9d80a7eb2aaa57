/* matmul_integer_host.c: products of matrices of 8-bit integers on the host, an element at a time. Sums are
 * kept unsigned, which wrap where signed ones must not. */
#include "op/matmul_integer.h"
#include "op/quantize_host.h"

typedef struct {
  const atr__call *call;
  const atr__matmul_integer_params *p;
} job;

static const atr__view *view(const atr__call *call, size_t i) {
  static const atr__view none = { 0 };
  return i < call->n_in ? &call->in[i] : &none;
}

static void elements(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__matmul_integer_params *p = j->p;
  const atr__matmul_integer_inputs *in = &p->in;
  const atr__view *a = view(j->call, in->a), *b = view(j->call, in->b), *y = &j->call->out[0];
  for (int64_t i = begin; i < end; i++) {
    int64_t at[ATR__WALK_OPERANDS];
    uint32_t sum = 0;
    int32_t total;
    atr__walk_row(&p->walk, i, end, at);
    const int32_t a_zero = quantized(view(j->call, in->a_zero), at[2]);
    const int32_t b_zero = quantized(view(j->call, in->b_zero), at[3]);
    for (int64_t k = 0; k < p->k; k++)
      sum += (uint32_t)((quantized(a, at[0] + k) - a_zero) * (quantized(b, at[1] + k * p->b_step) - b_zero));
    memcpy(&total, &sum, sizeof total);
    if (y->type == ATR_I32) {
      ((int32_t *)y->data)[i] = total;
      continue;
    }
    const atr_real factor = ATR_IN(j->call, in->a_scale)[p->a_scales ? at[2] : 0] *
                            ATR_IN(j->call, in->b_scale)[p->b_scales ? at[3] : 0] /
                            ATR_IN(j->call, in->y_scale)[0];
    quantize_put(y, i, (atr_real)total * factor, quantized(view(j->call, in->y_zero), 0));
  }
}

static atr_status run(const atr__call *call) {
  job j = { call, call->params };
  atr__pool_for(call->pool, call->out[0].count, 4096 / (j.p->k + 1) + 1, elements, &j);
  return ATR_OK;
}

atr_status ATR_HOST(matmul_integer)(const atr__call *call) {
  return run(call);
}
atr_status ATR_HOST(qlinear_matmul)(const atr__call *call) {
  return run(call);
}
