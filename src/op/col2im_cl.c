/* col2im_cl.c: launches of kernels/col2im.cl. */
#include "op/col2im.h"
#include "tensor/shape.h"

static void launch(atr__cl_emit *e, const atr__cl_query *q, const char *kernel) {
  const atr__col2im_params *p = q->params;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  int64_t elements = 1, steps = 1, size = 1;
  if (!count) return;
  for (int d = 0; d < p->axes; d++) {
    elements *= p->block[d];
    steps *= p->steps[d];
    size *= p->image[d];
  }
  atr__cl_kernel(e, "col2im.cl", kernel, "", "");
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_int(e, elements);
  atr__cl_int(e, steps);
  atr__cl_int(e, size);
  atr__cl_int(e, p->axes);
  for (int d = p->axes; d-- > 0;) {
    atr__cl_int(e, p->image[d]);
    atr__cl_int(e, p->block[d]);
    atr__cl_int(e, p->steps[d]);
    atr__cl_int(e, p->stride[d]);
    atr__cl_int(e, p->dilation[d]);
    atr__cl_int(e, p->before[d]);
  }
  atr__cl_items(e, count);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, "col2im_fwd_f32_baseline");
}
static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, "col2im_bwd_f32_baseline");
}

const atr__cl_row atr__col2im_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
const atr__cl_row atr__col2im_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
