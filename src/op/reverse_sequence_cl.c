/* reverse_sequence_cl.c: launches of kernels/reverse_sequence.cl. */
#include <stdio.h>

#include "op/move.h"
#include "op/reverse_sequence.h"
#include "tensor/shape.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr_shape *in = &q->in[0].shape;
  const int64_t count = atr__shape_size(in);
  const char *word = atr__move_type(q->in[0].type);
  char suffix[16], defines[24];
  if (!count) return;
  snprintf(suffix, sizeof suffix, "_%s", word);
  snprintf(defines, sizeof defines, "WORD=%s", word);
  atr__cl_kernel(e, "reverse_sequence.cl", "reverse_sequence_fwd_baseline", suffix, defines);
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_out(e, 0);
  atr__cl_int(e, ((const atr__reverse_sequence_params *)q->params)->time_axis);
  atr__cl_int(e, in->dim[0]);
  atr__cl_int(e, in->dim[1]);
  atr__cl_int(e, atr__shape_span(in, 2, in->rank));
  atr__cl_items(e, count);
}

const atr__cl_row atr__reverse_sequence_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
