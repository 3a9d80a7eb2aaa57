/* unary.c: elementwise functions of one input: activations, roundings, exponentials and trigonometry. y =
 * f(x); UnaryGrad (org.atrous) is dy · f'(x), computed from y where that is exact and cheaper, else from x.
 * At kinks it takes PyTorch's side: Relu's slope at 0 is 0. Source: the ONNX operators of the same names. */
#include "config.h"

#include "op/unary.h"

#include <math.h>
#include <string.h>

#include "op/axes.h"
#include "op/grad.h"
#include "tensor/element.h"
#include "tensor/shape.h"

typedef enum from { FROM_X, FROM_Y, FROM_NOWHERE } from;

static const struct {
  const char *name;
  from from; /* what UnaryGrad needs */
  const char *a_name, *b_name;
  float a, b; /* defaults */
  int integers, keeps_zero;
} table[ATR__UNARY_KINDS] = {
  [ATR__UNARY_RELU] = { "Relu", FROM_Y, NULL, NULL, 0, 0, 1, 1 },
  [ATR__UNARY_SIGMOID] = { "Sigmoid", FROM_Y, NULL, NULL, 0, 0, 0, 0 },
  [ATR__UNARY_TANH] = { "Tanh", FROM_Y, NULL, NULL, 0, 0, 0, 1 },
  [ATR__UNARY_EXP] = { "Exp", FROM_Y, NULL, NULL, 0, 0, 0, 0 },
  [ATR__UNARY_LOG] = { "Log", FROM_X, NULL, NULL, 0, 0, 0, 0 },
  [ATR__UNARY_SQRT] = { "Sqrt", FROM_Y, NULL, NULL, 0, 0, 0, 0 },
  [ATR__UNARY_NEG] = { "Neg", FROM_X, NULL, NULL, 0, 0, 1, 1 },
  [ATR__UNARY_ABS] = { "Abs", FROM_X, NULL, NULL, 0, 0, 1, 1 },
  [ATR__UNARY_RECIPROCAL] = { "Reciprocal", FROM_Y, NULL, NULL, 0, 0, 0, 0 },
  [ATR__UNARY_LEAKY_RELU] = { "LeakyRelu", FROM_X, "alpha", NULL, 0.01f, 0, 0, 1 },
  [ATR__UNARY_ELU] = { "Elu", FROM_X, "alpha", NULL, 1, 0, 0, 1 },
  [ATR__UNARY_SELU] = { "Selu", FROM_X, "alpha", "gamma", 1.67326319217681884765625f,
                        1.05070102214813232421875f, 0, 1 },
  [ATR__UNARY_CELU] = { "Celu", FROM_X, "alpha", NULL, 1, 0, 0, 1 },
  [ATR__UNARY_SOFTPLUS] = { "Softplus", FROM_X, NULL, NULL, 0, 0, 0, 0 },
  [ATR__UNARY_SOFTSIGN] = { "Softsign", FROM_X, NULL, NULL, 0, 0, 0, 1 },
  [ATR__UNARY_HARD_SIGMOID] = { "HardSigmoid", FROM_X, "alpha", "beta", 0.2f, 0.5f, 0, 0 },
  [ATR__UNARY_HARD_SWISH] = { "HardSwish", FROM_X, NULL, NULL, 0, 0, 0, 1 },
  [ATR__UNARY_THRESHOLDED_RELU] = { "ThresholdedRelu", FROM_X, "alpha", NULL, 1, 0, 0, 0 },
  [ATR__UNARY_CLIP] = { "Clip", FROM_X, NULL, NULL, 0, 0, 1, 0 },
  [ATR__UNARY_ERF] = { "Erf", FROM_X, NULL, NULL, 0, 0, 0, 1 },
  [ATR__UNARY_MISH] = { "Mish", FROM_X, NULL, NULL, 0, 0, 0, 1 },
  [ATR__UNARY_SIN] = { "Sin", FROM_X, NULL, NULL, 0, 0, 0, 1 },
  [ATR__UNARY_COS] = { "Cos", FROM_X, NULL, NULL, 0, 0, 0, 0 },
  [ATR__UNARY_TAN] = { "Tan", FROM_Y, NULL, NULL, 0, 0, 0, 1 },
  [ATR__UNARY_ASIN] = { "Asin", FROM_X, NULL, NULL, 0, 0, 0, 1 },
  [ATR__UNARY_ACOS] = { "Acos", FROM_X, NULL, NULL, 0, 0, 0, 0 },
  [ATR__UNARY_ATAN] = { "Atan", FROM_X, NULL, NULL, 0, 0, 0, 1 },
  [ATR__UNARY_SINH] = { "Sinh", FROM_X, NULL, NULL, 0, 0, 0, 1 },
  [ATR__UNARY_COSH] = { "Cosh", FROM_X, NULL, NULL, 0, 0, 0, 0 },
  [ATR__UNARY_ASINH] = { "Asinh", FROM_X, NULL, NULL, 0, 0, 0, 1 },
  [ATR__UNARY_ACOSH] = { "Acosh", FROM_X, NULL, NULL, 0, 0, 0, 0 },
  [ATR__UNARY_ATANH] = { "Atanh", FROM_X, NULL, NULL, 0, 0, 0, 1 },
  [ATR__UNARY_SIGN] = { "Sign", FROM_NOWHERE, NULL, NULL, 0, 0, 1, 1 },
  [ATR__UNARY_FLOOR] = { "Floor", FROM_NOWHERE, NULL, NULL, 0, 0, 0, 1 },
  [ATR__UNARY_CEIL] = { "Ceil", FROM_NOWHERE, NULL, NULL, 0, 0, 0, 1 },
  [ATR__UNARY_ROUND] = { "Round", FROM_NOWHERE, NULL, NULL, 0, 0, 0, 1 },
  [ATR__UNARY_GELU] = { "Gelu", FROM_X, NULL, NULL, 0, 0, 0, 1 },
  [ATR__UNARY_GELU_TANH] = { "GeluTanh", FROM_X, NULL, NULL, 0, 0, 0, 1 },
  [ATR__UNARY_SHRINK] = { "Shrink", FROM_X, "lambd", "bias", 0.5f, 0, 0, 0 },
  [ATR__UNARY_SWISH] = { "Swish", FROM_X, "alpha", NULL, 1, 0, 0, 1 },
  [ATR__UNARY_BITWISE_NOT] = { "BitwiseNot", FROM_NOWHERE, NULL, NULL, 0, 0, 1, 0 },
};

