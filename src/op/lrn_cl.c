/* lrn_cl.c: launches of kernels/lrn.cl. */
#include "op/lrn.h"
#include "tensor/shape.h"

static void emit_any(atr__cl_emit *e, const atr__cl_query *q, const char *kernel, size_t n_out) {
  const atr__lrn_params *p = q->params;
  const int64_t count = p->n * p->c * p->inner;
  if (!count) return;
  atr__cl_kernel(e, "lrn.cl", kernel, "", "");
  atr__cl_int(e, count);
  atr__cl_int(e, p->c);
  atr__cl_int(e, p->inner);
  atr__cl_int(e, p->before < p->c ? p->before : p->c);
  atr__cl_int(e, p->after < p->c ? p->after : p->c);
  atr__cl_float(e, p->rate);
  atr__cl_float(e, p->beta);
  atr__cl_float(e, p->bias);
  for (size_t i = 0; i < q->n_in; i++) atr__cl_in(e, i);
  for (size_t i = 0; i < n_out; i++) atr__cl_out(e, i);
  atr__cl_items(e, count);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, "lrn_fwd_f32_baseline", 2);
}
static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, "lrn_bwd_f32_baseline", 1);
}

const atr__cl_row atr__lrn_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};

const atr__cl_row atr__lrn_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
