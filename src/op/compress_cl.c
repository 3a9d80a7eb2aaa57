/* compress_cl.c: launches of kernels/compress.cl. */
#include <stdio.h>

#include "op/compress.h"
#include "op/move.h"
#include "tensor/shape.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__compress_params *p = q->params;
  const int64_t columns = p->outer * p->inner;
  const char *word = atr__move_type(q->in[0].type);
  char suffix[16], defines[24];
  if (!columns || !p->kept) return;
  snprintf(suffix, sizeof suffix, "_%s", word);
  snprintf(defines, sizeof defines, "WORD=%s", word);
  atr__cl_kernel(e, "compress.cl", "compress_fwd_baseline", suffix, defines);
  atr__cl_int(e, columns);
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_out(e, 0);
  atr__cl_int(e, p->extent);
  atr__cl_int(e, p->kept);
  atr__cl_int(e, p->inner);
  atr__cl_int(e, q->in[1].shape.dim[0]);
  atr__cl_items(e, columns);
}

const atr__cl_row atr__compress_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
