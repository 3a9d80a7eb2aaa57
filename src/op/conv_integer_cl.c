/* conv_integer_cl.c: launches of kernels/conv_integer.cl. */
#include <stdio.h>

#include "op/conv_integer.h"
#include "op/quantize.h"
#include "tensor/shape.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_integer_params *p = q->params;
  const atr__conv_integer_inputs *in = &p->in;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  const char *x = atr__quantize_cl_type(q->in[in->x].type), *w = atr__quantize_cl_type(q->in[in->w].type);
  const char *y = atr__quantize_cl_type(q->out[0].type);
  char suffix[40], defines[96];
  if (!count) return;
  snprintf(suffix, sizeof suffix, "_%s_%s_%s", x, w, y);
  snprintf(defines, sizeof defines, "CONV_X=%s CONV_W=%s CONV_Y=%s CONV_SCALED=%d", x, w, y,
           q->out[0].type != ATR_I32);
  atr__cl_kernel(e, "conv_integer.cl", "conv_integer_fwd_baseline", suffix, defines);
  atr__conv_push(e, &p->conv, count);
  atr__cl_in(e, in->x);
  atr__cl_in(e, in->w);
  atr__cl_out(e, 0);
  atr__cl_in(e, in->x_zero);
  atr__cl_in(e, in->w_zero);
  atr__cl_int(e, p->w_zeros);
  atr__cl_in(e, in->bias);
  atr__cl_in(e, in->x_scale);
  atr__cl_in(e, in->w_scale);
  atr__cl_int(e, p->w_scales);
  atr__cl_in(e, in->y_scale);
  atr__cl_in(e, in->y_zero);
  atr__cl_int(e, atr__quantize_low(q->out[0].type));
  atr__cl_int(e, atr__quantize_high(q->out[0].type));
  atr__cl_items(e, count);
}

const atr__cl_row atr__conv_integer_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};

const atr__cl_row atr__qlinear_conv_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
