/* max_pool_cl.c: launches of kernels/max_pool.cl. */
#include "op/max_pool.h"
#include "tensor/shape.h"

static void window(atr__cl_emit *e, const atr__max_pool_params *p) {
  const atr__pool_window *w = &p->window;
  const int64_t *const list[] = { w->in, w->out, w->filter, w->stride, w->dilation, w->pad, p->index_step };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    for (int k = 0; k < 3; k++) atr__cl_int(e, list[i][k]);
}

static int present(const atr__cl_query *q, size_t out) {
  return q->n_out > out && q->out[out].type != ATR_TYPE_NONE;
}

static void emit_forward(atr__cl_emit *e, const atr__cl_query *q) {
  const int64_t count = atr__shape_size(&q->out[0].shape);
  const int indices = present(q, 1);
  atr__cl_kernel(e, "max_pool.cl",
                 indices ? "max_pool_fwd_f32_baseline_indices" : "max_pool_fwd_f32_baseline", "", "");
  atr__cl_int(e, count);
  window(e, q->params);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  if (indices) atr__cl_out(e, 1);
  atr__cl_items(e, count);
}

static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  const int64_t count = atr__shape_size(&q->out[0].shape);
  atr__cl_kernel(e, "max_pool.cl", "max_pool_bwd_x_f32_baseline", "", "");
  atr__cl_int(e, count);
  window(e, q->params);
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_out(e, 0);
  atr__cl_items(e, count);
}

const atr__cl_row atr__max_pool_cl[] = {
  { .algorithm = "baseline", .emit = emit_forward },
  { .algorithm = NULL },
};

const atr__cl_row atr__max_pool_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
