/* average_pool_cl.c: launches of kernels/average_pool.cl. */
#include "op/average_pool.h"
#include "tensor/shape.h"

static void launch(atr__cl_emit *e, const atr__cl_query *q, const char *kernel) {
  const atr__average_pool_params *p = q->params;
  const atr__pool_window *w = &p->window;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  atr__cl_kernel(e, "average_pool.cl", kernel, "", "");
  atr__cl_int(e, count);
  atr__pool_window_push(e, w);
  for (int k = 0; k < 3; k++) atr__cl_int(e, w->pad_end[k]);
  atr__cl_int(e, p->include_pad);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_items(e, count);
}

static void emit_forward(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, "average_pool_fwd_f32_baseline");
}
static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, "average_pool_bwd_x_f32_baseline");
}

const atr__cl_row atr__average_pool_cl[] = {
  { .algorithm = "baseline", .emit = emit_forward },
  { .algorithm = NULL },
};

const atr__cl_row atr__average_pool_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
