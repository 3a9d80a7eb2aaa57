/* normalization_scale_cl.c: launches of kernels/normalization_scale.cl. It runs once for new weights, so that
 * one plain row is enough. */
#include "op/normalization_scale.h"

#include "base/checked.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__normalization_scale_params *p = q->params;
  atr__cl_kernel(e, "normalization_scale.cl", "normalization_scale_f32_baseline", "", "");
  atr__cl_int(e, p->c);
  atr__cl_float(e, p->epsilon);
  for (size_t i = 0; i < 5; i++) atr__cl_in(e, i);
  for (size_t i = 0; i < 2; i++) atr__cl_out(e, i);
  atr__cl_groups(e, atr__ceil_div(p->c, 16), 1, 1, 1);
}

const atr__cl_row atr__normalization_scale_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
