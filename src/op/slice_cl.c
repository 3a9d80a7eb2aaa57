/* slice_cl.c: Slice and SliceGrad by kernels/move.cl. */
#include "op/move.h"
#include "op/slice.h"

static int applies(const atr__cl_query *q) {
  return atr__move_word(q->in[0].type) != 0;
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__walk walk = atr__slice_walk(q->params, &q->out[0].shape, &q->in[0].shape, 1);
  atr__move_emit(e, q, &walk, 0, 0);
}

const atr__cl_row atr__slice_cl[] = {
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = NULL },
};

static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__walk walk = atr__slice_walk(q->params, &q->in[0].shape, &q->out[0].shape, 0);
  atr__move_fill_emit(e, q, 0, 0);
  atr__move_emit(e, q, &walk, 0, 0);
}

const atr__cl_row atr__slice_grad_cl[] = {
  { .algorithm = "baseline", .applies = applies, .emit = emit_grad },
  { .algorithm = NULL },
};
