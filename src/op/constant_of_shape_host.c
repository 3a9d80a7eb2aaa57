/* constant_of_shape_host.c: ConstantOfShape on the host. */
#include "op/constant_of_shape.h"
#include "op/host.h"

atr_status ATR_HOST(constant_of_shape)(const atr__call *call) {
  const atr__constant_of_shape_params *p = call->params;
  const atr__view *out = &call->out[0];
  for (int64_t i = 0; i < out->count; i++) switch (out->type) {
    case ATR_F32: ((atr_real *)out->data)[i] = (atr_real)p->real; break;
    case ATR_I64: ((int64_t *)out->data)[i] = p->word; break;
    case ATR_I32: ((int32_t *)out->data)[i] = (int32_t)p->word; break;
    default: ((uint8_t *)out->data)[i] = (uint8_t)p->word; break;
    }
  return ATR_OK;
}
