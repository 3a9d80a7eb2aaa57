/* cast_host.c: Cast on the host. */
#include "op/cast.h"
#include "op/host.h"

typedef struct {
  const atr__view *in, *out;
} job;

static int64_t limited(double x, double low, double high, int64_t least, int64_t most) {
  return x != x ? 0 : x <= low ? least : x >= high ? most : (int64_t)x;
}

static int64_t get(const atr__view *v, int64_t i) {
  switch (v->type) {
  case ATR_I64: return ((const int64_t *)v->data)[i];
  case ATR_I32: return ((const int32_t *)v->data)[i];
  case ATR_I8: return ((const int8_t *)v->data)[i];
  default: return ((const uint8_t *)v->data)[i];
  }
}

static void put(const atr__view *v, int64_t i, int64_t x) {
  switch (v->type) {
  case ATR_F32: ((atr_real *)v->data)[i] = (atr_real)x; break;
  case ATR_F64: ((double *)v->data)[i] = (double)x; break;
  case ATR_I64: ((int64_t *)v->data)[i] = x; break;
  case ATR_I32: ((int32_t *)v->data)[i] = (int32_t)x; break;
  case ATR_I8: ((int8_t *)v->data)[i] = (int8_t)x; break;
  case ATR_BOOL: ((uint8_t *)v->data)[i] = x != 0; break;
  default: ((uint8_t *)v->data)[i] = (uint8_t)x; break;
  }
}

static void put_real(const atr__view *v, int64_t i, double x) {
  switch (v->type) {
  case ATR_F32: ((atr_real *)v->data)[i] = (atr_real)x; break;
  case ATR_F64: ((double *)v->data)[i] = x; break;
  case ATR_BOOL: put(v, i, x != 0); break;
  case ATR_I64: put(v, i, limited(x, -0x1p63, 0x1p63, INT64_MIN, INT64_MAX)); break;
  case ATR_I32: put(v, i, limited(x, -0x1p31, 0x1p31 - 1, INT32_MIN, INT32_MAX)); break;
  case ATR_I8: put(v, i, limited(x, -128, 127, -128, 127)); break;
  default: put(v, i, limited(x, 0, 255, 0, 255)); break;
  }
}

static void range(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  if (j->in->type == ATR_F32)
    for (int64_t i = begin; i < end; i++) put_real(j->out, i, (double)((const atr_real *)j->in->data)[i]);
  else if (j->in->type == ATR_F64)
    for (int64_t i = begin; i < end; i++) put_real(j->out, i, ((const double *)j->in->data)[i]);
  else
    for (int64_t i = begin; i < end; i++) put(j->out, i, get(j->in, i));
}

atr_status ATR_HOST(cast)(const atr__call *call) {
  job j = { &call->in[0], &call->out[0] };
  atr__pool_for(call->pool, call->out[0].count, 8192, range, &j);
  return ATR_OK;
}
