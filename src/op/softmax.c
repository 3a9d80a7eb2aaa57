/* softmax.c: Softmax and LogSoftmax along one axis, and their gradients, computed from y.
 *
 * The greatest element is subtracted first, so nothing overflows. A line of nothing but -Inf (everything
 * masked) has no softmax; here it gives 0 (LogSoftmax: -Inf), whose gradient is finite, where PyTorch gives
 * NaN. NaN and +Inf spread over their line. SoftmaxGrad and LogSoftmaxGrad take (dy, y). Source: ONNX
 * Softmax-13. */
#include "config.h"

#include "op/softmax.h"

#include "op/grad.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer, int log) {
  atr__softmax_params *p = infer->params;
  const atr_shape *x = &infer->in_shape[0];
  atr_status status;
  int axis;
  for (size_t i = 0; i < infer->n_in; i++)
    if ((status = atr__infer_need_f32(infer, i))) return status;
  if ((status = atr__infer_need_rank(infer, 0, 1, 8))) return status;
  if ((status = atr__axis(atr__attrs_int(infer->attrs, "axis", -1), x->rank, infer->op->name, infer->error,
                          &axis)))
    return status;
  if (infer->n_in > 1 && !atr__shape_equal(x, &infer->in_shape[1])) {
    char dy[ATR__SHAPE_TEXT], y[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: dy has shape %s, y has %s", infer->op->name,
                     atr__shape_text(x, dy), atr__shape_text(&infer->in_shape[1], y));
  }
  p->outer = atr__shape_span(x, 0, axis);
  p->length = x->dim[axis];
  p->inner = atr__shape_span(x, axis + 1, x->rank);
  p->log = log;
  return atr__infer_same(infer);
}
static atr_status infer_softmax(atr__infer *i) {
  return infer(i, 0);
}
static atr_status infer_log_softmax(atr__infer *i) {
  return infer(i, 1);
}

static atr_status gradient(atr__grad *g, const char *op) {
  if (!atr__grad_dy(g, 0) || !atr__grad_wanted(g, 0)) return atr__grad_status(g);
  const int in[] = { atr__grad_dy(g, 0), atr__grad_out(g, 0) };
  atr__grad_set(g, 0, atr__grad_node(g, "org.atrous", op, in, 2, atr__grad_attrs(g), 1));
  return atr__grad_status(g);
}
static atr_status gradient_softmax(atr__grad *g) {
  return gradient(g, "SoftmaxGrad");
}
static atr_status gradient_log_softmax(atr__grad *g) {
  return gradient(g, "LogSoftmaxGrad");
}

#define SOFTMAX(symbol, onnx)                                                                                \
  const atr__op atr__op_##symbol##_grad = {                                                                  \
    .name = onnx "Grad",                                                                                     \
    .domain = "org.atrous",                                                                                  \
    .stem = "softmax",                                                                                       \
    .since = 1,                                                                                              \
    .min_in = 2,                                                                                             \
    .max_in = 2,                                                                                             \
    .min_out = 1,                                                                                            \
    .max_out = 1,                                                                                            \
    .params_size = sizeof(atr__softmax_params),                                                              \
    .infer = infer_##symbol,                                                                                 \
    .differentiable = ATR__DIFF_NO,                                                                          \
    .inplace = 3,                                                                                            \
    ATR__HOST(softmax_grad),                                                                                 \
    ATR__CL(softmax_grad),                                                                                   \
  };                                                                                                         \
  const atr__op atr__op_##symbol = {                                                                         \
    .name = onnx,                                                                                            \
    .domain = "",                                                                                            \
    .stem = "softmax",                                                                                       \
    .since = 13,                                                                                             \
    .min_in = 1,                                                                                             \
    .max_in = 1,                                                                                             \
    .min_out = 1,                                                                                            \
    .max_out = 1,                                                                                            \
    .params_size = sizeof(atr__softmax_params),                                                              \
    .infer = infer_##symbol,                                                                                 \
    .differentiable = ATR__DIFF_YES,                                                                         \
    .gradient = gradient_##symbol,                                                                           \
    .inplace = 1,                                                                                            \
    ATR__HOST(softmax),                                                                                      \
    ATR__CL(softmax),                                                                                        \
  }
SOFTMAX(log_softmax, "LogSoftmax");
SOFTMAX(softmax, "Softmax");
