/* gather_nd_cl.c: launches of kernels/gather_nd.cl. */
#include <stdio.h>

#include "op/gather_nd.h"
#include "op/move.h"
#include "tensor/shape.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__slices *s = &((const atr__gather_nd_params *)q->params)->slices;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  const char *word = atr__move_type(q->in[0].type), *index = atr__cl_type(q->in[1].type);
  char suffix[24], defines[40];
  if (!count) return;
  snprintf(suffix, sizeof suffix, "_%s_%s", word, index);
  snprintf(defines, sizeof defines, "WORD=%s INDEX=%s", word, index);
  atr__cl_kernel(e, "gather_nd.cl", "gather_nd_fwd_baseline", suffix, defines);
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_out(e, 0);
  atr__slices_emit(e, s);
  atr__cl_items(e, count);
}

const atr__cl_row atr__gather_nd_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
