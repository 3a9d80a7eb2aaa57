/* optimizer_cl.c: launches of kernels/optimizer.cl. */
#include "op/optimizer.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  static const char *const kernel[] = { "sgd_step_f32_baseline", "adam_step_f32_baseline",
                                        "adam_step_f32_baseline", "commit_f32_baseline" };
  const atr__optimizer_params *p = q->params;
  atr__cl_kernel(e, "optimizer.cl", kernel[p->kind], "", "");
  atr__cl_int(e, p->count);
  atr__cl_int(e, p->kind == ATR__STEP_ADAMW || p->nesterov);
  for (size_t i = 0; i < q->n_in; i++) atr__cl_in(e, i);
  if (p->kind == ATR__STEP_SGD && !p->states) atr__cl_in(e, q->n_in); /* absent */
  for (size_t i = 0; i < q->n_out; i++) atr__cl_out(e, i);
  atr__cl_items(e, p->count);
}

const atr__cl_row atr__optimizer_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
