/* scatter_elements.c: ScatterElements: updates put into, or added to, a copy of a tensor, each at the place
 * of its own but for one axis, where an index says it. Of several put to one place the last stays. Source:
 * the ONNX operator of the same name. */
#include "config.h"

#include "op/scatter_elements.h"

#include "op/grad.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  atr__scatter_elements_params *p = infer->params;
  const atr_shape *in = &infer->in_shape[0], *index = &infer->in_shape[1];
  atr_status status =
      atr__axis(atr__attrs_int(infer->attrs, "axis", 0), in->rank, "axis", infer->error, &p->axis);
  if (status) return atr__fail_in(infer->error, status, "ScatterElements");
  if ((status = atr__scatter_kind_of(infer, &p->kind))) return status;
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  if (!atr__shape_equal(index, &infer->in_shape[2]))
    return atr__fail(infer->error, ATR_E_SHAPE, "ScatterElements: indices %s and updates %s differ",
                     atr__shape_text(index, a), atr__shape_text(&infer->in_shape[2], b));
  int fits = in->rank == index->rank;
  for (int i = 0; fits && i < in->rank; i++) fits = i == p->axis || index->dim[i] <= in->dim[i];
  if (!fits)
    return atr__fail(infer->error, ATR_E_SHAPE, "ScatterElements: updates %s do not fit into %s (axis %d)",
                     atr__shape_text(index, a), atr__shape_text(in, b), p->axis);
  return atr__infer_same(infer);
}

atr__walk atr__scatter_elements_walk(int axis, const atr_shape *data, const atr_shape *updates) {
  int64_t to[ATR_RANK_MAX], from[ATR_RANK_MAX];
  atr_shape others = *updates;
  others.dim[axis] = 1;
  atr__shape_strides(data, to);
  atr__shape_strides(updates, from);
  atr__walk walk = atr__walk_over(&others);
  atr__walk_strided(&walk, to, 0);
  atr__walk_strided(&walk, from, 0);
  atr__walk_join(&walk);
  return walk;
}

static atr_status gradient(atr__grad *grad) {
  const atr__scatter_elements_params *p = atr__grad_params(grad);
  const int dy = atr__grad_dy(grad, 0), x = atr__grad_in(grad, 0), index = atr__grad_in(grad, 1);
  const int put = p->kind == ATR__SCATTER_NONE;
  if (!dy) return atr__grad_status(grad);
  if (!put && p->kind != ATR__SCATTER_ADD) return ATR_E_UNSUPPORTED;
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_set_int(&attrs, "axis", p->axis);
  if (!status && atr__grad_wanted(grad, 0)) {
    const int in[3] = { dy, index,
                        put ? atr__scatter_zeros(grad, atr__grad_shape_of(grad, index), ATR_F32) : 0 };
    atr__grad_set(grad, 0, put ? atr__grad_node(grad, "", "ScatterElements", in, 3, &attrs, 1) : dy);
  }
  if (!status && atr__grad_wanted(grad, 2)) {
    const atr_shape places = *atr__grad_shape(grad, x), updates = *atr__grad_shape(grad, index);
    const int in[2] = { dy, index };
    const int got = atr__grad_node(grad, "", "GatherElements", in, 2, &attrs, 1);
    const int chosen[3] = { put ? atr__scatter_last(grad, "ScatterElements", "GatherElements", &attrs, index,
                                                    &places, &updates)
                                : 0,
                            got, put ? atr__grad_real(grad, 0) : 0 };
    if (put && !chosen[0]) status = ATR_E_NOMEM;
    if (!status) atr__grad_set(grad, 2, put ? atr__grad_node(grad, "", "Where", chosen, 3, NULL, 1) : got);
  }
  atr__attrs_free(&attrs);
  return atr__grad_status(grad) ? atr__grad_status(grad) : status;
}

const atr__op atr__op_scatter_elements = {
  .name = "ScatterElements",
  .domain = "",
  .stem = "scatter_elements",
  .since = 18,
  .min_in = 3,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__scatter_elements_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(scatter_elements),
  ATR__CL(scatter_elements),
};