const char *const atr__unary_suffix[ATR__UNARY_KINDS] = {
  "_relu",  "_sigmoid",   "_tanh",       "_exp",          "_log",        "_sqrt",
  "_neg",   "_abs",       "_reciprocal", "_leaky_relu",   "_elu",        "_selu",
  "_celu",  "_softplus",  "_softsign",   "_hard_sigmoid", "_hard_swish", "_thresholded_relu",
  "_clip",  "_erf",       "_mish",       "_sin",          "_cos",        "_tan",
  "_asin",  "_acos",      "_atan",       "_sinh",         "_cosh",       "_asinh",
  "_acosh", "_atanh",     "_sign",       "_floor",        "_ceil",       "_round",
  "_gelu",  "_gelu_tanh", "_shrink",     "_swish",        "_bitwise_not"
};

int atr__unary_keeps_zero(const atr__unary_params *p) {
  return table[p->kind].keeps_zero;
}

/* A bound of Clip: a scalar known when the plan is made. */
static atr_status bound(atr__infer *infer, size_t input, double *value, int64_t *whole) {
  if (!atr__infer_has(infer, input)) return ATR_OK;
  const atr__blob *blob = atr__infer_known(infer, input, NULL);
  if (!blob) return ATR_E_UNSUPPORTED;
  if (blob->count != 1) {
    char text[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "Clip: input %zu has shape %s, must be one number", input,
                     atr__shape_text(&blob->shape, text));
  }
  *value = atr__blob_real(blob, 0);
  *whole = atr__blob_int(blob, 0);
  return ATR_OK;
}

static atr_status infer(atr__infer *infer, atr__unary_kind kind) {
  atr__unary_params *p = infer->params;
  p->kind = kind;
  const atr_type type = infer->in_type[0];
  if (kind == ATR__UNARY_BITWISE_NOT && !atr__type_integer(type))
    return atr__fail(infer->error, ATR_E_SHAPE, "BitwiseNot: the input is %s, must be an integer",
                     atr_type_name(type));
  if (!table[kind].integers || !atr__type_integer(type)) {
    atr_status status = atr__infer_need_f32(infer, 0);
    if (status) return status;
  }
  if (table[kind].a_name) p->a = (double)atr__attrs_float(infer->attrs, table[kind].a_name, table[kind].a);
  if (table[kind].b_name) p->b = (double)atr__attrs_float(infer->attrs, table[kind].b_name, table[kind].b);
  if (kind == ATR__UNARY_CELU && p->a == 0) return atr__fail(infer->error, ATR_E_PARAM, "Celu: alpha is 0");
  if (kind == ATR__UNARY_CLIP) {
    p->a = -HUGE_VAL;
    p->b = HUGE_VAL;
    p->least = atr__type_unsigned(type) ? 0 : INT64_MIN;
    p->most = type == ATR_U64 ? -1 : INT64_MAX;
    atr_status status = bound(infer, 1, &p->a, &p->least);
    if (!status) status = bound(infer, 2, &p->b, &p->most);
    if (status) return status;
  }
  return atr__infer_same(infer);
}

