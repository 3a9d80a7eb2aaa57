/* gather.c: Gather: slices of an axis chosen by indices, and GatherGrad (org.atrous), which adds them back.
 * Negative indices count from the end. An index outside the axis is an error on the host; a kernel sets the
 * run's status word and reads the nearest slice. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/gather.h"

#include "op/grad.h"
#include "op/index.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  atr__gather_params *p = infer->params;
  const atr_shape *in = &infer->in_shape[0], *index = &infer->in_shape[1];
  atr_status status =
      atr__axis(atr__attrs_int(infer->attrs, "axis", 0), in->rank, "axis", infer->error, &p->axis);
  if (status) return atr__fail_in(infer->error, status, "Gather");
  if ((status = atr__infer_need_index(infer, 1))) return status;
  if (in->rank - 1 + index->rank > ATR_RANK_MAX)
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "Gather: rank %d and indices of rank %d give more than rank %d", in->rank, index->rank,
                     (int)ATR_RANK_MAX);
  p->extent = in->dim[p->axis];
  if (p->extent == 0 && atr__shape_size(index))
    return atr__fail(infer->error, ATR_E_SHAPE, "Gather: axis %d is empty, there is nothing to choose from",
                     p->axis);
  atr_shape shape = atr__shape_of(p->axis, in->dim);
  for (int i = 0; i < index->rank; i++) shape.dim[shape.rank++] = index->dim[i];
  for (int i = p->axis + 1; i < in->rank; i++) shape.dim[shape.rank++] = in->dim[i];
  infer->out_type[0] = infer->in_type[0];
  infer->out_shape[0] = shape;
  return ATR_OK;
}

static atr_status gradient(atr__grad *grad) {
  const atr__gather_params *p = atr__grad_params(grad);
  const int dy = atr__grad_dy(grad, 0);
  if (!dy || !atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  const int in[2] = { dy, atr__grad_in(grad, 1) };
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_set_int(&attrs, "axis", p->axis);
  if (!status) status = atr__attrs_set_int(&attrs, "extent", p->extent);
  if (!status) atr__grad_set(grad, 0, atr__grad_node(grad, "org.atrous", "GatherGrad", in, 2, &attrs, 1));
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(grad);
}

/* GatherGrad(dy, indices) with attributes axis and extent. */
static atr_status infer_grad(atr__infer *infer) {
  atr__gather_params *p = infer->params;
  const atr_shape *dy = &infer->in_shape[0], *index = &infer->in_shape[1];
  const int rank = dy->rank - index->rank + 1;
  const int64_t axis = atr__attrs_int(infer->attrs, "axis", 0);
  atr_status status = atr__infer_need_f32(infer, 0);
  if (!status) status = atr__infer_need_index(infer, 1);
  if (status) return status;
  p->extent = atr__attrs_int(infer->attrs, "extent", -1);
  if (rank < 1 || axis < 0 || axis >= rank || p->extent < 0)
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "GatherGrad: axis %lld of extent %lld, rank %d and indices of rank %d", (long long)axis,
                     (long long)p->extent, dy->rank, index->rank);
  p->axis = (int)axis;
  atr_shape shape = atr__shape_of(p->axis, dy->dim);
  shape.dim[shape.rank++] = p->extent;
  for (int i = p->axis + index->rank; i < dy->rank; i++) shape.dim[shape.rank++] = dy->dim[i];
  for (int i = 0; i < index->rank; i++)
    if (dy->dim[p->axis + i] != index->dim[i])
      return atr__fail(infer->error, ATR_E_SHAPE, "GatherGrad: dimension %d is %lld, the indices' is %lld",
                       p->axis + i, (long long)dy->dim[p->axis + i], (long long)index->dim[i]);
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = shape;
  return ATR_OK;
}

const atr__op atr__op_gather = {
  .name = "Gather",
  .domain = "",
  .stem = "gather",
  .since = 13,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__gather_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(gather),
  ATR__CL(gather),
};

const atr__op atr__op_gather_grad = {
  .name = "GatherGrad",
  .domain = "org.atrous",
  .stem = "gather",
  .since = 1,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__gather_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(gather_grad),
  ATR__CL(gather_grad),
};
