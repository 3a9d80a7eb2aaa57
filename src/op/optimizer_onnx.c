/* optimizer_onnx.c: Adagrad, Adam and Momentum of ONNX's domain ai.onnx.preview.training: one step of an
 * optimizer as an ordinary node, for files that hold them. What is trained here has the steps of optimizer.c.
 *
 * With g = norm · x + gradient, t the count of updates:
 * Adagrad: h' = h + g²; x' = x - rate / (1 + t · decay) · g / (√h' + epsilon).
 * Adam: v' = alpha · v + (1 - alpha) · g, h' = beta · h + (1 - beta) · g²; x' = (1 - post) · (x - r · v' /
 * (√h' + epsilon)), r = rate · √(1 - beta^t) / (1 - alpha^t), the rate itself at t = 0. Momentum: v' = alpha
 * · v + (t > 0 ? beta : 1) · g; x' = x - rate · v', or of Nesterov rate · (g + alpha · v'). Source: ONNX's
 * operators of the same names, version 1. */
#include "config.h"

#include "op/optimizer_onnx.h"

#include <string.h>

#include "tensor/shape.h"

static atr_status one(atr__infer *infer, size_t input, atr_type type) {
  const atr_shape *shape = &infer->in_shape[input];
  char text[ATR__SHAPE_TEXT];
  if (infer->in_type[input] != type)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: input %zu is %s, only %s is supported",
                     infer->op->name, input, atr_type_name(infer->in_type[input]), atr_type_name(type));
  if (shape->rank == 0 || (shape->rank == 1 && shape->dim[0] == 1)) return ATR_OK;
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu has shape %s, must be a scalar", infer->op->name,
                   input, atr__shape_text(shape, text));
}

static atr_status fill(atr__infer *infer, atr__onnx_step kind, int states) {
  atr__onnx_step_params *p = infer->params;
  const char *op = infer->op->name;
  const size_t groups = 2 + (size_t)states, tensors = (infer->n_in - 2) / groups;
  atr_status status = one(infer, 0, ATR_F32);
  if (!status) status = one(infer, 1, ATR_I64);
  if (status) return status;
  if (!tensors || (infer->n_in - 2) % groups || tensors > INT32_MAX)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: %zu inputs; must be 2 and a multiple of %zu", op,
                     infer->n_in, groups);
  if (infer->n_out > tensors * (groups - 1))
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: %zu outputs of %zu tensors; must be %zu", op,
                     infer->n_out, tensors, tensors * (groups - 1));
  for (size_t i = 2; i < infer->n_in; i++) {
    const atr_shape *x = &infer->in_shape[2 + (i - 2) % tensors];
    char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
    if ((status = atr__infer_need_f32(infer, i))) return status;
    if (!atr__shape_equal(&infer->in_shape[i], x))
      return atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu has shape %s, what it belongs to has %s", op,
                       i, atr__shape_text(&infer->in_shape[i], a), atr__shape_text(x, b));
  }
  *p = (atr__onnx_step_params){
    .kind = kind,
    .tensors = (int)tensors,
    .states = states,
    .alpha = atr__attrs_float(infer->attrs, "alpha", 0.9f),
    .beta = atr__attrs_float(infer->attrs, "beta", 0.999f),
    .epsilon = atr__attrs_float(infer->attrs, "epsilon", 0),
    .norm = atr__attrs_float(infer->attrs, "norm_coefficient", 0),
    .decay =
        atr__attrs_float(infer->attrs, kind == ATR__ONNX_ADAM ? "norm_coefficient_post" : "decay_factor", 0),
  };
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = infer->in_shape[2 + i % tensors];
  }
  return ATR_OK;
}

static atr_status infer_adagrad(atr__infer *infer) {
  return fill(infer, ATR__ONNX_ADAGRAD, 1);
}
static atr_status infer_adam(atr__infer *infer) {
  return fill(infer, ATR__ONNX_ADAM, 2);
}
static atr_status infer_momentum(atr__infer *infer) {
  const char *mode = atr__attrs_string(infer->attrs, "mode", "");
  const int nesterov = !strcmp(mode, "nesterov");
  if (!nesterov && strcmp(mode, "standard"))
    return atr__fail(infer->error, ATR_E_PARAM, "%s: mode is \"%.40s\", must be standard or nesterov",
                     infer->op->name, mode);
  return fill(infer, nesterov ? ATR__ONNX_NESTEROV : ATR__ONNX_MOMENTUM, 1);
}

#define STEP(symbol, text)                                                                                   \
  const atr__op atr__op_onnx_##symbol = {                                                                    \
    .name = text,                                                                                            \
    .domain = "ai.onnx.preview.training",                                                                    \
    .stem = "optimizer_onnx",                                                                                \
    .since = 1,                                                                                              \
    .min_in = 5,                                                                                             \
    .max_in = -1,                                                                                            \
    .min_out = 1,                                                                                            \
    .max_out = -1,                                                                                           \
    .params_size = sizeof(atr__onnx_step_params),                                                            \
    .infer = infer_##symbol,                                                                                 \
    .differentiable = ATR__DIFF_NO,                                                                          \
    ATR__HOST(optimizer_onnx),                                                                               \
    ATR__CL(optimizer_onnx),                                                                                 \
  }

STEP(adagrad, "Adagrad");
STEP(adam, "Adam");
STEP(momentum, "Momentum");
