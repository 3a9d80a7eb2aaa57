/* compare.c: questions whose answer is a bool: Equal, Less, LessOrEqual, Greater, GreaterOrEqual, And, Or,
 * Xor of two broadcast operands; Not, IsNaN and IsInf of one. No gradient passes. Source: the ONNX operators
 * of the same names. */
#include "config.h"

#include "op/compare.h"

#include "op/axes.h"
#include "tensor/element.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer, atr__compare_kind kind) {
  const atr_type type = infer->in_type[0];
  const int logic = kind >= ATR__COMPARE_AND && kind <= ATR__COMPARE_NOT;
  const int number = type == ATR_F32 || atr__type_integer(type);
  ((atr__compare_params *)infer->params)->kind = kind;
  if (kind >= ATR__COMPARE_IS_NAN  ? type != ATR_F32
      : kind == ATR__COMPARE_EQUAL ? !number && type != ATR_BOOL
      : logic                      ? type != ATR_BOOL
                                   : !number)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: input 0 is %s, which is not supported",
                     infer->op->name, atr_type_name(type));
  infer->out_type[0] = ATR_BOOL;
  infer->out_shape[0] = infer->in_shape[0];
  if (infer->n_in < 2) return ATR_OK;
  atr_status status = atr__infer_same_type(infer, 0, 1);
  if (!status)
    status =
        atr__shape_broadcast(&infer->in_shape[0], &infer->in_shape[1], infer->error, &infer->out_shape[0]);
  return status ? atr__fail_in(infer->error, status, "%s", infer->op->name) : ATR_OK;
}

static atr_status infer_is_inf(atr__infer *i) {
  const int positive = atr__attrs_int(i->attrs, "detect_positive", 1) != 0,
            negative = atr__attrs_int(i->attrs, "detect_negative", 1) != 0;
  return infer(i, positive && negative ? ATR__COMPARE_IS_INF
                  : positive           ? ATR__COMPARE_IS_INF_POSITIVE
                  : negative           ? ATR__COMPARE_IS_INF_NEGATIVE
                                       : ATR__COMPARE_IS_INF_NEVER);
}

#define DESCRIPTOR(symbol, onnx, opset, operands)                                                            \
  const atr__op atr__op_##symbol = {                                                                         \
    .name = onnx,                                                                                            \
    .domain = "",                                                                                            \
    .stem = "compare",                                                                                       \
    .since = opset,                                                                                          \
    .min_in = operands,                                                                                      \
    .max_in = operands,                                                                                      \
    .min_out = 1,                                                                                            \
    .max_out = 1,                                                                                            \
    .params_size = sizeof(atr__compare_params),                                                              \
    .infer = infer_##symbol,                                                                                 \
    .differentiable = ATR__DIFF_ZERO,                                                                        \
    ATR__HOST(compare),                                                                                      \
    ATR__CL(compare),                                                                                        \
  }
#define COMPARE(symbol, onnx, kind, opset, operands)                                                         \
  static atr_status infer_##symbol(atr__infer *i) {                                                          \
    return infer(i, kind);                                                                                   \
  }                                                                                                          \
  DESCRIPTOR(symbol, onnx, opset, operands)
COMPARE(equal, "Equal", ATR__COMPARE_EQUAL, 13, 2);
COMPARE(less, "Less", ATR__COMPARE_LESS, 13, 2);
COMPARE(less_or_equal, "LessOrEqual", ATR__COMPARE_LESS_OR_EQUAL, 16, 2);
COMPARE(greater, "Greater", ATR__COMPARE_GREATER, 13, 2);
COMPARE(greater_or_equal, "GreaterOrEqual", ATR__COMPARE_GREATER_OR_EQUAL, 16, 2);
COMPARE(and, "And", ATR__COMPARE_AND, 7, 2);
COMPARE(or, "Or", ATR__COMPARE_OR, 7, 2);
COMPARE(xor, "Xor", ATR__COMPARE_XOR, 7, 2);
COMPARE(not, "Not", ATR__COMPARE_NOT, 1, 1);
COMPARE(is_nan, "IsNaN", ATR__COMPARE_IS_NAN, 13, 1);
DESCRIPTOR(is_inf, "IsInf", 10, 1);
