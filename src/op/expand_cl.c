/* expand_cl.c: Expand by kernels/move.cl. */
#include "op/expand.h"
#include "op/move.h"

static int applies(const atr__cl_query *q) {
  return atr__move_word(q->in[0].type) != 0;
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  atr__walk walk = atr__walk_over(&q->out[0].shape);
  atr__walk_broadcast(&walk, &q->out[0].shape);
  atr__walk_broadcast(&walk, &q->in[0].shape);
  atr__walk_join(&walk);
  atr__move_emit(e, q, &walk, 0, 0);
}

const atr__cl_row atr__expand_cl[] = {
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = NULL },
};
