/* einsum_cl.c: launches of kernels/einsum.cl. */
#include <stdio.h>

#include "op/einsum.h"
#include "tensor/shape.h"

static int applies(const atr__cl_query *q) {
  return q->out[0].type != ATR_F64;
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__einsum_params *p = q->params;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  const atr_type type = q->out[0].type;
  const char *name = type == ATR_I32 ? "uint" : type == ATR_I64 ? "ulong" : "float";
  char suffix[24], defines[40];
  if (!count) return;
  snprintf(suffix, sizeof suffix, "_%s_%d", name, p->operands);
  snprintf(defines, sizeof defines, "EINSUM_T=%s EINSUM_N=%d", name, p->operands);
  atr__cl_kernel(e, "einsum.cl", "einsum_fwd_baseline", suffix, defines);
  atr__cl_int(e, count);
  atr__cl_out(e, 0);
  atr__cl_int(e, p->outer);
  atr__cl_int(e, p->inner);
  for (int o = 0; o < p->operands; o++) {
    atr__cl_in(e, (size_t)p->input[o]);
    atr__cl_int(e, p->sums ? p->sum_stride[o][p->sums - 1] : 0);
  }
  atr__cl_int(e, p->rank);
  for (int d = 0; d < p->rank; d++) {
    atr__cl_int(e, p->dim[d]);
    atr__cl_int(e, p->same[d]);
    for (int o = 0; o < p->operands; o++) atr__cl_int(e, p->stride[o][d]);
  }
  atr__cl_int(e, p->sums > 1 ? p->sums - 1 : 0);
  for (int d = 0; d + 1 < p->sums; d++) {
    atr__cl_int(e, p->sum_dim[d]);
    for (int o = 0; o < p->operands; o++) atr__cl_int(e, p->sum_stride[o][d]);
  }
  atr__cl_items(e, count);
}

const atr__cl_row atr__einsum_cl[] = {
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = NULL },
};
