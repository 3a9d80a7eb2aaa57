/* one_hot_cl.c: launches of kernels/one_hot.cl. */
#include <stdio.h>

#include "op/move.h"
#include "op/one_hot.h"
#include "tensor/shape.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__one_hot_params *p = q->params;
  const atr_shape *shape = &q->out[0].shape;
  const int64_t count = atr__shape_size(shape);
  const char *index = atr__cl_type(q->in[0].type), *word = atr__move_type(q->out[0].type);
  char suffix[32], defines[48];
  if (!count) return;
  snprintf(suffix, sizeof suffix, "_%s_%s", word, index);
  snprintf(defines, sizeof defines, "WORD=%s INDEX=%s", word, index);
  atr__cl_kernel(e, "one_hot.cl", "one_hot_fwd_baseline", suffix, defines);
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_in(e, 2);
  atr__cl_out(e, 0);
  atr__cl_int(e, p->depth);
  atr__cl_int(e, atr__shape_span(shape, p->axis + 1, shape->rank));
  atr__cl_items(e, count);
}

const atr__cl_row atr__one_hot_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
