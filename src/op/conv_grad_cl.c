/* conv_grad_cl.c: launches of the gradients of convolution. Rows best first; the last runs on any device. */
#include "op/conv_direct.h"
#include "op/conv_grad_filter.h"
#include "op/conv_grad_input.h"
#include "op/conv_pointwise.h"

#include "tensor/shape.h"

static int64_t common_divisor(int64_t a, int64_t b) {
  while (b) {
    const int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

void atr__conv_push_input(atr__cl_emit *e, const atr__cl_query *q, int transposed) {
  const atr__conv_params *p = q->params;
  atr__conv_push(e, p, atr__shape_size(&q->out[0].shape));
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_out(e, 0);
  for (int k = 0; k < 3; k++) atr__cl_int(e, p->stride[k] / common_divisor(p->stride[k], p->dilation[k]));
  atr__conv_push_epilogue(e, transposed ? p : NULL);
}

static void emit_input_baseline(atr__cl_emit *e, const atr__cl_query *q) {
  atr__cl_kernel(e, "conv_grad.cl", "conv_bwd_x_f32_baseline", "", "");
  atr__conv_push_input(e, q, 0);
  atr__cl_items(e, atr__shape_size(&q->out[0].shape));
}

static void emit_filter_baseline(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  atr__cl_kernel(e, "conv_grad.cl", "conv_bwd_w_f32_baseline", "", "");
  atr__conv_push(e, p, count);
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_out(e, 0);
  atr__cl_int(e, p->n);
  atr__cl_items(e, count);
}

static void emit_bias_baseline(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  atr__cl_kernel(e, "conv_grad.cl", "conv_bwd_b_f32_baseline", "", "");
  atr__cl_int(e, p->oc);
  atr__cl_int(e, p->n);
  atr__cl_int(e, p->out[0] * p->out[1] * p->out[2]);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_items(e, p->oc);
}

const atr__cl_row atr__conv_grad_input_cl[] = {
  ATR__CONV_POINTWISE_ROWS(atr__conv_one_tap_grad, "conv_pointwise_turned"),
  ATR__CONV_GRAD_INPUT_LANES_ROWS(atr__conv_grad_input_lanes),
  ATR__CONV_DIRECT_ROWS(atr__conv_direct_grad, "conv_direct_plain_turned"),
  { .algorithm = "baseline", .emit = emit_input_baseline },
  { .algorithm = NULL },
};
const atr__cl_row atr__conv_grad_filter_cl[] = {
  ATR__CONV_GRAD_FILTER_LANES_ROW,
  ATR__CONV_GRAD_FILTER_ROW,
  { .algorithm = "baseline", .emit = emit_filter_baseline },
  { .algorithm = NULL },
};
const atr__cl_row atr__conv_grad_bias_cl[] = {
  ATR__CONV_GRAD_BIAS_ROW,
  { .algorithm = "baseline", .emit = emit_bias_baseline },
  { .algorithm = NULL },
};