static atr_status infer_gelu(atr__infer *i) {
  const char *approximate = atr__attrs_string(i->attrs, "approximate", "none");
  const int is_tanh = !strcmp(approximate, "tanh");
  if (!is_tanh && strcmp(approximate, "none"))
    return atr__fail(i->error, ATR_E_PARAM, "Gelu: approximate is \"%s\", must be none or tanh", approximate);
  return infer(i, is_tanh ? ATR__UNARY_GELU_TANH : ATR__UNARY_GELU);
}

/* UnaryGrad(dy, x or y) with attributes function, a, b. */
static atr_status infer_grad(atr__infer *infer) {
  atr__unary_params *p = infer->params;
  const char *name = atr__attrs_string(infer->attrs, "function", "");
  int k = 0;
  while (k < ATR__UNARY_KINDS && strcmp(name, table[k].name)) k++;
  if (k == ATR__UNARY_KINDS || table[k].from == FROM_NOWHERE)
    return atr__fail(infer->error, ATR_E_PARAM, "UnaryGrad: there is no function \"%s\"", name);
  p->kind = (atr__unary_kind)k;
  p->a = (double)atr__attrs_float(infer->attrs, "a", 0);
  p->b = (double)atr__attrs_float(infer->attrs, "b", 0);
  for (size_t i = 0; i < 2; i++) {
    atr_status status = atr__infer_need_f32(infer, i);
    if (status) return status;
  }
  if (!atr__shape_equal(&infer->in_shape[0], &infer->in_shape[1])) {
    char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "UnaryGrad: inputs have shapes %s and %s, must agree",
                     atr__shape_text(&infer->in_shape[0], a), atr__shape_text(&infer->in_shape[1], b));
  }
  return atr__infer_same(infer);
}

static atr_status gradient(atr__grad *grad) {
  const atr__unary_params *p = atr__grad_params(grad);
  const int dy = atr__grad_dy(grad, 0);
  if (!dy || !atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  if (p->kind == ATR__UNARY_NEG) {
    atr__grad_set(grad, 0, atr__grad_node(grad, "", "Neg", &dy, 1, NULL, 1));
    return atr__grad_status(grad);
  }
  const int in[2] = { dy, table[p->kind].from == FROM_Y ? atr__grad_out(grad, 0) : atr__grad_in(grad, 0) };
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_set_string(&attrs, "function", table[p->kind].name);
  if (!status && p->a != 0) status = atr__attrs_set_float(&attrs, "a", (float)p->a);
  if (!status && p->b != 0) status = atr__attrs_set_float(&attrs, "b", (float)p->b);
  if (!status) atr__grad_set(grad, 0, atr__grad_node(grad, "org.atrous", "UnaryGrad", in, 2, &attrs, 1));
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(grad);
}

#define DESCRIPTOR(symbol, onnx, opset, most_in, diff, gradient_function)                                    \
  const atr__op atr__op_##symbol = {                                                                         \
    .name = onnx,                                                                                            \
    .domain = "",                                                                                            \
    .stem = "unary",                                                                                         \
    .since = opset,                                                                                          \
    .min_in = 1,                                                                                             \
    .max_in = most_in,                                                                                       \
    .min_out = 1,                                                                                            \
    .max_out = 1,                                                                                            \
    .params_size = sizeof(atr__unary_params),                                                                \
    .infer = infer_##symbol,                                                                                 \
    .differentiable = diff,                                                                                  \
    .gradient = gradient_function,                                                                           \
    .inplace = 1,                                                                                            \
    ATR__HOST(unary),                                                                                        \
    ATR__CL(unary),                                                                                          \
  }
