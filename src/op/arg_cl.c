/* arg_cl.c: launches of kernels/arg.cl. */
#include "op/arg.h"
#include "tensor/shape.h"

static int applies(const atr__cl_query *q) {
  return q->in[0].type == ATR_F32;
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__arg_params *p = q->params;
  const atr_shape *in = &q->in[0].shape;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  if (!count) return;
  atr__cl_kernel(e, "arg.cl", "arg_fwd_f32_baseline", "", "");
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_int(e, in->dim[p->axis]);
  atr__cl_int(e, atr__shape_span(in, p->axis + 1, in->rank));
  atr__cl_int(e, p->least);
  atr__cl_int(e, p->last);
  atr__cl_items(e, count);
}

const atr__cl_row atr__arg_cl[] = {
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = NULL },
};
