/* scatter_elements_cl.c: ScatterElements by kernels/move.cl and kernels/scatter.cl (atr__scatter_kernel). */
#include "op/move.h"
#include "op/scatter_elements.h"
#include "tensor/shape.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__scatter_elements_params *p = q->params;
  const atr_shape *data = &q->in[0].shape, *updates = &q->in[2].shape;
  const atr__walk walk = atr__scatter_elements_walk(p->axis, data, updates);
  atr__scatter_copy_emit(e, q);
  if (!walk.count || !updates->dim[p->axis]) return;
  atr__scatter_kernel(e, "scatter_elements_fwd_baseline", p->kind, q->out[0].type, q->in[1].type);
  atr__cl_out(e, 0);
  atr__cl_in(e, 1);
  atr__cl_in(e, 2);
  atr__cl_int(e, data->dim[p->axis]);
  atr__cl_int(e, atr__shape_span(data, p->axis + 1, data->rank));
  atr__cl_int(e, updates->dim[p->axis]);
  atr__cl_int(e, atr__shape_span(updates, p->axis + 1, updates->rank));
  atr__walk_launch(e, &walk, 0);
}

const atr__cl_row atr__scatter_elements_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
