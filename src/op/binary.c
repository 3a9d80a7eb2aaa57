/* binary.c: elementwise functions of two operands with multidirectional broadcasting: Add, Sub, Mul, Div,
 * Pow, Mod, Max, Min, PRelu, BitwiseAnd, BitwiseOr, BitwiseXor, BitShift (by as many bits as there are or
 * more gives 0), and Sum and Mean, which like Max and Min take any number of operands and fold them from the
 * left. Integer division truncates and by zero gives 0, as does the remainder; integer arithmetic wraps.
 * Pow's exponent may be of another type than its base, whose type the result has. Gradients are those of
 * PyTorch: where Max or Min has equal operands each gets half. BinaryGrad (org.atrous) has the derivatives
 * that are no plain arithmetic, in the broadcast shape. Source: the ONNX operators of the same names. */
#include "config.h"

#include "op/binary.h"

#include <string.h>

#include "base/alloc.h"
#include "op/axes.h"
#include "op/grad.h"
#include "tensor/element.h"
#include "tensor/shape.h"

static int number(atr_type type) {
  return type == ATR_F32 || atr__type_integer(type);
}

static atr_status infer(atr__infer *infer, atr__binary_kind kind) {
  const atr_type type = infer->in_type[0];
  ((atr__binary_params *)infer->params)->kind = kind;
  if (!number(type))
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: input 0 is %s; float32 and integers are supported",
                     infer->op->name, atr_type_name(type));
  atr_shape shape = infer->in_shape[0];
  for (size_t i = 1; i < infer->n_in; i++) {
    atr_status status =
        kind == ATR__BINARY_POW && number(infer->in_type[1]) ? ATR_OK : atr__infer_same_type(infer, 0, i);
    if (!status) status = atr__shape_broadcast(&shape, &infer->in_shape[i], infer->error, &shape);
    if (status) return atr__fail_in(infer->error, status, "%s", infer->op->name);
  }
  infer->out_type[0] = type;
  infer->out_shape[0] = shape;
  return ATR_OK;
}

static atr_status infer_add(atr__infer *i) {
  return infer(i, ATR__BINARY_ADD);
}
static atr_status infer_sub(atr__infer *i) {
  return infer(i, ATR__BINARY_SUB);
}
static atr_status infer_mul(atr__infer *i) {
  return infer(i, ATR__BINARY_MUL);
}
static atr_status infer_div(atr__infer *i) {
  return infer(i, ATR__BINARY_DIV);
}
static atr_status infer_pow(atr__infer *i) {
  return infer(i, ATR__BINARY_POW);
}
static atr_status infer_max(atr__infer *i) {
  return infer(i, ATR__BINARY_MAX);
}
static atr_status infer_min(atr__infer *i) {
  return infer(i, ATR__BINARY_MIN);
}
static atr_status infer_mean(atr__infer *i) {
  atr_status status = atr__infer_need_f32(i, 0);
  if (!status) status = infer(i, ATR__BINARY_MEAN);
  ((atr__binary_params *)i->params)->count = (int)i->n_in;
  return status;
}
static atr_status infer_mod(atr__infer *i) {
  const int like_c = atr__attrs_int(i->attrs, "fmod", 0) != 0;
  if (!like_c && i->in_type[0] == ATR_F32)
    return atr__fail(i->error, ATR_E_PARAM, "Mod: floats have a remainder with fmod = 1 only");
  return infer(i, like_c ? ATR__BINARY_FMOD : ATR__BINARY_MOD);
}
static atr_status infer_prelu(atr__infer *i) {
  atr_status status = infer(i, ATR__BINARY_PRELU);
  if (status || atr__shape_equal(&i->out_shape[0], &i->in_shape[0])) return status;
  char x[ATR__SHAPE_TEXT], slope[ATR__SHAPE_TEXT];
  return atr__fail(i->error, ATR_E_SHAPE, "PRelu: slope %s cannot be broadcast to the input %s",
                   atr__shape_text(&i->in_shape[1], slope), atr__shape_text(&i->in_shape[0], x));
}

