/* pad_cl.c: launches of kernels/pad.cl. */
#include "base/checked.h"
#include "op/move.h"
#include "op/pad.h"
#include "tensor/shape.h"

static int applies(const atr__cl_query *q) {
  return atr__move_word(q->in[0].type) != 0;
}

static int applies_rows(const atr__cl_query *q) {
  return applies(q) && q->device->device_class == ATR__CLASS_CPU && q->out[0].shape.rank > 0;
}

static void emit_any(atr__cl_emit *e, const atr__cl_query *q, int by_rows) {
  const atr__pad_params *p = q->params;
  const atr_shape *in = &q->in[0].shape, *out = &q->out[0].shape;
  const int word = atr__move_word(q->in[0].type);
  const int64_t count = atr__shape_size(out);
  if (!count) return;
  atr__move_kernel(e, "pad.cl", by_rows ? "pad_fwd_rows" : "pad_fwd_baseline", word);
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_int(e, (int32_t)(uint32_t)p->bits);
  atr__cl_int(e, (int32_t)(uint32_t)(p->bits >> 32));
  atr__cl_int(e, (int)p->mode);
  atr__cl_int(e, out->rank);
  int64_t stride[ATR_RANK_MAX];
  atr__shape_strides(in, stride);
  for (int d = out->rank - 1; d >= 0; d--) {
    atr__cl_int(e, out->dim[d]);
    atr__cl_int(e, in->dim[d]);
    atr__cl_int(e, p->before[d]);
    atr__cl_int(e, stride[d]);
  }
  if (!by_rows) {
    atr__cl_items(e, count);
    return;
  }
  const int64_t length = out->dim[out->rank - 1], rows = count / length;
  const int64_t a_group = atr__max_i64(1, atr__min_i64(8192, count / 64) / length);
  const int64_t groups = atr__ceil_div(rows, a_group);
  atr__cl_int(e, rows);
  atr__cl_int(e, a_group);
  atr__cl_tiles(e, groups);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, 0);
}
static void emit_rows(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, 1);
}

const atr__cl_row atr__pad_cl[] = {
  { .algorithm = "rows", .applies = applies_rows, .emit = emit_rows },
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = NULL },
};

static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__pad_params *p = q->params;
  const atr_shape *dy = &q->in[0].shape, *dx = &q->out[0].shape;
  const int64_t count = atr__shape_size(dx);
  if (!count) return;
  atr__cl_kernel(e, "pad.cl", "pad_bwd_f32_baseline", "_4", "WORD=int");
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_int(e, (int)p->mode);
  atr__cl_int(e, atr__shape_span(dx, p->axis + 1, dx->rank));
  atr__cl_int(e, dx->dim[p->axis]);
  atr__cl_int(e, dy->dim[p->axis]);
  atr__cl_int(e, p->before[p->axis]);
  atr__cl_items(e, count);
}

const atr__cl_row atr__pad_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
