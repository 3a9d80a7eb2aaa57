/* loss_softmax.c: cross-entropy of a softmax over axis 1, against class indices or distributions.
 *
 * At a position p with scores x_c: lse = m + log Σ_c exp(x_c - m), m the greatest score.
 *   SoftmaxCrossEntropyLoss (ONNX 13; scores, labels int64 or int32, class weights): l = w[t]·(lse - x_t), 0
 *     where t is ignore_index; mean = Σ l / Σ w[t], 0 where nothing counts. A label outside [0, c) is an
 * error. NegativeLogLikelihoodLoss (ONNX 13): the same with lse = 0: x holds logarithms of shares already.
 *   CrossEntropyProbability (org.atrous; scores, targets of their shape, class weights): l = Σ_c w_c·t_c·(lse
 * - x_c); mean = Σ l / number of positions. Outputs: loss; log_prob [n][c][…] = x - lse; and, saved for the
 * gradient, lse [n][…], the position's weight (w[t], or Σ_c w_c·t_c) [n][…], and the divisor of the mean.
 * Gradients go to the scores only, from the loss: dx_c = g·(weight·exp(x_c - lse) - w_c·t_c), the first term
 * only where lse is not taken as 0. Source: ONNX; PyTorch's cross_entropy. */
#include "config.h"

#include "op/loss_softmax.h"

#include <string.h>

#include "op/grad.h"
#include "tensor/shape.h"

static atr_status wrong_shape(atr__infer *infer, size_t scores, size_t input) {
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: scores of shape %s do not go with input %zu of shape %s",
                   infer->op->name, atr__shape_text(&infer->in_shape[scores], a), input,
                   atr__shape_text(&infer->in_shape[input], b));
}

static atr_shape positions(const atr_shape *scores) {
  atr_shape shape = *scores;
  for (int i = 1; i + 1 < shape.rank; i++) shape.dim[i] = shape.dim[i + 1];
  shape.rank--;
  return shape;
}

typedef enum { LABELS, SHARES, LOGARITHMS } kind;

/* Inputs at, at + 1, at + 2: scores, targets, class weights (may be absent). */
static atr_status infer_inputs(atr__infer *infer, size_t at, kind of) {
  atr__loss_softmax_params *p = infer->params;
  const atr_shape *scores = &infer->in_shape[at], *target = &infer->in_shape[at + 1];
  atr_status status;
  if ((status = atr__infer_need_f32(infer, at))) return status;
  if ((status = atr__infer_need_rank(infer, at, 2, ATR_RANK_MAX))) return status;
  p->probability = of == SHARES;
  p->logarithms = of == LOGARITHMS;
  p->n = scores->dim[0];
  p->c = scores->dim[1];
  p->inner = atr__shape_span(scores, 2, scores->rank);
  if (p->c < 1) return atr__fail(infer->error, ATR_E_SHAPE, "%s: there are no classes", infer->op->name);
  const char *reduction = atr__attrs_string(infer->attrs, "reduction", "mean");
  if (!strcmp(reduction, "none"))
    p->reduction = ATR__REDUCE_NONE;
  else if (!strcmp(reduction, "sum"))
    p->reduction = ATR__REDUCE_SUM;
  else if (!strcmp(reduction, "mean"))
    p->reduction = ATR__REDUCE_MEAN;
  else
    return atr__fail(infer->error, ATR_E_PARAM, "%s: reduction \"%s\" is none of none, sum, mean",
                     infer->op->name, reduction);
  p->has_ignore = atr__attrs_find(infer->attrs, "ignore_index") != NULL;
  const int64_t ignore = atr__attrs_int(infer->attrs, "ignore_index", 0);
  if (ignore < INT32_MIN || ignore > INT32_MAX)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: ignore_index %lld does not fit 32 bits",
                     infer->op->name, (long long)ignore);
  p->ignore = (int32_t)ignore;
  if (of == SHARES) {
    if ((status = atr__infer_need_f32(infer, at + 1))) return status;
    if (!atr__shape_equal(scores, target)) return wrong_shape(infer, at, at + 1);
  } else {
    const atr_shape want = positions(scores);
    if (infer->in_type[at + 1] != ATR_I64 && infer->in_type[at + 1] != ATR_I32)
      return atr__fail(infer->error, ATR_E_SHAPE, "%s: labels are %s, must be int64 or int32",
                       infer->op->name, atr_type_name(infer->in_type[at + 1]));
    if (!atr__shape_equal(&want, target)) return wrong_shape(infer, at, at + 1);
  }
  if (infer->n_in > at + 2 && infer->in_type[at + 2] != ATR_TYPE_NONE) {
    if ((status = atr__infer_need_f32(infer, at + 2))) return status;
    if (infer->in_shape[at + 2].rank != 1 || infer->in_shape[at + 2].dim[0] != p->c)
      return wrong_shape(infer, at, at + 2);
  }
  return ATR_OK;
}

