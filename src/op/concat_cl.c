/* concat_cl.c: Concat by kernels/move.cl, one launch an input. */
#include "op/concat.h"
#include "op/move.h"
#include "tensor/shape.h"

static int applies(const atr__cl_query *q) {
  return atr__move_word(q->out[0].type) != 0;
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const int axis = ((const atr__concat_params *)q->params)->axis;
  int64_t from = 0;
  for (size_t i = 0; i < q->n_in; i++) {
    const atr__walk walk = atr__concat_walk(&q->in[i].shape, &q->out[0].shape, axis, from, 0);
    atr__move_emit(e, q, &walk, 0, i);
    from += q->in[i].shape.dim[axis];
  }
}

/* Blocked tensors are joined by whole blocks of channels: every input but the last fills its blocks. */
static int applies_blocked(const atr__cl_query *q) {
  if (((const atr__concat_params *)q->params)->axis != 1 || q->out[0].type != ATR_F32 || q->n_in > 32)
    return 0;
  int blocked = q->readers_blocked;
  for (size_t i = 0; i < q->n_in; i++) {
    blocked |= q->in[i].layout == ATR__BLOCKED;
    if (i + 1 < q->n_in && q->in[i].shape.dim[1] % 16) return 0;
  }
  return blocked;
}

static void emit_blocked(atr__cl_emit *e, const atr__cl_query *q) {
  const atr_shape *out = &q->out[0].shape;
  const int64_t n = out->dim[0], count = atr__walk_blocked_count(out);
  const atr_shape whole = atr__shape_of(2, (int64_t[]){ n, n ? count / n : 0 });
  int64_t from = 0;
  for (size_t i = 0; i < q->n_in; i++) {
    const int64_t own = n ? atr__walk_blocked_count(&q->in[i].shape) / n : 0;
    const atr_shape part = atr__shape_of(2, (int64_t[]){ n, own });
    const atr__walk walk = atr__concat_walk(&part, &whole, 1, from, 0);
    atr__move_emit(e, q, &walk, 0, i);
    from += own;
  }
}

const atr__cl_row atr__concat_cl[] = {
  { .algorithm = "blocked",
    .applies = applies_blocked,
    .blocked_in = ~0u,
    .blocked_out = 1,
    .emit = emit_blocked },
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = NULL },
};
