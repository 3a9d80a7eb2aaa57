/* top_k_cl.c: launches of kernels/top_k.cl. */
#include <stdio.h>

#include "op/top_k.h"
#include "tensor/shape.h"

static int64_t inner_of(const atr__cl_query *q) {
  const atr_shape *in = &q->in[0].shape;
  return atr__shape_span(in, ((const atr__top_k_params *)q->params)->axis + 1, in->rank);
}
static int64_t columns_of(const atr__cl_query *q) {
  return atr__shape_span(&q->in[0].shape, 0, ((const atr__top_k_params *)q->params)->axis) * inner_of(q);
}

static uint64_t scratch(const atr__cl_query *q) {
  return (uint64_t)(columns_of(q) * ((const atr__top_k_params *)q->params)->k) * sizeof(int32_t);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__top_k_params *p = q->params;
  const int64_t columns = columns_of(q);
  const char *type = atr__cl_type(q->in[0].type);
  char suffix[16], defines[24];
  if (!columns || !p->k) return;
  snprintf(suffix, sizeof suffix, "_%s", type);
  snprintf(defines, sizeof defines, "TYPE=%s", type);
  atr__cl_kernel(e, "top_k.cl", "top_k_fwd_baseline", suffix, defines);
  atr__cl_int(e, columns);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  if (q->n_out > 1 && q->out[1].type != ATR_TYPE_NONE)
    atr__cl_out(e, 1);
  else {
    atr__cl_int(e, 0);
    atr__cl_int(e, 0);
  }
  atr__cl_scratch(e, 0);
  atr__cl_int(e, q->in[0].shape.dim[p->axis]);
  atr__cl_int(e, inner_of(q));
  atr__cl_int(e, p->k);
  atr__cl_int(e, p->largest);
  atr__cl_items(e, columns);
}

const atr__cl_row atr__top_k_cl[] = {
  { .algorithm = "baseline", .scratch = scratch, .emit = emit },
  { .algorithm = NULL },
};
