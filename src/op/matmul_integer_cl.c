/* matmul_integer_cl.c: launches of kernels/matmul_integer.cl. */
#include <stdio.h>

#include "op/matmul_integer.h"
#include "op/quantize.h"
#include "tensor/shape.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__matmul_integer_params *p = q->params;
  const atr__matmul_integer_inputs *in = &p->in;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  const char *a = atr__quantize_cl_type(q->in[in->a].type), *b = atr__quantize_cl_type(q->in[in->b].type);
  const char *y = atr__quantize_cl_type(q->out[0].type);
  char suffix[40], defines[96];
  if (!count) return;
  snprintf(suffix, sizeof suffix, "_%s_%s_%s", a, b, y);
  snprintf(defines, sizeof defines, "MATMUL_A=%s MATMUL_B=%s MATMUL_Y=%s MATMUL_SCALED=%d", a, b, y,
           q->out[0].type != ATR_I32);
  atr__cl_kernel(e, "matmul_integer.cl", "matmul_integer_fwd_baseline", suffix, defines);
  atr__cl_int(e, count);
  atr__cl_in(e, in->a);
  atr__cl_in(e, in->b);
  atr__cl_out(e, 0);
  atr__cl_int(e, p->k);
  atr__cl_int(e, p->b_step);
  atr__cl_in(e, in->a_zero);
  atr__cl_in(e, in->b_zero);
  atr__cl_in(e, in->a_scale);
  atr__cl_in(e, in->b_scale);
  atr__cl_int(e, p->a_scales);
  atr__cl_int(e, p->b_scales);
  atr__cl_in(e, in->y_scale);
  atr__cl_in(e, in->y_zero);
  atr__cl_int(e, atr__quantize_low(q->out[0].type));
  atr__cl_int(e, atr__quantize_high(q->out[0].type));
  atr__walk_emit(e, &p->walk);
  atr__cl_items(e, count);
}

const atr__cl_row atr__matmul_integer_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};

const atr__cl_row atr__qlinear_matmul_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