static atr_status infer_bits(atr__infer *i, atr__binary_kind kind, int is_unsigned) {
  const atr_type type = i->in_type[0];
  if (atr__type_integer(type) && (!is_unsigned || atr__type_unsigned(type))) return infer(i, kind);
  return atr__fail(i->error, ATR_E_SHAPE, "%s: input 0 is %s, must be %s", i->op->name, atr_type_name(type),
                   is_unsigned ? "an unsigned integer" : "an integer");
}
static atr_status infer_bitwise_and(atr__infer *i) {
  return infer_bits(i, ATR__BINARY_BIT_AND, 0);
}
static atr_status infer_bitwise_or(atr__infer *i) {
  return infer_bits(i, ATR__BINARY_BIT_OR, 0);
}
static atr_status infer_bitwise_xor(atr__infer *i) {
  return infer_bits(i, ATR__BINARY_BIT_XOR, 0);
}
static atr_status infer_bit_shift(atr__infer *i) {
  const char *direction = atr__attrs_string(i->attrs, "direction", "");
  const int left = !strcmp(direction, "LEFT");
  if (!left && strcmp(direction, "RIGHT"))
    return atr__fail(i->error, ATR_E_PARAM, "BitShift: direction is \"%.40s\", must be LEFT or RIGHT",
                     direction);
  return infer_bits(i, left ? ATR__BINARY_SHIFT_LEFT : ATR__BINARY_SHIFT_RIGHT, 1);
}

/* The functions BinaryGrad knows. */
static const struct {
  const char *name;
  atr__binary_kind kind;
} derivative[] = {
  { "Pow", ATR__BINARY_POW },     { "Max", ATR__BINARY_MAX },   { "Min", ATR__BINARY_MIN },
  { "PRelu", ATR__BINARY_PRELU }, { "Fmod", ATR__BINARY_FMOD }, /* by its second operand; by the first it is 1
                                                                 */
};

/* BinaryGrad(dy, a, b) with attributes function and side. */
static atr_status infer_grad(atr__infer *infer) {
  atr__binary_params *p = infer->params;
  const char *name = atr__attrs_string(infer->attrs, "function", "");
  size_t k = 0;
  while (k < sizeof derivative / sizeof *derivative && strcmp(name, derivative[k].name)) k++;
  if (k == sizeof derivative / sizeof *derivative)
    return atr__fail(infer->error, ATR_E_PARAM, "BinaryGrad: there is no function \"%s\"", name);
  p->kind = derivative[k].kind;
  p->side = atr__attrs_int(infer->attrs, "side", 0) != 0;
  atr_shape shape = infer->in_shape[0];
  for (size_t i = 0; i < 3; i++) {
    atr_status status = atr__infer_need_f32(infer, i);
    if (!status) status = atr__shape_broadcast(&shape, &infer->in_shape[i], infer->error, &shape);
    if (status) return atr__fail_in(infer->error, status, "BinaryGrad");
  }
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = shape;
  return ATR_OK;
}

static int node2(atr__grad *grad, const char *op, int a, int b) {
  const int in[2] = { a, b };
  return atr__grad_node(grad, "", op, in, 2, NULL, 1);
}

static void give(atr__grad *grad, size_t input, int value) {
  atr__grad_set(grad, input, atr__grad_unbroadcast(grad, value, atr__grad_in(grad, input)));
}

/* Add and Sum. */
static atr_status gradient_add(atr__grad *grad) {
  const int dy = atr__grad_dy(grad, 0);
  for (size_t i = 0; dy && i < atr__grad_inputs(grad); i++)
    if (atr__grad_wanted(grad, i)) give(grad, i, dy);
  return atr__grad_status(grad);
}

static atr_status gradient_sub(atr__grad *grad) {
  const int dy = atr__grad_dy(grad, 0);
  if (!dy) return atr__grad_status(grad);
  if (atr__grad_wanted(grad, 0)) give(grad, 0, dy);
  if (atr__grad_wanted(grad, 1)) {
    const int sum = atr__grad_unbroadcast(grad, dy, atr__grad_in(grad, 1));
    atr__grad_set(grad, 1, atr__grad_node(grad, "", "Neg", &sum, 1, NULL, 1));
  }
  return atr__grad_status(grad);
}

