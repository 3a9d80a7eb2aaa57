/* random_cl.c: launches of kernels/random.cl. */
#include <stdio.h>

#include "op/move.h"
#include "op/random.h"
#include "tensor/shape.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  static const char *const names[] = { "uniform", "normal", "bernoulli" };
  const atr__random_params *p = q->params;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  const char *word = p->kind == ATR__RANDOM_BERNOULLI ? atr__move_type(q->out[0].type) : "float";
  char suffix[32], defines[32];
  if (!count) return;
  snprintf(suffix, sizeof suffix, "_%s_%s", names[p->kind], word);
  snprintf(defines, sizeof defines, "KIND=%d WORD=%s", (int)p->kind, word);
  atr__cl_kernel(e, "random.cl", "random_fwd_baseline", suffix, defines);
  atr__cl_int(e, count);
  atr__cl_float(e, p->a);
  atr__cl_float(e, p->b);
  atr__cl_int(e, (int32_t)(uint32_t)p->key);
  atr__cl_int(e, (int32_t)(uint32_t)(p->key >> 32));
  atr__cl_int(e, (int32_t)(uint32_t)p->one);
  atr__cl_int(e, (int32_t)(uint32_t)(p->one >> 32));
  atr__cl_out(e, 0);
  if (p->kind == ATR__RANDOM_BERNOULLI) atr__cl_in(e, 0);
  atr__cl_items(e, (count + 3) / 4);
}

const atr__cl_row atr__random_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
