/* gather_cl.c: launches of kernels/gather.cl. */
#include <stdio.h>

#include "op/gather.h"
#include "op/move.h"
#include "tensor/shape.h"

static int applies(const atr__cl_query *q) {
  return atr__move_word(q->in[0].type) != 0;
}

static void launch(atr__cl_emit *e, const atr__cl_query *q, const char *kernel, const atr_shape *whole) {
  const atr__gather_params *p = q->params;
  const int word = atr__move_word(q->in[0].type), wide = q->in[1].type == ATR_I64;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  char suffix[16], defines[40];
  if (!count) return;
  snprintf(suffix, sizeof suffix, "_%d_%s", word, wide ? "i64" : "i32");
  snprintf(defines, sizeof defines, "WORD=%s INDEX=%s", atr__move_type(q->in[0].type), wide ? "long" : "int");
  atr__cl_kernel(e, "gather.cl", kernel, suffix, defines);
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_out(e, 0);
  atr__cl_int(e, p->extent);
  atr__cl_int(e, atr__shape_size(&q->in[1].shape));
  atr__cl_int(e, atr__shape_span(whole, p->axis + 1, whole->rank));
  atr__cl_items(e, count);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, "gather_fwd_baseline", &q->in[0].shape);
}
static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, "gather_bwd_f32_baseline", &q->out[0].shape);
}

const atr__cl_row atr__gather_cl[] = {
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = NULL },
};
const atr__cl_row atr__gather_grad_cl[] = {
  { .algorithm = "baseline", .applies = applies, .emit = emit_grad },
  { .algorithm = NULL },
};
