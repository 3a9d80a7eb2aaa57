/* transpose.c: Transpose: dimensions in another order. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/transpose.h"

#include "op/grad.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  const atr_shape *in = &infer->in_shape[0];
  atr__transpose_params *p = infer->params;
  size_t n;
  const int64_t *perm = atr__attrs_ints(infer->attrs, "perm", &n);
  if (perm && n != (size_t)in->rank)
    return atr__fail(infer->error, ATR_E_PARAM, "Transpose: perm has %zu entries for rank %d", n, in->rank);
  unsigned seen = 0;
  infer->out_shape[0] = *in;
  for (int i = 0; i < in->rank; i++) {
    const int64_t from = perm ? perm[i] : in->rank - 1 - i;
    if (from < 0 || from >= in->rank || seen >> from & 1)
      return atr__fail(infer->error, ATR_E_PARAM,
                       "Transpose: perm[%d] is %lld; perm must name each of 0 to %d once", i, (long long)from,
                       in->rank - 1);
    seen |= 1u << from;
    p->perm[i] = (int)from;
    infer->out_shape[0].dim[i] = in->dim[from];
  }
  infer->out_type[0] = infer->in_type[0];
  return ATR_OK;
}

atr__walk atr__transpose_walk(const atr__transpose_params *p, const atr_shape *in, const atr_shape *out) {
  int64_t own[ATR_RANK_MAX], stride[ATR_RANK_MAX];
  atr__shape_strides(in, own);
  for (int i = 0; i < out->rank; i++) stride[i] = own[p->perm[i]];
  atr__walk walk = atr__walk_over(out);
  atr__walk_broadcast(&walk, out);
  atr__walk_strided(&walk, stride, 0);
  atr__walk_join(&walk);
  return walk;
}

static atr_status gradient(atr__grad *grad) {
  const atr__transpose_params *p = atr__grad_params(grad);
  const int dy = atr__grad_dy(grad, 0);
  if (!dy || !atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  const int rank = atr__grad_shape(grad, dy)->rank;
  int64_t inverse[ATR_RANK_MAX] = { 0 };
  for (int i = 0; i < rank; i++) inverse[p->perm[i]] = i;
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_set_ints(&attrs, "perm", inverse, (size_t)rank);
  if (!status) atr__grad_set(grad, 0, atr__grad_node(grad, "", "Transpose", &dy, 1, &attrs, 1));
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(grad);
}

const atr__op atr__op_transpose = {
  .name = "Transpose",
  .domain = "",
  .stem = "transpose",
  .since = 13,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__transpose_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(transpose),
  ATR__CL(transpose),
};
