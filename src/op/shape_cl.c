/* shape_cl.c: Shape and Size where they could not be folded: the numbers travel as arguments. */
#include "op/shape.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  int64_t values[ATR_RANK_MAX];
  const int n = atr__shape_values(q->params, &q->in[0].shape, values);
  if (!n) return;
  atr__cl_kernel(e, "shape.cl", "shape_fwd_i64_baseline", "", "");
  atr__cl_int(e, n);
  atr__cl_out(e, 0);
  for (int i = 0; i < n; i++) atr__cl_int(e, values[i]);
  atr__cl_items(e, n);
}

const atr__cl_row atr__shape_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
