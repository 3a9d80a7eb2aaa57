/* compare_cl.c: launches of kernels/compare.cl. */
#include <stdio.h>

#include "op/compare.h"
#include "op/walk.h"

static const char *type_name(atr_type type) {
  return type == ATR_F32 ? "float" : type == ATR_I32 ? "int" : type == ATR_I64 ? "long" : "uchar";
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  static const char *const kind[] = { "equal", "less", "less_or_equal", "greater", "greater_or_equal",
                                      "and",   "or",   "xor",           "not",     "is_nan" };
  const int k = (int)((const atr__compare_params *)q->params)->kind;
  const size_t second = q->n_in > 1;
  atr__walk walk = atr__walk_over(&q->out[0].shape);
  atr__walk_broadcast(&walk, &q->in[0].shape);
  atr__walk_broadcast(&walk, &q->in[second].shape);
  atr__walk_join(&walk);
  if (!walk.count) return;
  char suffix[40], defines[40];
  snprintf(suffix, sizeof suffix, "_%s_%s", kind[k], type_name(q->in[0].type));
  snprintf(defines, sizeof defines, "KIND=%d TYPE=%s", k, type_name(q->in[0].type));
  atr__cl_kernel(e, "compare.cl", "compare_fwd_baseline", suffix, defines);
  atr__cl_in(e, 0);
  atr__cl_in(e, second);
  atr__cl_out(e, 0);
  atr__cl_int(e, walk.count);
  atr__walk_emit(e, &walk);
  atr__cl_items(e, walk.count);
}

const atr__cl_row atr__compare_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
