/* concat.c: Concat: tensors one after another along an axis. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/concat.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "op/axes.h"
#include "op/grad.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  atr__concat_params *p = infer->params;
  const atr_shape *first = &infer->in_shape[0];
  if (!atr__attrs_find(infer->attrs, "axis"))
    return atr__fail(infer->error, ATR_E_PARAM, "Concat: attribute axis is missing");
  atr_status status =
      atr__axis(atr__attrs_int(infer->attrs, "axis", 0), first->rank, "axis", infer->error, &p->axis);
  if (status) return atr__fail_in(infer->error, status, "Concat");
  atr_shape shape = *first;
  for (size_t i = 1; i < infer->n_in; i++) {
    const atr_shape *in = &infer->in_shape[i];
    if ((status = atr__infer_same_type(infer, 0, i))) return status;
    int meet = in->rank == shape.rank;
    for (int d = 0; meet && d < shape.rank; d++) meet = d == p->axis || in->dim[d] == shape.dim[d];
    if (!meet) {
      char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
      return atr__fail(infer->error, ATR_E_SHAPE,
                       "Concat: input %zu of shape %s does not fit input 0 of shape %s along axis %d", i,
                       atr__shape_text(in, b), atr__shape_text(first, a), p->axis);
    }
    if (atr__add_i64(shape.dim[p->axis], in->dim[p->axis], &shape.dim[p->axis]))
      return atr__fail(infer->error, ATR_E_LIMIT, "Concat: axis %d becomes too long", p->axis);
  }
  infer->out_type[0] = infer->in_type[0];
  infer->out_shape[0] = shape;
  return ATR_OK;
}

atr__walk atr__concat_walk(const atr_shape *part, const atr_shape *whole, int axis, int64_t from,
                           int part_first) {
  int64_t stride[ATR_RANK_MAX];
  atr__shape_strides(whole, stride);
  atr__walk walk = atr__walk_over(part);
  if (part_first) atr__walk_broadcast(&walk, part);
  atr__walk_strided(&walk, stride, from * stride[axis]);
  if (!part_first) atr__walk_broadcast(&walk, part);
  atr__walk_join(&walk);
  return walk;
}

static atr_status gradient(atr__grad *grad) {
  const atr__concat_params *p = atr__grad_params(grad);
  const int dy = atr__grad_dy(grad, 0);
  const size_t n = atr__grad_inputs(grad);
  if (!dy) return atr__grad_status(grad);
  int64_t *split = atr__calloc(n, sizeof *split);
  if (!split) return ATR_E_NOMEM;
  for (size_t i = 0; i < n; i++) split[i] = atr__grad_shape(grad, atr__grad_in(grad, i))->dim[p->axis];
  const int in[2] = { dy, atr__grad_ints(grad, split, n) };
  atr__free(split);
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_set_int(&attrs, "axis", p->axis);
  if (!status && atr__grad_node(grad, "", "Split", in, 2, &attrs, n))
    for (size_t i = 0; i < n; i++)
      if (atr__grad_wanted(grad, i)) atr__grad_set(grad, i, atr__grad_last(grad, i));
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(grad);
}

const atr__op atr__op_concat = {
  .name = "Concat",
  .domain = "",
  .stem = "concat",
  .since = 13,
  .min_in = 1,
  .max_in = -1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__concat_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(concat),
  ATR__CL(concat),
};
