/* affine_grid_cl.c: launches of kernels/affine_grid.cl. */
#include "op/affine_grid.h"
#include "tensor/shape.h"

static void launch(atr__cl_emit *e, const atr__cl_query *q, const char *kernel) {
  const atr__affine_grid_params *p = q->params;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  if (!count) return;
  atr__cl_kernel(e, "affine_grid.cl", kernel, "", "");
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_int(e, p->axes);
  atr__cl_int(e, p->align);
  for (int d = 0; d < 3; d++) atr__cl_int(e, p->size[d]);
  atr__cl_items(e, count);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, "affine_grid_fwd_f32_baseline");
}
static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, "affine_grid_bwd_f32_baseline");
}

const atr__cl_row atr__affine_grid_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
const atr__cl_row atr__affine_grid_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
