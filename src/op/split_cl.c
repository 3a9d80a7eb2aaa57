/* split_cl.c: Split by kernels/move.cl, one launch an output that somebody wants. */
#include "op/concat.h"
#include "op/move.h"
#include "op/split.h"
#include "tensor/shape.h"

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

/* A blocked tensor is split by whole blocks of channels: every output but the last fills its blocks. */
static int applies_blocked(const atr__cl_query *q) {
  if (((const atr__split_params *)q->params)->axis != 1 || q->in[0].type != ATR_F32 || q->n_out > 32 ||
      (q->in[0].layout != ATR__BLOCKED && !q->readers_blocked))
    return 0;
  for (size_t i = 0; i + 1 < q->n_out; i++)
    if (q->out[i].shape.dim[1] % 16) return 0;
  return 1;
}

static void emit_blocked(atr__cl_emit *e, const atr__cl_query *q) {
  const atr_shape *in = &q->in[0].shape;
  const int64_t n = in->dim[0], count = atr__walk_blocked_count(in);
  const atr_shape whole = atr__shape_of(2, (int64_t[]){ n, n ? count / n : 0 });
  int64_t from = 0;
  for (size_t i = 0; i < q->n_out; i++) {
    const int64_t own = n ? atr__walk_blocked_count(&q->out[i].shape) / n : 0;
    const atr_shape part = atr__shape_of(2, (int64_t[]){ n, own });
    const atr__walk walk = atr__concat_walk(&part, &whole, 1, from, 1);
    if (q->out[i].type != ATR_TYPE_NONE) atr__move_emit(e, q, &walk, i, 0);
    from += own;
  }
}

const atr__cl_row atr__split_cl[] = {
  { .algorithm = "blocked",
    .applies = applies_blocked,
    .blocked_in = 1,
    .blocked_out = ~0u,
    .emit = emit_blocked },
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = NULL },
};
