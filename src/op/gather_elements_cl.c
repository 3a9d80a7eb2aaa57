/* gather_elements_cl.c: launches of kernels/gather_elements.cl. */
#include <stdio.h>

#include "op/gather_elements.h"
#include "op/move.h"
#include "tensor/shape.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const int axis = ((const atr__gather_elements_params *)q->params)->axis;
  const atr_shape *data = &q->in[0].shape;
  const atr__walk walk = atr__gather_elements_walk(axis, data, &q->in[1].shape);
  const char *word = atr__move_type(q->in[0].type), *index = atr__cl_type(q->in[1].type);
  char suffix[24], defines[40];
  if (!walk.count) return;
  snprintf(suffix, sizeof suffix, "_%s_%s", word, index);
  snprintf(defines, sizeof defines, "WORD=%s INDEX=%s", word, index);
  atr__cl_kernel(e, "gather_elements.cl", "gather_elements_fwd_baseline", suffix, defines);
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_out(e, 0);
  atr__cl_int(e, data->dim[axis]);
  atr__cl_int(e, atr__shape_span(data, axis + 1, data->rank));
  atr__walk_launch(e, &walk, 0);
}

const atr__cl_row atr__gather_elements_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
