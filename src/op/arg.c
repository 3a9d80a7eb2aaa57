/* arg.c: ArgMax and ArgMin: the index of the extreme along an axis, as int64. NaN counts as the extreme, as
 * NumPy and PyTorch have it; among equals the first, or the last where select_last_index says so. Source: the
 * ONNX operators of the same names. */
#include "config.h"

#include "op/arg.h"

#include "tensor/element.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer, int least) {
  atr__arg_params *p = infer->params;
  const atr_shape *in = &infer->in_shape[0];
  const atr_type type = infer->in_type[0];
  if (type != ATR_F32 && !atr__type_integer(type))
    return atr__fail(infer->error, ATR_E_UNSUPPORTED,
                     "%s: input 0 is %s; float32, int32 and int64 are supported", infer->op->name,
                     atr_type_name(type));
  p->least = least;
  p->last = atr__attrs_int(infer->attrs, "select_last_index", 0) != 0;
  atr_status status =
      atr__axis(atr__attrs_int(infer->attrs, "axis", 0), in->rank, "axis", infer->error, &p->axis);
  if (status) return atr__fail_in(infer->error, status, "%s", infer->op->name);
  const int keep = atr__attrs_int(infer->attrs, "keepdims", 1) != 0;
  atr_shape shape = atr__shape_of(0, NULL);
  for (int d = 0; d < in->rank; d++)
    if (d != p->axis)
      shape.dim[shape.rank++] = in->dim[d];
    else if (keep)
      shape.dim[shape.rank++] = 1;
  if (in->dim[p->axis] == 0 && atr__shape_size(&shape))
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: axis %d is empty, there is no extreme", infer->op->name,
                     p->axis);
  infer->out_type[0] = ATR_I64;
  infer->out_shape[0] = shape;
  return ATR_OK;
}
static atr_status infer_arg_max(atr__infer *i) {
  return infer(i, 0);
}
static atr_status infer_arg_min(atr__infer *i) {
  return infer(i, 1);
}

const atr__op atr__op_arg_max = {
  .name = "ArgMax",
  .domain = "",
  .stem = "arg",
  .since = 13,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__arg_params),
  .infer = infer_arg_max,
  .differentiable = ATR__DIFF_ZERO,
  ATR__HOST(arg),
  ATR__CL(arg),
};

const atr__op atr__op_arg_min = {
  .name = "ArgMin",
  .domain = "",
  .stem = "arg",
  .since = 13,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__arg_params),
  .infer = infer_arg_min,
  .differentiable = ATR__DIFF_ZERO,
  ATR__HOST(arg),
  ATR__CL(arg),
};
