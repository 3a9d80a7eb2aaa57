/* max_unpool_host.c: MaxUnpool and its gradient on the host. Values are put down one after another, so that
 * the last of several for one place stays. */
#include "op/host.h"
#include "op/max_unpool.h"

static atr_status place_of(const atr__call *call, const int64_t *indices, int64_t i, int64_t *place) {
  const int64_t places = ((const atr__max_unpool_params *)call->params)->places;
  *place = indices[i];
  if (*place >= 0 && *place < places) return ATR_OK;
  return atr__fail(call->error, ATR_E_PARAM, "index %lld at place %lld is outside [0, %lld)",
                   (long long)indices[i], (long long)i, (long long)places);
}

atr_status ATR_HOST(max_unpool)(const atr__call *call) {
  const atr__max_unpool_params *p = call->params;
  const atr_real *x = ATR_IN(call, 0);
  atr_real *y = ATR_OUT(call, 0);
  for (int64_t i = 0; i < p->places; i++) y[i] = 0;
  for (int64_t i = 0; i < p->count; i++) {
    int64_t place;
    atr_status status = place_of(call, call->in[1].data, i, &place);
    if (status) return status;
    y[place] = x[i];
  }
  return ATR_OK;
}

atr_status ATR_HOST(max_unpool_source)(const atr__call *call) {
  const atr__max_unpool_params *p = call->params;
  int32_t *source = call->out[0].data;
  for (int64_t i = 0; i < p->places; i++) source[i] = -1;
  for (int64_t i = 0; i < p->count; i++) {
    int64_t place;
    atr_status status = place_of(call, call->in[0].data, i, &place);
    if (status) return status;
    source[place] = (int32_t)i;
  }
  return ATR_OK;
}

atr_status ATR_HOST(max_unpool_grad)(const atr__call *call) {
  const atr__max_unpool_params *p = call->params;
  const atr_real *dy = ATR_IN(call, 0);
  const int32_t *source = call->in[2].data;
  atr_real *dx = ATR_OUT(call, 0);
  for (int64_t i = 0; i < p->count; i++) {
    int64_t place;
    atr_status status = place_of(call, call->in[1].data, i, &place);
    if (status) return status;
    dx[i] = source[place] == i ? dy[place] : 0;
  }
  return ATR_OK;
}
