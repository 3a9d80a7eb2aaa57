/* cum_sum.c: CumSum: sums of all that is before along an axis, one thread a line, in order. The gradient is
 * the sum from the other end. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/cum_sum.h"

#include "op/grad.h"
#include "tensor/element.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  atr__cum_sum_params *p = infer->params;
  int64_t axis;
  size_t n;
  if (infer->in_type[0] != ATR_F32 && !atr__type_integer(infer->in_type[0]))
    return atr__fail(infer->error, ATR_E_UNSUPPORTED,
                     "CumSum: input 0 is %s; float32 and integers are supported",
                     atr_type_name(infer->in_type[0]));
  atr_status status = atr__infer_ints(infer, 1, &axis, 1, &n);
  if (status) return status;
  if (n != 1)
    return atr__fail(infer->error, ATR_E_SHAPE, "CumSum: the axis has %zu numbers, must have one", n);
  status = atr__axis(axis, infer->in_shape[0].rank, "axis", infer->error, &p->axis);
  if (status) return atr__fail_in(infer->error, status, "CumSum");
  p->exclusive = atr__attrs_int(infer->attrs, "exclusive", 0) != 0;
  p->reverse = atr__attrs_int(infer->attrs, "reverse", 0) != 0;
  return atr__infer_same(infer);
}

static atr_status gradient(atr__grad *grad) {
  const atr__cum_sum_params *p = atr__grad_params(grad);
  const int in[2] = { atr__grad_dy(grad, 0), atr__grad_in(grad, 1) };
  if (!in[0] || !atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_set_int(&attrs, "reverse", !p->reverse);
  if (!status) status = atr__attrs_set_int(&attrs, "exclusive", p->exclusive);
  if (!status) atr__grad_set(grad, 0, atr__grad_node(grad, "", "CumSum", in, 2, &attrs, 1));
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(grad);
}

const atr__op atr__op_cum_sum = {
  .name = "CumSum",
  .domain = "",
  .stem = "cum_sum",
  .since = 14,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__cum_sum_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(cum_sum),
  ATR__CL(cum_sum),
};
