/* average_pool_cl.c: launches of kernels/average_pool.cl. Rows: blocked, channels in the lanes; baseline. */
#include "op/average_pool.h"

#include "base/checked.h"
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
}

static void emit_forward(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, "average_pool_fwd_f32_baseline");
  atr__cl_items(e, atr__shape_size(&q->out[0].shape));
}
static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, "average_pool_bwd_x_f32_baseline");
  atr__cl_items(e, atr__shape_size(&q->out[0].shape));
}

static int64_t blocked_rows(const atr__cl_query *q) {
  const atr__pool_window *w = &((const atr__average_pool_params *)q->params)->window;
  return q->in[0].shape.dim[0] * atr__ceil_div(q->in[0].shape.dim[1], 16) * w->out[0] * w->out[1];
}

static int blocked_applies(const atr__cl_query *q) {
  return q->device->device_class == ATR__CLASS_CPU && blocked_rows(q) < INT32_MAX &&
         (q->in[0].layout == ATR__BLOCKED || q->readers_blocked);
}

static void emit_blocked(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, "average_pool_fwd_f32_blocked");
  atr__cl_int(e, blocked_rows(q));
  atr__cl_tiles(e, blocked_rows(q));
}

const atr__cl_row atr__average_pool_cl[] = {
  { .algorithm = "blocked",
    .applies = blocked_applies,
    .blocked_in = 1,
    .blocked_out = 1,
    .emit = emit_blocked },
  { .algorithm = "baseline", .emit = emit_forward },
  { .algorithm = NULL },
};

const atr__cl_row atr__average_pool_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
