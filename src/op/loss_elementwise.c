/* loss_elementwise.c: losses of one prediction against one target, element by element, and their gradients.
 *
 * loss = Σ w·l(x, t) / Σ w over all elements (w = 1 where the input is absent; 0 where Σ w is 0), with
 *   MeanSquaredError      l = (x - t)²
 *   Huber (delta)         l = (x - t)²/2 where |x - t| ≤ delta, else delta·(|x - t| - delta/2)
 *   MeanAbsoluteError     l = |x - t|, of gradient 0 where they are equal
 *   BinaryCrossEntropy    l = positive_weight·t·log(1 + exp(-x)) + (1 - t)·log(1 + exp(x)): x is a logit, t
 * in [0, 1] Output 1 is Σ w, saved for the gradient. Gradients go to x only. The element sum is in parts of
 * fixed order. Source: Huber, "Robust estimation of a location parameter", 1964; PyTorch's losses of these
 * names.
 */
#include "config.h"

#include "op/loss_elementwise.h"

#include <math.h>

#include "op/grad.h"
#include "tensor/shape.h"

/* Inputs `first` (x), first + 1 (target) and first + 2 (weight, may be absent). */
static atr_status infer_inputs(atr__infer *infer, size_t first, atr__loss_kind kind) {
  atr__loss_elementwise_params *p = infer->params;
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  atr_status status;
  p->kind = kind;
  p->parameter = atr__attrs_float(infer->attrs, kind == ATR__LOSS_SIGMOID ? "positive_weight" : "delta", 1);
  p->count = atr__shape_size(&infer->in_shape[first]);
  for (size_t i = first; i < infer->n_in && i < first + 3; i++) {
    if (i == first + 2 && infer->in_type[i] == ATR_TYPE_NONE) continue;
    if ((status = atr__infer_need_f32(infer, i))) return status;
    if (!atr__shape_equal(&infer->in_shape[i], &infer->in_shape[first]))
      return atr__fail(infer->error, ATR_E_SHAPE, "%s: the prediction has shape %s, its %s %s",
                       infer->op->name, atr__shape_text(&infer->in_shape[first], a),
                       i == first + 1 ? "target" : "weight", atr__shape_text(&infer->in_shape[i], b));
  }
  if (!(p->parameter > 0) || !(p->parameter < INFINITY))
    return atr__fail(infer->error, ATR_E_PARAM, "%s: %s is %g, must be above 0", infer->op->name,
                     kind == ATR__LOSS_SIGMOID ? "positive_weight" : "delta", (double)p->parameter);
  return ATR_OK;
}

static atr_status infer_forward(atr__infer *infer, atr__loss_kind kind) {
  const atr_status status = infer_inputs(infer, 0, kind);
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = (atr_shape){ 0, { 0 } };
  }
  return status;
}

/* dloss, total, x, target, weight */
static atr_status infer_grad(atr__infer *infer, atr__loss_kind kind) {
  atr_status status = infer_inputs(infer, 2, kind);
  for (size_t i = 0; !status && i < 2; i++) {
    status = atr__infer_need_f32(infer, i);
    if (!status && atr__shape_size(&infer->in_shape[i]) != 1)
      status = atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu must be one number", infer->op->name, i);
  }
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = infer->in_shape[2];
  return status;
}

static atr_status gradient(atr__grad *g, const char *op) {
  const int dy = atr__grad_dy(g, 0);
  if (!dy || !atr__grad_wanted(g, 0)) return atr__grad_status(g);
  const int in[] = { dy, atr__grad_out(g, 1), atr__grad_in(g, 0), atr__grad_in(g, 1), atr__grad_in(g, 2) };
  atr__grad_set(g, 0, atr__grad_node(g, "org.atrous", op, in, in[4] ? 5 : 4, atr__grad_attrs(g), 1));
  return atr__grad_status(g);
}

#define LOSS(symbol, onnx, which)                                                                            \
  static atr_status infer_##symbol(atr__infer *infer) {                                                      \
    return infer_forward(infer, which);                                                                      \
  }                                                                                                          \
  static atr_status infer_##symbol##_grad(atr__infer *infer) {                                               \
    return infer_grad(infer, which);                                                                         \
  }                                                                                                          \
  static atr_status gradient_##symbol(atr__grad *g) {                                                        \
    return gradient(g, onnx "Grad");                                                                         \
  }                                                                                                          \
  const atr__op atr__op_##symbol = {                                                                         \
    .name = onnx,                                                                                            \
    .domain = "org.atrous",                                                                                  \
    .stem = "loss_elementwise",                                                                              \
    .since = 1,                                                                                              \
    .min_in = 2,                                                                                             \
    .max_in = 3,                                                                                             \
    .min_out = 1,                                                                                            \
    .max_out = 2,                                                                                            \
    .params_size = sizeof(atr__loss_elementwise_params),                                                     \
    .infer = infer_##symbol,                                                                                 \
    .differentiable = ATR__DIFF_YES,                                                                         \
    .gradient = gradient_##symbol,                                                                           \
    ATR__HOST(loss_elementwise),                                                                             \
    ATR__CL(loss_elementwise),                                                                               \
  };                                                                                                         \
  const atr__op atr__op_##symbol##_grad = {                                                                  \
    .name = onnx "Grad",                                                                                     \
    .domain = "org.atrous",                                                                                  \
    .stem = "loss_elementwise",                                                                              \
    .since = 1,                                                                                              \
    .min_in = 4,                                                                                             \
    .max_in = 5,                                                                                             \
    .min_out = 1,                                                                                            \
    .max_out = 1,                                                                                            \
    .params_size = sizeof(atr__loss_elementwise_params),                                                     \
    .infer = infer_##symbol##_grad,                                                                          \
    .differentiable = ATR__DIFF_NO,                                                                          \
    ATR__HOST(loss_elementwise_grad),                                                                        \
    ATR__CL(loss_elementwise_grad),                                                                          \
  }

LOSS(mean_squared_error, "MeanSquaredError", ATR__LOSS_SQUARED);
LOSS(mean_absolute_error, "MeanAbsoluteError", ATR__LOSS_ABSOLUTE);
LOSS(huber, "Huber", ATR__LOSS_HUBER);
LOSS(binary_cross_entropy, "BinaryCrossEntropy", ATR__LOSS_SIGMOID);
