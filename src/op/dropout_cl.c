/* dropout_cl.c: launches of kernels/dropout.cl. */
#include "op/dropout.h"
#include "tensor/shape.h"

static void emit_forward(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__dropout_params *p = q->params;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  atr__cl_kernel(e, "dropout.cl", "dropout_fwd_f32_baseline", "", "");
  atr__cl_int(e, count);
  atr__cl_int(e, p->training);
  atr__cl_int(e, p->threshold);
  atr__cl_float(e, p->scale);
  atr__cl_int(e, (int32_t)(uint32_t)p->key);
  atr__cl_int(e, (int32_t)(uint32_t)(p->key >> 32));
  atr__cl_in(e, 0);
  atr__cl_in(e, 3);
  atr__cl_out(e, 0);
  atr__cl_out(e, 1);
  atr__cl_items(e, (count + 3) / 4);
}

static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  const int64_t count = atr__shape_size(&q->out[0].shape);
  atr__cl_kernel(e, "dropout.cl", "dropout_bwd_x_f32_baseline", "", "");
  atr__cl_int(e, count);
  atr__cl_float(e, ((const atr__dropout_params *)q->params)->scale);
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_out(e, 0);
  atr__cl_items(e, count);
}

const atr__cl_row atr__dropout_cl[] = {
  { .algorithm = "baseline", .emit = emit_forward },
  { .algorithm = NULL },
};

const atr__cl_row atr__dropout_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