static atr_status gradient_mul(atr__grad *grad) {
  const int dy = atr__grad_dy(grad, 0);
  for (size_t i = 0; dy && i < 2; i++)
    if (atr__grad_wanted(grad, i)) give(grad, i, node2(grad, "Mul", dy, atr__grad_in(grad, 1 - i)));
  return atr__grad_status(grad);
}

/* y = a / b: da = dy / b, db = -da · y. */
static atr_status gradient_div(atr__grad *grad) {
  const int dy = atr__grad_dy(grad, 0);
  if (!dy) return atr__grad_status(grad);
  const int da = node2(grad, "Div", dy, atr__grad_in(grad, 1));
  if (atr__grad_wanted(grad, 0)) give(grad, 0, da);
  if (atr__grad_wanted(grad, 1)) {
    const int sum =
        atr__grad_unbroadcast(grad, node2(grad, "Mul", da, atr__grad_out(grad, 0)), atr__grad_in(grad, 1));
    atr__grad_set(grad, 1, atr__grad_node(grad, "", "Neg", &sum, 1, NULL, 1));
  }
  return atr__grad_status(grad);
}

static atr_status derive(atr__grad *grad, const char *function, int side, int dy, int a, int b, int *value) {
  const int in[3] = { dy, a, b };
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_set_string(&attrs, "function", function);
  if (!status) status = atr__attrs_set_int(&attrs, "side", side);
  if (!status) *value = atr__grad_node(grad, "org.atrous", "BinaryGrad", in, 3, &attrs, 1);
  atr__attrs_free(&attrs);
  return status;
}

static atr_status gradient_two(atr__grad *grad, const char *function) {
  const int dy = atr__grad_dy(grad, 0), a = atr__grad_in(grad, 0), b = atr__grad_in(grad, 1);
  for (int side = 0; dy && side < 2; side++) {
    int value = 0;
    if (!atr__grad_wanted(grad, (size_t)side)) continue;
    atr_status status = derive(grad, function, side, dy, a, b, &value);
    if (status) return status;
    give(grad, (size_t)side, value);
  }
  return atr__grad_status(grad);
}
static atr_status gradient_pow(atr__grad *grad) {
  return gradient_two(grad, "Pow");
}
/* y = a - b · trunc(a / b). */
static atr_status gradient_mod(atr__grad *grad) {
  const int dy = atr__grad_dy(grad, 0);
  int db = 0;
  if (!dy) return atr__grad_status(grad);
  if (atr__grad_wanted(grad, 0)) give(grad, 0, dy);
  if (!atr__grad_wanted(grad, 1)) return atr__grad_status(grad);
  const atr_status status = derive(grad, "Fmod", 1, dy, atr__grad_in(grad, 0), atr__grad_in(grad, 1), &db);
  if (status) return status;
  give(grad, 1, db);
  return atr__grad_status(grad);
}
static atr_status gradient_mean(atr__grad *grad) {
  int dy = atr__grad_dy(grad, 0);
  const size_t n = atr__grad_inputs(grad);
  if (!dy) return atr__grad_status(grad);
  if (n > 1) dy = node2(grad, "Mul", dy, atr__grad_real(grad, 1.0f / (float)n));
  for (size_t i = 0; i < n; i++)
    if (atr__grad_wanted(grad, i)) give(grad, i, dy);
  return atr__grad_status(grad);
}
static atr_status gradient_prelu(atr__grad *grad) {
  return gradient_two(grad, "PRelu");
}

/* Max or Min of any number of operands: fold[i] is the result of the first i + 1; the gradient goes back
 * through the folds. */
