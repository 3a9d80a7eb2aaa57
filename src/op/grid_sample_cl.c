/* grid_sample_cl.c: launches of kernels/grid_sample.cl. */
#include "op/grid_sample.h"

/* What every kernel reads after its count and its first three tensors. */
static void rest(atr__cl_emit *e, const atr__grid_sample_params *p) {
  atr__cl_int(e, p->c);
  atr__cl_int(e, p->points);
  for (int d = 0; d < 3; d++) atr__cl_int(e, p->in[d]);
  atr__cl_int(e, p->axes);
  atr__cl_int(e, (int)p->mode);
  atr__cl_int(e, (int)p->padding);
  atr__cl_int(e, p->align);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__grid_sample_params *p = q->params;
  const int64_t count = p->n * p->c * p->points;
  if (!count) return;
  atr__cl_kernel(e, "grid_sample.cl", "grid_sample_fwd_f32_baseline", "", "");
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_out(e, 0);
  rest(e, p);
  atr__cl_items(e, count);
}

static int wanted(const atr__cl_query *q, size_t i) {
  return i < q->n_out && q->out[i].type != ATR_TYPE_NONE;
}

static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__grid_sample_params *p = q->params;
  const int64_t planes = p->n * p->c, points = p->n * p->points;
  if (wanted(q, 0) && planes * p->in[0] * p->in[1] * p->in[2] > 0) {
    atr__cl_kernel(e, "grid_sample.cl", "grid_sample_bwd_x_f32_baseline", "", "");
    atr__cl_int(e, planes);
    atr__cl_in(e, 0);
    atr__cl_in(e, 2);
    atr__cl_out(e, 0);
    rest(e, p);
    atr__cl_items(e, planes);
  }
  if (wanted(q, 1) && points) {
    atr__cl_kernel(e, "grid_sample.cl", "grid_sample_bwd_grid_f32_baseline", "", "");
    atr__cl_int(e, points);
    atr__cl_in(e, 0);
    atr__cl_in(e, 2);
    atr__cl_out(e, 1);
    rest(e, p);
    atr__cl_in(e, 1);
    atr__cl_items(e, points);
  }
}

const atr__cl_row atr__grid_sample_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
const atr__cl_row atr__grid_sample_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
