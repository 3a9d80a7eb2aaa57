/* max_pool_cl.c: launches of kernels/max_pool.cl. Rows: blocked, channels in the lanes, without Indices;
 * rows, vectors along the output row, for CPUs; halves, the gradient of windows two wide that tile the input;
 * baseline. */
#include "op/max_pool.h"

#include "base/checked.h"
#include "tensor/shape.h"

enum { LINE_REACH = 448 }; /* ATR_POOL_REACH of the kernel */

static void window(atr__cl_emit *e, const atr__max_pool_params *p) {
  atr__pool_window_push(e, &p->window);
  for (int k = 0; k < 3; k++) atr__cl_int(e, p->index_step[k]);
}

static int present(const atr__cl_query *q, size_t out) {
  return q->n_out > out && q->out[out].type != ATR_TYPE_NONE;
}

static void emit_bytes(atr__cl_emit *e, const atr__cl_query *q) {
  const int64_t count = atr__shape_size(&q->out[0].shape);
  const int is_signed = q->in[0].type == ATR_I8;
  atr__cl_kernel(e, "max_pool_bytes.cl", "max_pool_fwd_baseline", is_signed ? "_char" : "_uchar",
                 is_signed ? "MAX_POOL_T=char MAX_POOL_LOW=-128" : "MAX_POOL_T=uchar MAX_POOL_LOW=0");
  atr__cl_int(e, count);
  window(e, q->params);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_out(e, 1);
  atr__cl_items(e, count);
}

static void emit_forward(atr__cl_emit *e, const atr__cl_query *q) {
  const int64_t count = atr__shape_size(&q->out[0].shape);
  const int indices = present(q, 1);
  if (q->in[0].type != ATR_F32) {
    emit_bytes(e, q);
    return;
  }
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

static int cpu(const atr__cl_query *q) {
  return q->device->device_class == ATR__CLASS_CPU && q->in[0].type == ATR_F32;
}

/* The last words and the launch of the kernels whose group does some rows of `width` outputs. */
static void launch_rows(atr__cl_emit *e, int64_t rows, int64_t width) {
  const int64_t each = atr__max_i64(1, atr__min_i64(1024 / atr__max_i64(1, width), rows / 64));
  const int64_t groups = atr__ceil_div(rows, each);
  atr__cl_int(e, rows);
  atr__cl_int(e, each);
  atr__cl_tiles(e, groups);
}

static void emit_rows(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__pool_window *w = &((const atr__max_pool_params *)q->params)->window;
  const int64_t rows = w->planes * w->out[0] * w->out[1];
  if (!present(q, 1) && w->stride[2] <= 2 && (w->filter[2] - 1) * w->dilation[2] <= LINE_REACH) {
    atr__cl_kernel(e, "max_pool.cl", "max_pool_fwd_f32_lines", "", "");
    atr__cl_int(e, atr__shape_size(&q->out[0].shape));
    window(e, q->params);
    atr__cl_in(e, 0);
    atr__cl_out(e, 0);
    atr__cl_int(e, w->out[2] % 16 == 0 && atr__cl_streams(q));
    launch_rows(e, rows, w->out[2]);
    return;
  }
  atr__cl_kernel(e, "max_pool.cl", "max_pool_fwd_f32_rows", "", "");
  atr__cl_int(e, atr__shape_size(&q->out[0].shape));
  window(e, q->params);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_out(e, 1);
  launch_rows(e, rows, w->out[2]);
}

static int blocked_applies(const atr__cl_query *q) {
  return cpu(q) && !present(q, 1) && (q->in[0].layout == ATR__BLOCKED || q->readers_blocked);
}

static void emit_blocked(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__pool_window *w = &((const atr__max_pool_params *)q->params)->window;
  const int64_t planes = q->in[0].shape.dim[0] * atr__ceil_div(q->in[0].shape.dim[1], 16);
  atr__cl_kernel(e, "max_pool.cl", "max_pool_fwd_f32_blocked", "", "");
  atr__cl_int(e, atr__shape_size(&q->out[0].shape));
  window(e, q->params);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_int(e, atr__cl_streams(q));
  launch_rows(e, planes * w->out[0] * w->out[1], w->out[2] * 16);
}

static int halves_apply(const atr__cl_query *q) {
  const atr__max_pool_params *p = q->params;
  const atr__pool_window *w = &p->window;
  for (int k = 0; k < 3; k++)
    if (w->filter[k] != w->stride[k] || w->pad[k] || w->in[k] != w->out[k] * w->stride[k] ||
        (w->filter[k] > 1 && w->dilation[k] > 1))
      return 0;
  return cpu(q) && w->filter[0] == 1 && w->in[0] == 1 && w->filter[2] == 2 && p->index_step[2] == 1;
}

static void emit_halves(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__pool_window *w = &((const atr__max_pool_params *)q->params)->window;
  atr__cl_kernel(e, "max_pool.cl", "max_pool_bwd_x_f32_halves", "", "");
  atr__cl_int(e, atr__shape_size(&q->out[0].shape));
  window(e, q->params);
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_out(e, 0);
  launch_rows(e, w->planes * w->out[1], w->out[2]);
}

const atr__cl_row atr__max_pool_cl[] = {
  { .algorithm = "blocked",
    .applies = blocked_applies,
    .blocked_in = 1,
    .blocked_out = 1,
    .emit = emit_blocked },
  { .algorithm = "rows", .applies = cpu, .emit = emit_rows },
  { .algorithm = "baseline", .emit = emit_forward },
  { .algorithm = NULL },
};

const atr__cl_row atr__max_pool_grad_cl[] = {
  { .algorithm = "halves", .applies = halves_apply, .emit = emit_halves },
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
