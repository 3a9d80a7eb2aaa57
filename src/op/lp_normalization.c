/* lp_normalization.c: LpNormalization, x / |x| along an axis with the sum of magnitudes (p 1) or the
 * Euclidean norm (p 2), and its gradient. A line of zeros gives zeros and gets no gradient. The norm is taken
 * of x over its greatest magnitude, so that squares neither overflow nor vanish.
 *
 * LpNormalizationGrad (org.atrous; dy, x): dx = (dy - n · Σ dy · y) / |x|, where n is y for p 2 and the sign
 * of x for p 1. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/lp_normalization.h"

#include "op/grad.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  atr__lp_normalization_params *p = infer->params;
  const size_t last = infer->n_in - 1;
  const atr_shape *x = &infer->in_shape[last];
  const int64_t order = atr__attrs_int(infer->attrs, "p", 2);
  int axis;
  for (size_t i = 0; i <= last; i++) {
    const atr_status status = atr__infer_need_f32(infer, i);
    if (status) return status;
  }
  if (order != 1 && order != 2)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: p is %lld, must be 1 or 2", infer->op->name,
                     (long long)order);
  atr_status status =
      atr__axis(atr__attrs_int(infer->attrs, "axis", -1), x->rank, "axis", infer->error, &axis);
  if (status) return atr__fail_in(infer->error, status, "%s", infer->op->name);
  if (!atr__shape_equal(&infer->in_shape[0], x)) {
    char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: dy has shape %s, x has %s", infer->op->name,
                     atr__shape_text(&infer->in_shape[0], a), atr__shape_text(x, b));
  }
  p->p = (int)order;
  p->outer = atr__shape_span(x, 0, axis);
  p->length = x->dim[axis];
  p->inner = atr__shape_span(x, axis + 1, x->rank);
  return atr__infer_same(infer);
}

static atr_status gradient(atr__grad *g) {
  const int in[] = { atr__grad_dy(g, 0), atr__grad_in(g, 0) };
  if (!in[0] || !atr__grad_wanted(g, 0)) return atr__grad_status(g);
  atr__grad_set(g, 0, atr__grad_node(g, "org.atrous", "LpNormalizationGrad", in, 2, atr__grad_attrs(g), 1));
  return atr__grad_status(g);
}

const atr__op atr__op_lp_normalization = {
  .name = "LpNormalization",
  .domain = "",
  .stem = "lp_normalization",
  .since = 1,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__lp_normalization_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  .inplace = 1,
  ATR__HOST(lp_normalization),
  ATR__CL(lp_normalization),
};

const atr__op atr__op_lp_normalization_grad = {
  .name = "LpNormalizationGrad",
  .domain = "org.atrous",
  .stem = "lp_normalization",
  .since = 1,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__lp_normalization_params),
  .infer = infer,
  .differentiable = ATR__DIFF_NO,
  .inplace = 3,
  ATR__HOST(lp_normalization_grad),
  ATR__CL(lp_normalization_grad),
};
