/* top_k.c: TopK: the k largest or smallest elements along an axis and where they lie, sorted (also where the
 * node asks for no order). Among equals the one that comes first is better; NaN counts as the largest, as
 * NumPy and PyTorch have it. The gradient of the values goes back to where they came from. Source: the ONNX
 * operator of the same name. */
#include "config.h"

#include "op/top_k.h"

#include "op/grad.h"
#include "op/index.h"
#include "op/scatter.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  atr__top_k_params *p = infer->params;
  const atr_shape *in = &infer->in_shape[0];
  size_t n;
  atr_status status =
      atr__axis(atr__attrs_int(infer->attrs, "axis", -1), in->rank, "axis", infer->error, &p->axis);
  if (status) return atr__fail_in(infer->error, status, "TopK");
  if (!atr__is_number(infer->in_type[0]))
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "TopK: input 0 is %s, which is not supported",
                     atr_type_name(infer->in_type[0]));
  if ((status = atr__infer_ints(infer, 1, &p->k, 1, &n))) return status;
  if (n != 1 || p->k < 0 || p->k > in->dim[p->axis])
    return atr__fail(infer->error, ATR_E_PARAM, "TopK: k is %lld, axis %d has %lld elements",
                     n ? (long long)p->k : 0LL, p->axis, (long long)in->dim[p->axis]);
  p->largest = atr__attrs_int(infer->attrs, "largest", 1) != 0;
  infer->out_type[0] = infer->in_type[0];
  infer->out_shape[0] = *in;
  infer->out_shape[0].dim[p->axis] = p->k;
  if (infer->n_out > 1) {
    infer->out_type[1] = ATR_I64;
    infer->out_shape[1] = infer->out_shape[0];
  }
  return ATR_OK;
}

static atr_status gradient(atr__grad *grad) {
  const int axis = ((const atr__top_k_params *)atr__grad_params(grad))->axis;
  const int dy = atr__grad_dy(grad, 0);
  if (!dy || !atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  const int zero = atr__scatter_zeros(grad, atr__grad_shape_of(grad, atr__grad_in(grad, 0)), ATR_F32);
  const int in[3] = { zero, atr__grad_out(grad, 1), dy };
  atr__attrs attrs = { 0 };
  const atr_status status = atr__attrs_set_int(&attrs, "axis", axis);
  if (!status) atr__grad_set(grad, 0, atr__grad_node(grad, "", "ScatterElements", in, 3, &attrs, 1));
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(grad);
}

const atr__op atr__op_top_k = {
  .name = "TopK",
  .domain = "",
  .stem = "top_k",
  .since = 11,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 2,
  .params_size = sizeof(atr__top_k_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(top_k),
  ATR__CL(top_k),
};
