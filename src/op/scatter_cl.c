/* scatter_cl.c: names instances of kernels/scatter.cl; see scatter.h. */
#include <stdio.h>

#include "op/move.h"
#include "op/scatter.h"

static const char *name_of(atr__scatter_kind kind, atr_type type) {
  return kind ? atr__cl_type(type) : atr__move_type(type);
}

void atr__scatter_kernel(atr__cl_emit *e, const char *kernel, atr__scatter_kind kind, atr_type type,
                         atr_type index) {
  char suffix[40], defines[64];
  const char *name = name_of(kind, type), *wide = atr__cl_type(index);
  snprintf(suffix, sizeof suffix, "_%d_%s_%s", (int)kind, name, wide);
  snprintf(defines, sizeof defines, "KIND=%d TYPE=%s INDEX=%s", (int)kind, name, wide);
  atr__cl_kernel(e, "scatter.cl", kernel, suffix, defines);
}

void atr__scatter_copy_emit(atr__cl_emit *e, const atr__cl_query *q) {
  atr__walk walk = atr__walk_over(&q->in[0].shape);
  atr__walk_broadcast(&walk, &q->in[0].shape);
  atr__walk_broadcast(&walk, &q->in[0].shape);
  atr__walk_join(&walk);
  atr__move_emit(e, q, &walk, 0, 0);
}
