/* quantize_host.c: numbers as 8-bit integers and back, on the host. */
#include "op/quantize_host.h"

typedef struct {
  const atr__call *call;
  const atr__quantize_params *p;
} job;

static int64_t scale_of(const atr__quantize_params *p, int64_t i) {
  const int64_t r = i % p->inner, a = i / p->inner % p->axis, o = i / p->inner / p->axis;
  return o * p->outer_stride + a / p->block * p->axis_stride + r * p->inner_stride;
}

static int32_t zero_of(const atr__call *call, int64_t i) {
  return call->n_in > 2 ? quantized(&call->in[2], i) : 0;
}

static void quantize(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__view *x = &j->call->in[0];
  for (int64_t i = begin; i < end; i++) {
    const int64_t s = scale_of(j->p, i);
    const atr_real v =
        x->type == ATR_I32 ? (atr_real)((const int32_t *)x->data)[i] : ((const atr_real *)x->data)[i];
    quantize_put(&j->call->out[0], i, v / ATR_IN(j->call, 1)[s], zero_of(j->call, s));
  }
}

atr_status ATR_HOST(quantize_linear)(const atr__call *call) {
  job j = { call, call->params };
  atr__pool_for(call->pool, call->out[0].count, 4096, quantize, &j);
  return ATR_OK;
}

static void dequantize(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  for (int64_t i = begin; i < end; i++) {
    const int64_t s = scale_of(j->p, i);
    const int64_t q = (int64_t)quantized(&j->call->in[0], i) - zero_of(j->call, s);
    ATR_OUT(j->call, 0)[i] = (atr_real)q * ATR_IN(j->call, 1)[s];
  }
}

atr_status ATR_HOST(dequantize_linear)(const atr__call *call) {
  job j = { call, call->params };
  atr__pool_for(call->pool, call->out[0].count, 4096, dequantize, &j);
  return ATR_OK;
}

atr_status ATR_HOST(dynamic_quantize_linear)(const atr__call *call) {
  const atr__view *y = &call->out[0];
  const atr_real *x = ATR_IN(call, 0);
  atr_real low = 0, high = 0;
  for (int64_t i = 0; i < call->in[0].count; i++) {
    low = x[i] < low ? x[i] : low;
    high = x[i] > high ? x[i] : high;
  }
  const atr_real scale = high > low ? (high - low) / 255 : 1;
  const atr_real from = ATR_MATH(rint)(-low / scale);
  const uint8_t zero = (uint8_t)(from < 0 || from != from ? 0 : from > 255 ? 255 : from);
  for (int64_t i = 0; y->data && i < y->count; i++) quantize_put(y, i, x[i] / scale, zero);
  if (call->out[1].data) *ATR_OUT(call, 1) = scale;
  if (call->out[2].data) *(uint8_t *)call->out[2].data = zero;
  return ATR_OK;
}
