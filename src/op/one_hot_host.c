/* one_hot_host.c: OneHot on the host. */
#include "op/host.h"
#include "op/one_hot.h"
#include "tensor/element.h"

static int64_t index_at(const atr__view *v, int64_t i) {
  int64_t whole;
  if (v->type != ATR_F32) return atr__element_int(v->type, v->data, i);
  atr__element_set_real(ATR_I64, &whole, 0, (double)((const atr_real *)v->data)[i]);
  return whole;
}

atr_status ATR_HOST(one_hot)(const atr__call *call) {
  const atr__one_hot_params *p = call->params;
  const atr_shape *shape = &call->out[0].shape;
  const int64_t inner = atr__shape_span(shape, p->axis + 1, shape->rank);
  const size_t word = atr__host_word(call->out[0].type);
  const char *values = call->in[2].data;
  char *y = call->out[0].data;
  for (int64_t i = 0; i < call->out[0].count; i++) {
    const int64_t place = i / (inner * p->depth) * inner + i % inner, d = i / inner % p->depth;
    const int64_t index = index_at(&call->in[0], place);
    const int on = index == d || (index < 0 && index + p->depth == d);
    memcpy(y + (size_t)i * word, values + (on ? word : 0), word);
  }
  return ATR_OK;
}
