/* optimizer_cl.c: launches of kernels/optimizer.cl. Rows: vectors, for CPUs, where the steps of all weights
 * share one launch; baseline. */
#include "op/optimizer.h"

#include "base/checked.h"

static void words(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__optimizer_params *p = q->params;
  atr__cl_int(e, p->count);
  atr__cl_int(e, p->kind == ATR__STEP_ADAMW || p->nesterov || p->centered);
  if (p->kind == ATR__STEP_RMSPROP) {
    const size_t absent = 7, moves = p->states > 1 + p->centered; /* whether there is a velocity */
    const size_t velocity = moves ? 5 : absent, mean = p->centered ? 5 + moves : absent;
    for (size_t i = 0; i < 5; i++) atr__cl_in(e, i);
    atr__cl_in(e, velocity);
    atr__cl_in(e, mean);
    for (size_t i = 0; i < 2; i++) atr__cl_out(e, i);
    atr__cl_out(e, velocity - 3);
    atr__cl_out(e, mean - 3);
    return;
  }
  for (size_t i = 0; i < q->n_in; i++) atr__cl_in(e, i);
  if (p->kind == ATR__STEP_SGD && !p->states) atr__cl_in(e, q->n_in); /* absent */
  for (size_t i = 0; i < q->n_out; i++) atr__cl_out(e, i);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  static const char *const kernel[] = { "sgd_step_f32_baseline",     "adam_step_f32_baseline",
                                        "adam_step_f32_baseline",    "rmsprop_step_f32_baseline",
                                        "adagrad_step_f32_baseline", "commit_f32_baseline" };
  const atr__optimizer_params *p = q->params;
  atr__cl_kernel(e, "optimizer.cl", kernel[p->kind], "", "");
  words(e, q);
  atr__cl_items(e, p->count);
}

enum { VECTORS_WORD = 20, GROUP = 2048 };

static const char *vectors_kernel(const atr__optimizer_params *p) {
  return p->kind == ATR__STEP_SGD                                  ? "sgd_step_f32_vectors"
         : p->kind == ATR__STEP_ADAM || p->kind == ATR__STEP_ADAMW ? "adam_step_f32_vectors"
         : p->kind == ATR__STEP_COMMIT                             ? "commit_f32_vectors"
                                                                   : NULL;
}

static int vectors_apply(const atr__cl_query *q) {
  const atr__optimizer_params *p = q->params;
  return q->device->device_class == ATR__CLASS_CPU && vectors_kernel(p) && p->count / GROUP < 32768;
}

static void emit_vectors(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__optimizer_params *p = q->params;
  atr__cl_kernel(e, "optimizer.cl", vectors_kernel(p), "", "");
  words(e, q);
  for (size_t i = 2 + 2 * (q->n_in + q->n_out + (p->kind == ATR__STEP_SGD && !p->states)); i < VECTORS_WORD;
       i++)
    atr__cl_int(e, 0);
  atr__cl_int(e, GROUP);
  atr__cl_shared(e, atr__ceil_div(p->count, GROUP));
}

const atr__cl_row atr__optimizer_cl[] = {
  { .algorithm = "vectors", .applies = vectors_apply, .emit = emit_vectors },
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
