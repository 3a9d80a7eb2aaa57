/* lp_normalization_cl.c: launches of kernels/lp_normalization.cl. */
#include "op/lp_normalization.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__lp_normalization_params *p = q->params;
  if (p->outer * p->length * p->inner == 0) return;
  atr__cl_kernel(e, "lp_normalization.cl",
                 q->n_in > 1 ? "lp_normalization_bwd_f32_baseline" : "lp_normalization_fwd_f32_baseline", "",
                 "");
  atr__cl_int(e, p->outer * p->inner);
  atr__cl_int(e, p->length);
  atr__cl_int(e, p->inner);
  atr__cl_int(e, p->p);
  for (size_t i = 0; i < q->n_in; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__cl_items(e, p->outer * p->inner);
}

const atr__cl_row atr__lp_normalization_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};

const atr__cl_row atr__lp_normalization_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