#define UNARY(symbol, onnx, kind, opset, most_in, diff, gradient_function)                                   \
  static atr_status infer_##symbol(atr__infer *i) {                                                          \
    return infer(i, kind);                                                                                   \
  }                                                                                                          \
  DESCRIPTOR(symbol, onnx, opset, most_in, diff, gradient_function)
#define SMOOTH(symbol, onnx, kind, opset) UNARY(symbol, onnx, kind, opset, 1, ATR__DIFF_YES, gradient)
#define STEPPED(symbol, onnx, kind, opset) UNARY(symbol, onnx, kind, opset, 1, ATR__DIFF_ZERO, NULL)
SMOOTH(relu, "Relu", ATR__UNARY_RELU, 14);
SMOOTH(sigmoid, "Sigmoid", ATR__UNARY_SIGMOID, 13);
SMOOTH(tanh, "Tanh", ATR__UNARY_TANH, 13);
SMOOTH(exp, "Exp", ATR__UNARY_EXP, 13);
SMOOTH(log, "Log", ATR__UNARY_LOG, 13);
SMOOTH(sqrt, "Sqrt", ATR__UNARY_SQRT, 13);
SMOOTH(neg, "Neg", ATR__UNARY_NEG, 13);
SMOOTH(abs, "Abs", ATR__UNARY_ABS, 13);
SMOOTH(reciprocal, "Reciprocal", ATR__UNARY_RECIPROCAL, 13);
SMOOTH(leaky_relu, "LeakyRelu", ATR__UNARY_LEAKY_RELU, 16);
SMOOTH(elu, "Elu", ATR__UNARY_ELU, 6);
SMOOTH(selu, "Selu", ATR__UNARY_SELU, 6);
SMOOTH(celu, "Celu", ATR__UNARY_CELU, 12);
SMOOTH(softplus, "Softplus", ATR__UNARY_SOFTPLUS, 1);
SMOOTH(softsign, "Softsign", ATR__UNARY_SOFTSIGN, 1);
SMOOTH(hard_sigmoid, "HardSigmoid", ATR__UNARY_HARD_SIGMOID, 6);
SMOOTH(hard_swish, "HardSwish", ATR__UNARY_HARD_SWISH, 14);
SMOOTH(thresholded_relu, "ThresholdedRelu", ATR__UNARY_THRESHOLDED_RELU, 10);
UNARY(clip, "Clip", ATR__UNARY_CLIP, 13, 3, ATR__DIFF_YES, gradient);
SMOOTH(erf, "Erf", ATR__UNARY_ERF, 13);
SMOOTH(mish, "Mish", ATR__UNARY_MISH, 18);
SMOOTH(sin, "Sin", ATR__UNARY_SIN, 7);
SMOOTH(cos, "Cos", ATR__UNARY_COS, 7);
SMOOTH(tan, "Tan", ATR__UNARY_TAN, 7);
SMOOTH(asin, "Asin", ATR__UNARY_ASIN, 7);
SMOOTH(acos, "Acos", ATR__UNARY_ACOS, 7);
SMOOTH(atan, "Atan", ATR__UNARY_ATAN, 7);
SMOOTH(sinh, "Sinh", ATR__UNARY_SINH, 9);
SMOOTH(cosh, "Cosh", ATR__UNARY_COSH, 9);
SMOOTH(asinh, "Asinh", ATR__UNARY_ASINH, 9);
SMOOTH(acosh, "Acosh", ATR__UNARY_ACOSH, 9);
SMOOTH(atanh, "Atanh", ATR__UNARY_ATANH, 9);
DESCRIPTOR(gelu, "Gelu", 20, 1, ATR__DIFF_YES, gradient);
SMOOTH(shrink, "Shrink", ATR__UNARY_SHRINK, 9);
SMOOTH(swish, "Swish", ATR__UNARY_SWISH, 24);
STEPPED(sign, "Sign", ATR__UNARY_SIGN, 13);
STEPPED(floor, "Floor", ATR__UNARY_FLOOR, 13);
STEPPED(ceil, "Ceil", ATR__UNARY_CEIL, 13);
STEPPED(round, "Round", ATR__UNARY_ROUND, 11);
STEPPED(bitwise_not, "BitwiseNot", ATR__UNARY_BITWISE_NOT, 18);

const atr__op atr__op_unary_grad = {
  .name = "UnaryGrad",
  .domain = "org.atrous",
  .stem = "unary",
  .since = 1,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__unary_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  .inplace = 3,
  ATR__HOST(unary_grad),
  ATR__CL(unary_grad),
};
