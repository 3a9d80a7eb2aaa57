/* batch_normalization.c: BatchNormalization over samples and positions of each channel, and its gradient.
 *
 * y = (x - mean) / sqrt(var + epsilon) · scale + bias. With training_mode 1 mean and var are the batch's
 * (biased variance), and outputs 1 and 2 are running · momentum + batch · (1 - momentum), where the attribute
 * `unbiased` (ours, default 0) puts the unbiased variance into the running one, as PyTorch does. Outputs 3
 * and 4 (ours) are the mean and 1 / sqrt(var + epsilon) that were used; BatchNormalizationGrad (dy, x, scale,
 * those two) gives dx, dscale and dbias; where an activation was joined to y it has the bias too, by which it
 * finds y's sign again. Running statistics are constants to the gradient. Source: ONNX
 * BatchNormalization-15; Ioffe and Szegedy, "Batch normalization", 2015. */
#include "config.h"

#include "op/batch_normalization.h"

#include "op/grad.h"
#include "tensor/shape.h"

/* x at input `at`, and the inputs [first, last] as vectors of its channels. */
static atr_status shapes(atr__infer *infer, size_t at, size_t first, size_t last) {
  atr__batch_normalization_params *p = infer->params;
  atr_status status;
  if ((status = atr__infer_need_f32(infer, at))) return status;
  if ((status = atr__infer_need_rank(infer, at, 2, 8))) return status;
  const atr_shape *x = &infer->in_shape[at];
  p->n = x->dim[0];
  p->c = x->dim[1];
  p->inner = atr__shape_span(x, 2, x->rank);
  for (size_t i = first; i <= last; i++) {
    if ((status = atr__infer_need_f32(infer, i))) return status;
    const atr_shape *v = &infer->in_shape[i];
    if (v->rank == 1 && v->dim[0] == p->c) continue;
    char text[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: input %zu has shape %s, must be [%lld] for %lld channels", infer->op->name, i,
                     atr__shape_text(v, text), (long long)p->c, (long long)p->c);
  }
  p->training = atr__attrs_int(infer->attrs, "training_mode", 0) != 0;
  if (p->training && p->c && !(p->n && p->inner))
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: a batch without elements has no statistics",
                     infer->op->name);
  return ATR_OK;
}

static atr_status infer_forward(atr__infer *infer) {
  atr__batch_normalization_params *p = infer->params;
  const atr_status status = shapes(infer, 0, 1, 4);
  if (status) return status;
  p->epsilon = atr__attrs_float(infer->attrs, "epsilon", 1e-5f);
  p->momentum = atr__attrs_float(infer->attrs, "momentum", 0.9f);
  p->unbiased = atr__attrs_int(infer->attrs, "unbiased", 0) != 0;
  if (!(p->epsilon >= 0))
    return atr__fail(infer->error, ATR_E_PARAM, "BatchNormalization: epsilon is %g, must not be negative",
                     (double)p->epsilon);
  if (p->training && p->unbiased && p->n * p->inner == 1)
    return atr__fail(
        infer->error, ATR_E_SHAPE,
        "BatchNormalization: one element a channel has no unbiased variance; use a larger batch");
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = infer->in_shape[i ? 1 : 0];
  }
  return ATR_OK;
}

static atr_status gradient(atr__grad *g) {
  const int dy = atr__grad_dy(g, 0);
  if (!dy) return atr__grad_status(g);
  const int in[] = { dy, atr__grad_in(g, 0), atr__grad_in(g, 1), atr__grad_out(g, 3), atr__grad_out(g, 4) };
  const int dx = atr__grad_node(g, "org.atrous", "BatchNormalizationGrad", in, 5, atr__grad_attrs(g), 3);
  const int dscale = atr__grad_last(g, 1), dbias = atr__grad_last(g, 2);
  if (atr__grad_wanted(g, 0)) atr__grad_set(g, 0, dx);
  if (atr__grad_wanted(g, 1)) atr__grad_set(g, 1, dscale);
  if (atr__grad_wanted(g, 2)) atr__grad_set(g, 2, dbias);
  return atr__grad_status(g);
}

static atr_status infer_grad(atr__infer *infer) {
  atr_status status = shapes(infer, 1, 2, 4);
  if (!status) status = atr__infer_need_f32(infer, 0);
  if (status) return status;
  if (!atr__shape_equal(&infer->in_shape[0], &infer->in_shape[1])) {
    char dy[ATR__SHAPE_TEXT], x[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "BatchNormalizationGrad: dy has shape %s, x has %s",
                     atr__shape_text(&infer->in_shape[0], dy), atr__shape_text(&infer->in_shape[1], x));
  }
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = infer->in_shape[i ? 2 : 1];
  }
  return ATR_OK;
}

const atr__op atr__op_batch_normalization_grad = {
  .name = "BatchNormalizationGrad",
  .domain = "org.atrous",
  .stem = "batch_normalization",
  .since = 1,
  .min_in = 5,
  .max_in = 6,
  .min_out = 1,
  .max_out = 3,
  .params_size = sizeof(atr__batch_normalization_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  .inplace = 3,
  ATR__HOST(batch_normalization_grad),
  ATR__CL(batch_normalization_grad),
};

const atr__op atr__op_batch_normalization = {
  .name = "BatchNormalization",
  .domain = "",
  .stem = "batch_normalization",
  .since = 15,
  .min_in = 5,
  .max_in = 5,
  .min_out = 1,
  .max_out = 5,
  .params_size = sizeof(atr__batch_normalization_params),
  .infer = infer_forward,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  .inplace = 1,
  ATR__HOST(batch_normalization),
  ATR__CL(batch_normalization),
};
