/* conv_grad.c: the three gradients of Conv as operators of their own, in org.atrous.
 *
 * ConvGradInput(dy, w, shape of x) -> dx: dx[i] sums w · dy over every (oc, o, k) with i = o·stride +
 * k·dilation - pad, in the order of oc, then o ascending. ConvGradFilter(x, dy, shape of w) -> dw: dw[k] sums
 * dy[o] · x[o·stride + k·dilation - pad] over images and positions. ConvGradBias(dy) -> db: sums dy over all
 * but channels. The first two take Conv's attributes; the shape is an int64 vector known when the plan is
 * made. */
#include "config.h"

#include <inttypes.h>

#include "op/conv.h"
#include "tensor/shape.h"

static atr_status shape_input(atr__infer *infer, size_t input, atr_shape *shape) {
  size_t n;
  atr_status status = atr__infer_ints(infer, input, shape->dim, ATR_RANK_MAX, &n);
  shape->rank = (int)n;
  return status;
}

static atr_status need_dy(atr__infer *infer, size_t input, const atr_shape *y) {
  if (atr__shape_equal(&infer->in_shape[input], y)) return ATR_OK;
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: dy has shape %s, but the convolution's output has %s",
                   infer->op->name, atr__shape_text(&infer->in_shape[input], a), atr__shape_text(y, b));
}

/* Inputs 0 and 1 are float32, input 2 is the output's shape. */
static atr_status infer_common(atr__infer *infer) {
  atr_status status = atr__infer_need_f32(infer, 0);
  if (!status) status = atr__infer_need_f32(infer, 1);
  if (!status) status = shape_input(infer, 2, &infer->out_shape[0]);
  infer->out_type[0] = ATR_F32;
  return status;
}

static atr_status infer_input(atr__infer *infer) {
  atr_shape y = { 0 };
  atr_status status = infer_common(infer);
  if (!status)
    status = atr__conv_geometry(infer, &infer->out_shape[0], &infer->in_shape[1], infer->params, &y);
  return status ? status : need_dy(infer, 0, &y);
}

static atr_status infer_filter(atr__infer *infer) {
  atr_shape y = { 0 };
  atr_status status = infer_common(infer);
  if (!status)
    status = atr__conv_geometry(infer, &infer->in_shape[0], &infer->out_shape[0], infer->params, &y);
  return status ? status : need_dy(infer, 1, &y);
}

static atr_status infer_bias(atr__infer *infer) {
  atr__conv_params *p = infer->params;
  atr_status status = atr__infer_need_f32(infer, 0);
  if (!status) status = atr__infer_need_rank(infer, 0, 3, 5);
  if (status) return status;
  const atr_shape *dy = &infer->in_shape[0];
  p->spatial = dy->rank - 2;
  p->n = dy->dim[0];
  p->oc = dy->dim[1];
  for (int i = 0; i < 3; i++) p->out[i] = i < 3 - p->spatial ? 1 : dy->dim[dy->rank - 3 + i];
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = (atr_shape){ 1, { p->oc } };
  return ATR_OK;
}

static int64_t flops_bias(const void *params, const atr_shape *in, const atr_shape *out) {
  (void)params, (void)out;
  return atr__shape_size(&in[0]);
}

const atr__op atr__op_conv_grad_input = {
  .name = "ConvGradInput",
  .domain = "org.atrous",
  .stem = "conv_grad",
  .since = 1,
  .min_in = 3,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__conv_params),
  .infer = infer_input,
  .differentiable = ATR__DIFF_NO,
  .flops = atr__conv_flops,
  ATR__HOST(conv_grad_input),
  ATR__CL(conv_grad_input),
};

const atr__op atr__op_conv_grad_filter = {
  .name = "ConvGradFilter",
  .domain = "org.atrous",
  .stem = "conv_grad",
  .since = 1,
  .min_in = 3,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__conv_params),
  .infer = infer_filter,
  .differentiable = ATR__DIFF_NO,
  .flops = atr__conv_flops,
  ATR__HOST(conv_grad_filter),
  ATR__CL(conv_grad_filter),
};

const atr__op atr__op_conv_grad_bias = {
  .name = "ConvGradBias",
  .domain = "org.atrous",
  .stem = "conv_grad",
  .since = 1,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__conv_params),
  .infer = infer_bias,
  .differentiable = ATR__DIFF_NO,
  .flops = flops_bias,
  ATR__HOST(conv_grad_bias),
  ATR__CL(conv_grad_bias),
};
