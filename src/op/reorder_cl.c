/* reorder_cl.c: launches of kernels/reorder.cl; which way is told by the slots' layouts. */
#include "op/reorder.h"

#include "base/checked.h"
#include "tensor/shape.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr_shape *shape = &q->in[0].shape;
  const int64_t n = shape->dim[0], c = shape->dim[1], s = atr__shape_span(shape, 2, shape->rank);
  const int to_blocks = q->out[0].layout == ATR__BLOCKED, from_blocks = q->in[0].layout == ATR__BLOCKED;
  const int64_t rows = to_blocks || from_blocks ? n * atr__ceil_div(c, 16) : n * c * s;
  atr__cl_kernel(e, "reorder.cl",
                 to_blocks     ? "reorder_fwd_f32_block"
                 : from_blocks ? "reorder_fwd_f32_plain"
                               : "reorder_fwd_f32_copy",
                 "", "");
  atr__cl_int(e, rows);
  atr__cl_int(e, c);
  atr__cl_int(e, s);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  if (to_blocks || from_blocks)
    atr__cl_tiles(e, rows * atr__ceil_div(s, 256));
  else
    atr__cl_items(e, rows);
}

const atr__cl_row atr__reorder_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
