/* cum_sum_cl.c: launches of kernels/cum_sum.cl. */
#include <stdio.h>

#include "op/cum_sum.h"
#include "tensor/shape.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__cum_sum_params *p = q->params;
  const atr_shape *shape = &q->out[0].shape;
  const char *type = atr__cl_type(q->in[0].type);
  char suffix[16], defines[24];
  if (!atr__shape_size(shape)) return;
  const int64_t lines = atr__shape_size(shape) / shape->dim[p->axis];
  snprintf(suffix, sizeof suffix, "_%s", type);
  snprintf(defines, sizeof defines, "TYPE=%s", type);
  atr__cl_kernel(e, "cum_sum.cl", "cum_sum_fwd_baseline", suffix, defines);
  atr__cl_int(e, lines);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_int(e, shape->dim[p->axis]);
  atr__cl_int(e, atr__shape_span(shape, p->axis + 1, shape->rank));
  atr__cl_int(e, p->exclusive);
  atr__cl_int(e, p->reverse);
  atr__cl_items(e, lines);
}

const atr__cl_row atr__cum_sum_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
