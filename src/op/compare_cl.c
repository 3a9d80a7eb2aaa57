/* compare_cl.c: launches of kernels/compare.cl. */
#include <stdio.h>

#include "op/compare.h"
#include "op/walk.h"

static void emit_any(atr__cl_emit *e, const atr__cl_query *q, int rows) {
  static const char *const kind[] = {
    "equal", "less",   "less_or_equal", "greater",         "greater_or_equal", "and",         "or", "xor",
    "not",   "is_nan", "is_inf",        "is_inf_positive", "is_inf_negative",  "is_inf_never"
  };
  const int k = (int)((const atr__compare_params *)q->params)->kind;
  const size_t second = q->n_in > 1;
  atr__walk walk = atr__walk_over(&q->out[0].shape);
  atr__walk_broadcast(&walk, &q->in[0].shape);
  atr__walk_broadcast(&walk, &q->in[second].shape);
  atr__walk_join(&walk);
  if (!walk.count) return;
  rows = rows && atr__walk_long(&walk);
  char suffix[40], defines[40];
  snprintf(suffix, sizeof suffix, "_%s_%s", kind[k], atr__cl_type(q->in[0].type));
  snprintf(defines, sizeof defines, "KIND=%d TYPE=%s", k, atr__cl_type(q->in[0].type));
  atr__cl_kernel(e, "compare.cl", rows ? "compare_fwd_rows" : "compare_fwd_baseline", suffix, defines);
  atr__cl_in(e, 0);
  atr__cl_in(e, second);
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
  return q->device->device_class == ATR__CLASS_CPU;
}

const atr__cl_row atr__compare_cl[] = {
  { .algorithm = "rows", .applies = applies_rows, .emit = emit_rows },
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
