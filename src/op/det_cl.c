/* det_cl.c: launches of kernels/det.cl, which eliminates in a copy. */
#include "op/det.h"
#include "tensor/shape.h"

static uint64_t scratch(const atr__cl_query *q) {
  return (uint64_t)atr__shape_size(&q->in[0].shape) * 4 + 64;
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr_shape *in = &q->in[0].shape;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  if (!count) return;
  atr__cl_kernel(e, "det.cl", "det_fwd_f32_baseline", "", "");
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_scratch(e, 0);
  atr__cl_int(e, in->dim[in->rank - 1]);
  atr__cl_items(e, count);
}

const atr__cl_row atr__det_cl[] = {
  { .algorithm = "baseline", .scratch = scratch, .emit = emit },
  { .algorithm = NULL },
};
