/* optimizer_onnx.h: what the parts of optimizer_onnx share. */
#ifndef ATR_OP_OPTIMIZER_ONNX_H
#define ATR_OP_OPTIMIZER_ONNX_H

#include "op/op.h"

typedef enum atr__onnx_step {
  ATR__ONNX_ADAGRAD,
  ATR__ONNX_ADAM,
  ATR__ONNX_MOMENTUM,
  ATR__ONNX_NESTEROV
} atr__onnx_step;

/* Inputs: rate, count of updates, then `tensors` each of X, G and the states; outputs: X and the states. */
typedef struct atr__onnx_step_params {
  atr__onnx_step kind;
  int tensors, states;
  float alpha, beta, epsilon, norm;
  float decay; /* Adagrad: of the rate; Adam: of the result */
} atr__onnx_step_params;

ATR__DECLARE_OP(optimizer_onnx);

#endif
