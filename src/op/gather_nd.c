/* gather_nd.c: GatherND: slices that index tuples name. The gradient adds them back (GatherNDGrad,
 * scatter_nd.c). Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/gather_nd.h"

#include "op/grad.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  atr__gather_nd_params *p = infer->params;
  const int64_t batch_dims = atr__attrs_int(infer->attrs, "batch_dims", 0);
  p->batch_dims = batch_dims < 0 || batch_dims > ATR_RANK_MAX ? -1 : (int)batch_dims;
  infer->out_type[0] = infer->in_type[0];
  const atr_status status =
      atr__slices_of(infer, &infer->in_shape[0], p->batch_dims, &p->slices, &infer->out_shape[0]);
  for (int i = 0; !status && i < p->slices.depth; i++)
    if (!p->slices.extent[i] && atr__shape_size(&infer->out_shape[0]))
      return atr__fail(infer->error, ATR_E_SHAPE,
                       "GatherND: dimension %d is empty, there is nothing to choose from", p->batch_dims + i);
  return status;
}

static atr_status gradient(atr__grad *grad) {
  const atr__gather_nd_params *p = atr__grad_params(grad);
  const int dy = atr__grad_dy(grad, 0);
  if (!dy || !atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  const atr_shape *shape = atr__grad_shape(grad, atr__grad_in(grad, 0));
  const int in[2] = { dy, atr__grad_in(grad, 1) };
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_set_int(&attrs, "batch_dims", p->batch_dims);
  if (!status) status = atr__attrs_set_ints(&attrs, "shape", shape->dim, (size_t)shape->rank);
  if (!status) atr__grad_set(grad, 0, atr__grad_node(grad, "org.atrous", "GatherNDGrad", in, 2, &attrs, 1));
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(grad);
}

const atr__op atr__op_gather_nd = {
  .name = "GatherND",
  .domain = "",
  .stem = "gather_nd",
  .since = 13,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__gather_nd_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(gather_nd),
  ATR__CL(gather_nd),
};
