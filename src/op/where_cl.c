/* where_cl.c: launches of kernels/where.cl. */
#include "op/move.h"
#include "op/where.h"

static int applies(const atr__cl_query *q) {
  return atr__move_word(q->out[0].type) != 0;
}

static void emit_any(atr__cl_emit *e, const atr__cl_query *q, int rows) {
  const int word = atr__move_word(q->out[0].type);
  atr__walk walk = atr__walk_over(&q->out[0].shape);
  for (int i = 0; i < 3; i++) atr__walk_broadcast(&walk, &q->in[i].shape);
  atr__walk_join(&walk);
  if (!walk.count) return;
  rows = rows && atr__walk_long(&walk);
  atr__move_kernel(e, "where.cl", rows ? "where_fwd_rows" : "where_fwd_baseline", word);
  for (size_t i = 0; i < 3; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__walk_launch(e, &walk, rows);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, 0);
}
static void emit_rows(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, 1);
}
static int applies_rows(const atr__cl_query *q) {
  return applies(q) && q->device->device_class == ATR__CLASS_CPU;
}

const atr__cl_row atr__where_cl[] = {
  { .algorithm = "rows", .applies = applies_rows, .emit = emit_rows },
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = NULL },
};
