/* trilu_cl.c: launches of kernels/trilu.cl. */
#include "op/move.h"
#include "op/trilu.h"
#include "tensor/shape.h"

static void emit_trilu(atr__cl_emit *e, const atr__cl_query *q) {
  const atr_shape *shape = &q->out[0].shape;
  const int64_t count = atr__shape_size(shape);
  if (!count) return;
  atr__move_kernel(e, "trilu.cl", "trilu_fwd_baseline", atr__move_word(q->out[0].type));
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_out(e, 0);
  atr__cl_int(e, shape->dim[shape->rank - 2]);
  atr__cl_int(e, shape->dim[shape->rank - 1]);
  atr__cl_int(e, ((const atr__trilu_params *)q->params)->upper);
  atr__cl_items(e, count);
}

static void emit_eye_like(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__trilu_params *p = q->params;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  if (!count) return;
  atr__move_kernel(e, "trilu.cl", "eye_like_fwd_baseline", atr__move_word(q->out[0].type));
  atr__cl_int(e, count);
  atr__cl_out(e, 0);
  atr__cl_int(e, q->out[0].shape.dim[1]);
  atr__cl_int(e, p->k);
  atr__cl_int(e, (int32_t)(uint32_t)p->one);
  atr__cl_int(e, (int32_t)(uint32_t)(p->one >> 32));
  atr__cl_items(e, count);
}

const atr__cl_row atr__trilu_cl[] = {
  { .algorithm = "baseline", .emit = emit_trilu },
  { .algorithm = NULL },
};
const atr__cl_row atr__eye_like_cl[] = {
  { .algorithm = "baseline", .emit = emit_eye_like },
  { .algorithm = NULL },
};
