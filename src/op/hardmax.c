/* hardmax.c: Hardmax: 1 at the first greatest element along an axis, else 0. NaN counts as the greatest, as
 * in ArgMax. No gradient passes. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/hardmax.h"

#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  atr__hardmax_params *p = infer->params;
  const atr_shape *x = &infer->in_shape[0];
  int axis;
  atr_status status = atr__infer_need_f32(infer, 0);
  if (status) return status;
  status = atr__axis(atr__attrs_int(infer->attrs, "axis", -1), x->rank, "axis", infer->error, &axis);
  if (status) return atr__fail_in(infer->error, status, "Hardmax");
  p->outer = atr__shape_span(x, 0, axis);
  p->length = x->dim[axis];
  p->inner = atr__shape_span(x, axis + 1, x->rank);
  return atr__infer_same(infer);
}

const atr__op atr__op_hardmax = {
  .name = "Hardmax",
  .domain = "",
  .stem = "hardmax",
  .since = 13,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__hardmax_params),
  .infer = infer,
  .differentiable = ATR__DIFF_ZERO,
  .inplace = 1,
  ATR__HOST(hardmax),
  ATR__CL(hardmax),
};
