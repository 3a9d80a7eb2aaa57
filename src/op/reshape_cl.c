/* reshape_cl.c: a copy by kernels/move.cl, where the output does not share its input's storage. */
#include "op/move.h"
#include "op/reshape.h"
#include "tensor/shape.h"

static int applies(const atr__cl_query *q) {
  return atr__move_word(q->in[0].type) != 0;
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const int64_t count = atr__shape_size(&q->out[0].shape);
  const atr_shape flat = atr__shape_of(1, &count);
  atr__walk walk = atr__walk_over(&flat);
  atr__walk_broadcast(&walk, &flat);
  atr__walk_broadcast(&walk, &flat);
  atr__walk_join(&walk);
  atr__move_emit(e, q, &walk, 0, 0);
}

const atr__cl_row atr__reshape_cl[] = {
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = NULL },
};
