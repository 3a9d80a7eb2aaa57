/* lrn.c: LRN, local response normalization over neighbouring channels, and its gradient.
 *
 * y = x · s^-beta with s = bias + alpha / size · Σ x², over the floor((size - 1) / 2) channels before and
 * ceil((size - 1) / 2) after. Output 1 (ours) is s, for LRNGrad (org.atrous; dy, x, s):
 * dx = dy · s^-beta - 2 · alpha · beta / size · x · Σ dy · x · s^(-beta - 1), over the channels whose window
 * holds this one. Sources: ONNX LRN-13; Krizhevsky, Sutskever and Hinton, "ImageNet classification", 2012. */
#include "config.h"

#include "op/lrn.h"

#include "op/grad.h"
#include "tensor/shape.h"

static atr_status fill(atr__infer *infer, size_t x_at) {
  atr__lrn_params *p = infer->params;
  const atr_shape *x = &infer->in_shape[x_at];
  const int64_t size = atr__attrs_int(infer->attrs, "size", 0);
  atr_status status;
  for (size_t i = 0; i < infer->n_in; i++) {
    if ((status = atr__infer_need_f32(infer, i))) return status;
    if (atr__shape_equal(&infer->in_shape[i], x)) continue;
    char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu has shape %s, x has %s", infer->op->name, i,
                     atr__shape_text(&infer->in_shape[i], a), atr__shape_text(x, b));
  }
  if ((status = atr__infer_need_rank(infer, x_at, 2, ATR_RANK_MAX))) return status;
  if (size < 1 || size > INT32_MAX)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: size is %lld, must be 1 or more", infer->op->name,
                     (long long)size);
  p->n = x->dim[0];
  p->c = x->dim[1];
  p->inner = atr__shape_span(x, 2, x->rank);
  p->before = (size - 1) / 2;
  p->after = size / 2;
  p->rate = atr__attrs_float(infer->attrs, "alpha", 0.0001f) / (float)size;
  p->beta = atr__attrs_float(infer->attrs, "beta", 0.75f);
  p->bias = atr__attrs_float(infer->attrs, "bias", 1);
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = *x;
  }
  return ATR_OK;
}

static atr_status infer(atr__infer *infer) {
  return fill(infer, 0);
}
static atr_status infer_grad(atr__infer *infer) {
  return fill(infer, 1);
}

static atr_status gradient(atr__grad *g) {
  const int in[] = { atr__grad_dy(g, 0), atr__grad_in(g, 0), atr__grad_out(g, 1) };
  if (!in[0] || !atr__grad_wanted(g, 0)) return atr__grad_status(g);
  atr__grad_set(g, 0, atr__grad_node(g, "org.atrous", "LRNGrad", in, 3, atr__grad_attrs(g), 1));
  return atr__grad_status(g);
}

const atr__op atr__op_lrn = {
  .name = "LRN",
  .domain = "",
  .stem = "lrn",
  .since = 13,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 2,
  .params_size = sizeof(atr__lrn_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(lrn),
  ATR__CL(lrn),
};

const atr__op atr__op_lrn_grad = {
  .name = "LRNGrad",
  .domain = "org.atrous",
  .stem = "lrn",
  .since = 1,
  .min_in = 3,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__lrn_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(lrn_grad),
  ATR__CL(lrn_grad),
};