static atr_status infer_forward(atr__infer *infer, kind of) {
  const atr_status status = infer_inputs(infer, 0, of);
  if (status) return status;
  const atr__loss_softmax_params *p = infer->params;
  const atr_shape scalar = { 0, { 0 } }, each = positions(&infer->in_shape[0]);
  const atr_shape shape[5] = { p->reduction == ATR__REDUCE_NONE ? each : scalar, infer->in_shape[0], each,
                               each, scalar };
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = shape[i];
  }
  return ATR_OK;
}
/* dloss, lse, position weights, divisor, scores, targets, class weights */
static atr_status infer_grad(atr__infer *infer, kind of) {
  const atr_status status = infer_inputs(infer, 4, of);
  if (status) return status;
  const atr__loss_softmax_params *p = infer->params;
  for (size_t i = 0; i < 4; i++) {
    const int one = i == 3 || (i == 0 && p->reduction != ATR__REDUCE_NONE);
    if (infer->in_type[i] != ATR_F32 || atr__shape_size(&infer->in_shape[i]) != (one ? 1 : p->n * p->inner))
      return wrong_shape(infer, 4, i);
  }
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = infer->in_shape[4];
  return ATR_OK;
}
static atr_status gradient(atr__grad *g, const char *op) {
  const int dy = atr__grad_dy(g, 0);
  if (!atr__grad_wanted(g, 0)) return atr__grad_status(g);
  if (atr__grad_dy(g, 1)) return ATR_E_UNSUPPORTED; /* log_prob has none: use LogSoftmax */
  if (!dy) return atr__grad_status(g);
  const int in[] = { dy,
                     atr__grad_out(g, 2),
                     atr__grad_out(g, 3),
                     atr__grad_out(g, 4),
                     atr__grad_in(g, 0),
                     atr__grad_in(g, 1),
                     atr__grad_in(g, 2) };
  atr__grad_set(g, 0, atr__grad_node(g, "org.atrous", op, in, in[6] ? 7 : 6, atr__grad_attrs(g), 1));
  return atr__grad_status(g);
}
#define LOSS(symbol, onnx, of, opset, kind)                                                                  \
  static atr_status infer_##symbol(atr__infer *infer) {                                                      \
    return infer_forward(infer, kind);                                                                       \
  }                                                                                                          \
  static atr_status infer_##symbol##_grad(atr__infer *infer) {                                               \
    return infer_grad(infer, kind);                                                                          \
  }                                                                                                          \
  static atr_status gradient_##symbol(atr__grad *g) {                                                        \
    return gradient(g, onnx "Grad");                                                                         \
  }                                                                                                          \
  const atr__op atr__op_##symbol = {                                                                         \
    .name = onnx,                                                                                            \
    .domain = of,                                                                                            \
    .stem = "loss_softmax",                                                                                  \
    .since = opset,                                                                                          \
    .min_in = 2,                                                                                             \
    .max_in = 3,                                                                                             \
    .min_out = 1,                                                                                            \
    .max_out = 5,                                                                                            \
    .params_size = sizeof(atr__loss_softmax_params),                                                         \
    .infer = infer_##symbol,                                                                                 \
    .differentiable = ATR__DIFF_YES,                                                                         \
    .gradient = gradient_##symbol,                                                                           \
    ATR__HOST(loss_softmax),                                                                                 \
    ATR__CL(loss_softmax),                                                                                   \
  };                                                                                                         \
  const atr__op atr__op_##symbol##_grad = {                                                                  \
    .name = onnx "Grad",                                                                                     \
    .domain = "org.atrous",                                                                                  \
    .stem = "loss_softmax",                                                                                  \
    .since = 1,                                                                                              \
    .min_in = 6,                                                                                             \
    .max_in = 7,                                                                                             \
    .min_out = 1,                                                                                            \
    .max_out = 1,                                                                                            \
    .params_size = sizeof(atr__loss_softmax_params),                                                         \
    .infer = infer_##symbol##_grad,                                                                          \
    .differentiable = ATR__DIFF_NO,                                                                          \
    ATR__HOST(loss_softmax_grad),                                                                            \
    ATR__CL(loss_softmax_grad),                                                                              \
  }

LOSS(softmax_cross_entropy, "SoftmaxCrossEntropyLoss", "", 13, LABELS);
LOSS(negative_log_likelihood, "NegativeLogLikelihoodLoss", "", 13, LOGARITHMS);
LOSS(cross_entropy_probability, "CrossEntropyProbability", "org.atrous", 1, SHARES);
