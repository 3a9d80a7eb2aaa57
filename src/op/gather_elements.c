/* gather_elements.c: GatherElements: for each index the element at its own place but for one axis, where the
 * index says it. Its gradient is ScatterElements onto zeros. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/gather_elements.h"

#include "op/grad.h"
#include "op/index.h"
#include "op/scatter.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  atr__gather_elements_params *p = infer->params;
  const atr_shape *in = &infer->in_shape[0], *index = &infer->in_shape[1];
  atr_status status =
      atr__axis(atr__attrs_int(infer->attrs, "axis", 0), in->rank, "axis", infer->error, &p->axis);
  if (status) return atr__fail_in(infer->error, status, "GatherElements");
  if ((status = atr__infer_need_index(infer, 1))) return status;
  int fits = in->rank == index->rank;
  for (int i = 0; fits && i < in->rank; i++) fits = i == p->axis || index->dim[i] <= in->dim[i];
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  if (!fits)
    return atr__fail(infer->error, ATR_E_SHAPE, "GatherElements: indices %s do not fit into %s (axis %d)",
                     atr__shape_text(index, a), atr__shape_text(in, b), p->axis);
  if (in->dim[p->axis] == 0 && atr__shape_size(index))
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "GatherElements: axis %d is empty, there is nothing to choose from", p->axis);
  infer->out_type[0] = infer->in_type[0];
  infer->out_shape[0] = *index;
  return ATR_OK;
}

atr__walk atr__gather_elements_walk(int axis, const atr_shape *data, const atr_shape *index) {
  int64_t stride[ATR_RANK_MAX];
  atr__shape_strides(data, stride);
  stride[axis] = 0;
  atr__walk walk = atr__walk_over(index);
  atr__walk_strided(&walk, stride, 0);
  atr__walk_join(&walk);
  return walk;
}

static atr_status gradient(atr__grad *grad) {
  const atr__gather_elements_params *p = atr__grad_params(grad);
  const int dy = atr__grad_dy(grad, 0);
  if (!dy || !atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  const int zero = atr__scatter_zeros(grad, atr__grad_shape_of(grad, atr__grad_in(grad, 0)), ATR_F32);
  const int in[3] = { zero, atr__grad_in(grad, 1), dy };
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_set_int(&attrs, "axis", p->axis);
  if (!status) status = atr__attrs_set_string(&attrs, "reduction", "add");
  if (!status) atr__grad_set(grad, 0, atr__grad_node(grad, "", "ScatterElements", in, 3, &attrs, 1));
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(grad);
}

const atr__op atr__op_gather_elements = {
  .name = "GatherElements",
  .domain = "",
  .stem = "gather_elements",
  .since = 13,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__gather_elements_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(gather_elements),
  ATR__CL(gather_elements),
};
