/* unary.c: elementwise functions of one input: Relu, Sigmoid, Tanh. y = f(x); dx = dy · f'(x), computed from
 * y. Source: the ONNX operators of the same names. */
#include "config.h"

#include "op/unary.h"

#include "op/grad.h"

static atr_status infer(atr__infer *infer, atr__unary_kind kind) {
  atr_status status = atr__infer_need_f32(infer, 0);
  if (status) return status;
  ((atr__unary_params *)infer->params)->kind = kind;
  return atr__infer_same(infer);
}
static atr_status infer_relu(atr__infer *i) {
  return infer(i, ATR__UNARY_RELU);
}
static atr_status infer_sigmoid(atr__infer *i) {
  return infer(i, ATR__UNARY_SIGMOID);
}
static atr_status infer_tanh(atr__infer *i) {
  return infer(i, ATR__UNARY_TANH);
}

#define UNARY(symbol, onnx, opset)                                                                           \
  const atr__op atr__op_##symbol = {                                                                         \
    .name = onnx,                                                                                            \
    .domain = "",                                                                                            \
    .stem = "unary",                                                                                         \
    .since = opset,                                                                                          \
    .min_in = 1,                                                                                             \
    .max_in = 1,                                                                                             \
    .min_out = 1,                                                                                            \
    .max_out = 1,                                                                                            \
    .params_size = sizeof(atr__unary_params),                                                                \
    .infer = infer_##symbol,                                                                                 \
    .differentiable = ATR__DIFF_NO,                                                                          \
    .inplace = 1,                                                                                            \
    ATR__HOST(unary),                                                                                        \
    ATR__CL(unary),                                                                                          \
  }
UNARY(relu, "Relu", 14);
UNARY(sigmoid, "Sigmoid", 13);
UNARY(tanh, "Tanh", 13);
