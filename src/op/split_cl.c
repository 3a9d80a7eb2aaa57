/* split_cl.c: Split by kernels/move.cl, one launch an output that somebody wants. */
#include "op/concat.h"
#include "op/move.h"
#include "op/split.h"

static int applies(const atr__cl_query *q) {
  return atr__move_word(q->in[0].type) != 0;
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const int axis = ((const atr__split_params *)q->params)->axis;
  int64_t from = 0;
  for (size_t i = 0; i < q->n_out; i++) {
    const atr__walk walk = atr__concat_walk(&q->out[i].shape, &q->in[0].shape, axis, from, 1);
    if (q->out[i].type != ATR_TYPE_NONE) atr__move_emit(e, q, &walk, i, 0);
    from += q->out[i].shape.dim[axis];
  }
}

const atr__cl_row atr__split_cl[] = {
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = NULL },
};
