/* scatter_nd_cl.c: ScatterND and GatherNDGrad by kernels/move.cl and kernels/scatter.cl
 * (atr__scatter_kernel). */
#include "op/move.h"
#include "op/scatter_nd.h"

void atr__slices_emit(atr__cl_emit *e, const atr__slices *s) {
  atr__cl_int(e, s->depth);
  atr__cl_int(e, s->tuples);
  atr__cl_int(e, s->inner);
  atr__cl_int(e, s->span);
  for (int d = 0; d < s->depth; d++) {
    atr__cl_int(e, s->extent[d]);
    atr__cl_int(e, s->stride[d]);
  }
}

static void launch(atr__cl_emit *e, const atr__cl_query *q, size_t updates) {
  const atr__scatter_nd_params *p = q->params;
  const int64_t count = p->slices.batches * p->slices.inner;
  if (!count || !p->slices.tuples) return;
  atr__scatter_kernel(e, "scatter_nd_fwd_baseline", p->kind, q->out[0].type, q->in[1].type);
  atr__cl_int(e, count);
  atr__cl_out(e, 0);
  atr__cl_in(e, 1);
  atr__cl_in(e, updates);
  atr__slices_emit(e, &p->slices);
  atr__cl_items(e, count);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  atr__scatter_copy_emit(e, q);
  launch(e, q, 2);
}

static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  atr__move_fill_emit(e, q, 0, 0);
  launch(e, q, 0);
}

const atr__cl_row atr__scatter_nd_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
const atr__cl_row atr__gather_nd_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
