/* hardmax_cl.c: launches of kernels/hardmax.cl. */
#include "op/hardmax.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__hardmax_params *p = q->params;
  if (p->outer * p->length * p->inner == 0) return;
  atr__cl_kernel(e, "hardmax.cl", "hardmax_fwd_f32_baseline", "", "");
  atr__cl_int(e, p->outer * p->inner);
  atr__cl_int(e, p->length);
  atr__cl_int(e, p->inner);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_items(e, p->outer * p->inner);
}

const atr__cl_row atr__hardmax_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
