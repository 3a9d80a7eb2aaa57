/* lp_pool_cl.c: launches of kernels/lp_pool.cl. */
#include "op/lp_pool.h"
#include "tensor/shape.h"

static void launch(atr__cl_emit *e, const atr__cl_query *q, const char *kernel) {
  const atr__lp_pool_params *p = q->params;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  atr__cl_kernel(e, "lp_pool.cl", kernel, "", "");
  atr__cl_int(e, count);
  atr__pool_window_push(e, &p->window);
  atr__cl_int(e, p->p);
  atr__cl_float(e, 1 / (float)p->p);
  for (size_t i = 0; i < q->n_in; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__cl_items(e, count);
}

static void emit_forward(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, "lp_pool_fwd_f32_baseline");
}
static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, "lp_pool_bwd_x_f32_baseline");
}

const atr__cl_row atr__lp_pool_cl[] = {
  { .algorithm = "baseline", .emit = emit_forward },
  { .algorithm = NULL },
};

const atr__cl_row atr__lp_pool_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