static atr_status gradient_fold(atr__grad *grad, const char *function) {
  const size_t n = atr__grad_inputs(grad);
  int dy = atr__grad_dy(grad, 0);
  if (!dy) return atr__grad_status(grad);
  int *fold = atr__calloc(n, sizeof *fold);
  if (!fold) return ATR_E_NOMEM;
  atr_status status = ATR_OK;
  fold[0] = atr__grad_in(grad, 0);
  for (size_t i = 1; i + 1 < n; i++) fold[i] = node2(grad, function, fold[i - 1], atr__grad_in(grad, i));
  for (size_t i = n - 1; i > 0 && !status; i--) {
    int value = 0;
    const int in = atr__grad_in(grad, i);
    if (atr__grad_wanted(grad, i)) {
      status = derive(grad, function, 1, dy, fold[i - 1], in, &value);
      if (!status) give(grad, i, value);
    }
    if (!status) status = derive(grad, function, 0, dy, fold[i - 1], in, &value);
    if (!status) dy = atr__grad_unbroadcast(grad, value, fold[i - 1]);
  }
  atr__free(fold);
  if (!status && atr__grad_wanted(grad, 0)) atr__grad_set(grad, 0, dy);
  return status ? status : atr__grad_status(grad);
}
static atr_status gradient_max(atr__grad *grad) {
  return gradient_fold(grad, "Max");
}
static atr_status gradient_min(atr__grad *grad) {
  return gradient_fold(grad, "Min");
}

/* Integers pass no gradient. */
static atr_status gradient_none(atr__grad *grad) {
  return atr__grad_status(grad);
}

#define BINARY(symbol, onnx, opset, least_in, most_in, infer_function, gradient_function)                    \
  const atr__op atr__op_##symbol = {                                                                         \
    .name = onnx,                                                                                            \
    .domain = "",                                                                                            \
    .stem = "binary",                                                                                        \
    .since = opset,                                                                                          \
    .min_in = least_in,                                                                                      \
    .max_in = most_in,                                                                                       \
    .min_out = 1,                                                                                            \
    .max_out = 1,                                                                                            \
    .params_size = sizeof(atr__binary_params),                                                               \
    .infer = infer_function,                                                                                 \
    .differentiable = ATR__DIFF_YES,                                                                         \
    .gradient = gradient_function,                                                                           \
    .inplace = 3,                                                                                            \
    ATR__HOST(binary),                                                                                       \
    ATR__CL(binary),                                                                                         \
  }
BINARY(add, "Add", 14, 2, 2, infer_add, gradient_add);
BINARY(sub, "Sub", 14, 2, 2, infer_sub, gradient_sub);
BINARY(mul, "Mul", 14, 2, 2, infer_mul, gradient_mul);
BINARY(div, "Div", 14, 2, 2, infer_div, gradient_div);
BINARY(pow, "Pow", 15, 2, 2, infer_pow, gradient_pow);
BINARY(max, "Max", 13, 1, -1, infer_max, gradient_max);
BINARY(min, "Min", 13, 1, -1, infer_min, gradient_min);
BINARY(sum, "Sum", 13, 1, -1, infer_add, gradient_add);
BINARY(mean, "Mean", 13, 1, -1, infer_mean, gradient_mean);
BINARY(mod, "Mod", 13, 2, 2, infer_mod, gradient_mod);
BINARY(prelu, "PRelu", 16, 2, 2, infer_prelu, gradient_prelu);
BINARY(bitwise_and, "BitwiseAnd", 18, 2, 2, infer_bitwise_and, gradient_none);
BINARY(bitwise_or, "BitwiseOr", 18, 2, 2, infer_bitwise_or, gradient_none);
BINARY(bitwise_xor, "BitwiseXor", 18, 2, 2, infer_bitwise_xor, gradient_none);
BINARY(bit_shift, "BitShift", 11, 2, 2, infer_bit_shift, gradient_none);

const atr__op atr__op_binary_grad = {
  .name = "BinaryGrad",
  .domain = "org.atrous",
  .stem = "binary",
  .since = 1,
  .min_in = 3,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__binary_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(binary_grad),
  ATR__CL(binary_grad),
};
