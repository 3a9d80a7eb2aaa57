/* constant_of_shape_cl.c: ConstantOfShape by kernels/move.cl. */
#include "op/constant_of_shape.h"
#include "op/move.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__constant_of_shape_params *p = q->params;
  atr__move_fill_emit(e, q, 0, p->bits);
}

const atr__cl_row atr__constant_of_shape_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
