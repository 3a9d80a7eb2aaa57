/* cast_host.c: Cast on the host. */
#include "op/cast.h"
#include "op/host.h"
#include "tensor/element.h"

typedef struct {
  const atr__view *in, *out;
} job;

static void put_int(const atr__view *v, int64_t i, int64_t x, int is_unsigned) {
  switch (v->type) {
  case ATR_F32: ((atr_real *)v->data)[i] = is_unsigned ? (atr_real)(uint64_t)x : (atr_real)x; break;
  case ATR_F64: ((double *)v->data)[i] = is_unsigned ? (double)(uint64_t)x : (double)x; break;
  case ATR_F16:
  case ATR_BF16: ((uint16_t *)v->data)[i] = atr__float_small_int(v->type, x, is_unsigned); break;
  default: atr__element_set_int(v->type, v->data, i, x); break;
  }
}

static void put_real(const atr__view *v, int64_t i, double x) {
  if (v->type == ATR_F32)
    ((atr_real *)v->data)[i] = (atr_real)x;
  else
    atr__element_set_real(v->type, v->data, i, x);
}

static void range(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr_type from = j->in->type;
  if (from == ATR_F32)
    for (int64_t i = begin; i < end; i++) put_real(j->out, i, (double)((const atr_real *)j->in->data)[i]);
  else if (atr__type_real(from))
    for (int64_t i = begin; i < end; i++) put_real(j->out, i, atr__element_real(from, j->in->data, i));
  else
    for (int64_t i = begin; i < end; i++)
      put_int(j->out, i, atr__element_int(from, j->in->data, i), atr__type_unsigned(from));
}

atr_status ATR_HOST(cast)(const atr__call *call) {
  job j = { &call->in[0], &call->out[0] };
  atr__pool_for(call->pool, call->out[0].count, 8192, range, &j);
  return ATR_OK;
}
