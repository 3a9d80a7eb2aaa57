/* constant_of_shape.c: ConstantOfShape: a tensor of one value, float 0 unless attribute "value" says
 * otherwise. Source: the ONNX operator of the same name. (Constant is no operator here: it becomes a tensor
 * of the model when a file is read.) */
#include "config.h"

#include "op/constant_of_shape.h"

#include "tensor/element.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  atr__constant_of_shape_params *p = infer->params;
  int64_t dim[ATR_RANK_MAX];
  size_t n;
  atr_status status = atr__infer_ints(infer, 0, dim, ATR_RANK_MAX, &n);
  if (status) return status;
  for (size_t i = 0; i < n; i++)
    if (dim[i] < 0)
      return atr__fail(infer->error, ATR_E_SHAPE, "ConstantOfShape: dimension %zu is %lld", i,
                       (long long)dim[i]);
  p->type = ATR_F32;
  const atr__attr *value = atr__attrs_find(infer->attrs, "value");
  if (value && value->kind == ATR__ATTR_TENSOR && value->tensor) {
    if (value->tensor->count != 1)
      return atr__fail(infer->error, ATR_E_PARAM,
                       "ConstantOfShape: the value has %lld elements, must have one",
                       (long long)value->tensor->count);
    p->type = value->tensor->type;
    p->real = atr__blob_real(value->tensor, 0);
    p->bits = atr__element_bits(value->tensor->type, value->tensor->data, 0);
  }
  infer->out_type[0] = p->type;
  infer->out_shape[0] = atr__shape_of((int)n, dim);
  return ATR_OK;
}

const atr__op atr__op_constant_of_shape = {
  .name = "ConstantOfShape",
  .domain = "",
  .stem = "constant_of_shape",
  .since = 9,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__constant_of_shape_params),
  .infer = infer,
  .differentiable = ATR__DIFF_ZERO,
  ATR__HOST(constant_of_shape),
  ATR__CL(constant_of_shape),
};
