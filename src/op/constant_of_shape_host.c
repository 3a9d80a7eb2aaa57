/* constant_of_shape_host.c: ConstantOfShape on the host. */
#include "op/constant_of_shape.h"
#include "op/host.h"
#include "tensor/element.h"

atr_status ATR_HOST(constant_of_shape)(const atr__call *call) {
  const atr__constant_of_shape_params *p = call->params;
  const atr__view *out = &call->out[0];
  for (int64_t i = 0; i < out->count; i++)
    if (out->type == ATR_F32)
      ((atr_real *)out->data)[i] = (atr_real)p->real;
    else
      atr__element_set_bits(out->type, out->data, i, p->bits);
  return ATR_OK;
}
