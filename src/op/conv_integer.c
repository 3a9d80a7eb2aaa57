/* conv_integer.c: ConvInteger and QLinearConv: convolution of 8-bit integers, added up in 32 bits.
 *
 * acc = bias + Σ (x - x zero point) · (w - w zero point), taps in the padding being 0, exact but for sums
 * beyond 32 bits, which wrap. QLinearConv: y = saturate(round(acc · (x scale · w scale / y scale)) + y zero
 * point), halves to even. The filter's scale and zero point may be one an output channel. No speed is sought
 * here. Sources: ONNX ConvInteger-10, QLinearConv-10; the geometry is Conv's. */
#include "config.h"

#include "op/conv_integer.h"

#include "op/quantize.h"
#include "tensor/shape.h"

enum { NONE = 64 };

static int has(const atr__infer *infer, size_t input) {
  return infer->n_in > input && infer->in_type[input] != ATR_TYPE_NONE;
}

/* One number, or one an output channel, which *each says. */
static atr_status one_or_each(atr__infer *infer, size_t input, int64_t channels, int *each) {
  const atr_shape *shape = &infer->in_shape[input];
  char text[ATR__SHAPE_TEXT];
  *each = shape->rank == 1 && shape->dim[0] == channels && channels != 1;
  if (*each || shape->rank == 0 || (shape->rank == 1 && shape->dim[0] == 1)) return ATR_OK;
  return atr__fail(
      infer->error, ATR_E_SHAPE,
      "%s: input %zu has shape %s, must be a scalar or one number for each of %lld output channels",
      infer->op->name, input, atr__shape_text(shape, text), (long long)channels);
}

static atr_status zero_points(atr__infer *infer) {
  atr__conv_integer_params *p = infer->params;
  atr_status status;
  if (has(infer, p->in.x_zero) &&
      ((status = atr__quantize_need_type(infer, p->in.x_zero, infer->in_type[p->in.x])) ||
       (status = atr__quantize_need_one(infer, p->in.x_zero))))
    return status;
  if (has(infer, p->in.w_zero) &&
      ((status = atr__quantize_need_type(infer, p->in.w_zero, infer->in_type[p->in.w])) ||
       (status = one_or_each(infer, p->in.w_zero, p->conv.oc, &p->w_zeros))))
    return status;
  return ATR_OK;
}

static atr_status fill(atr__infer *infer, const atr__conv_integer_inputs *in) {
  atr__conv_integer_params *p = infer->params;
  atr_status status = atr__quantize_need_byte(infer, in->x);
  p->in = *in;
  if (!status) status = atr__quantize_need_byte(infer, in->w);
  if (!status)
    status = atr__conv_geometry(infer, &infer->in_shape[in->x], &infer->in_shape[in->w], &p->conv,
                                &infer->out_shape[0]);
  return status ? status : zero_points(infer);
}

static atr_status infer_integer(atr__infer *infer) {
  static const atr__conv_integer_inputs in = { 0, NONE, 2, 1, NONE, 3, NONE, NONE, NONE };
  infer->out_type[0] = ATR_I32;
  return fill(infer, &in);
}

static atr_status infer_qlinear(atr__infer *infer) {
  static const atr__conv_integer_inputs in = { 0, 1, 2, 3, 4, 5, 6, 7, 8 };
  atr__conv_integer_params *p = infer->params;
  atr_status status = fill(infer, &in);
  for (size_t i = 1; i < 8 && !status; i += i == 1 ? 3 : 2) /* the three scales */
    status = atr__quantize_need_type(infer, i, ATR_F32);
  if (!status) status = atr__quantize_need_one(infer, in.x_scale);
  if (!status) status = atr__quantize_need_one(infer, in.y_scale);
  if (!status) status = atr__quantize_need_one(infer, in.y_zero);
  if (!status) status = atr__quantize_need_byte(infer, in.y_zero);
  if (!status) status = one_or_each(infer, in.w_scale, p->conv.oc, &p->w_scales);
  if (status) return status;
  infer->out_type[0] = infer->in_type[in.y_zero];
  if (!has(infer, in.bias)) return ATR_OK;
  const atr_shape *b = &infer->in_shape[in.bias];
  char text[ATR__SHAPE_TEXT];
  if (b->rank != 1 || b->dim[0] != p->conv.oc)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: the bias has shape %s, must be [%lld]", infer->op->name,
                     atr__shape_text(b, text), (long long)p->conv.oc);
  return atr__quantize_need_type(infer, in.bias, ATR_I32);
}

static int64_t flops(const void *params, const atr_shape *in, const atr_shape *out) {
  return atr__conv_flops(&((const atr__conv_integer_params *)params)->conv, in, out);
}

const atr__op atr__op_conv_integer = {
  .name = "ConvInteger",
  .domain = "",
  .stem = "conv_integer",
  .since = 10,
  .min_in = 2,
  .max_in = 4,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__conv_integer_params),
  .infer = infer_integer,
  .differentiable = ATR__DIFF_ZERO,
  .flops = flops,
  ATR__HOST(conv_integer),
  ATR__CL(conv_integer),
};

const atr__op atr__op_qlinear_conv = {
  .name = "QLinearConv",
  .domain = "",
  .stem = "conv_integer",
  .since = 10,
  .min_in = 8,
  .max_in = 9,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__conv_integer_params),
  .infer = infer_qlinear,
  .differentiable = ATR__DIFF_ZERO,
  .flops = flops,
  ATR__HOST(qlinear_conv),
  ATR__CL(qlinear_conv),
};
