/* reduce_cl.c: launches of kernels/reduce.cl. What is reduced is cut into parts (see reduce.c): where there
 * is more than one, a first launch makes one number a part in scratch and a second joins them, so that a
 * reduction of everything is still many items. */
#include <stdio.h>

#include "base/checked.h"
#include "op/reduce.h"
#include "tensor/shape.h"

static int applies(const atr__cl_query *q) {
  return q->in[0].type == ATR_F32;
}

static int64_t parts(const atr__reduce_view *view) {
  return atr__max_i64(1, atr__ceil_div(view->reduced.count, ATR__REDUCE_PART));
}

/* LogSumExp walks everything twice in one item. */
static int staged(const atr__reduce_params *p, const atr__reduce_view *view) {
  return p->kind != ATR__REDUCE_LOG_SUM_EXP && parts(view) > 1;
}

static uint64_t scratch(const atr__cl_query *q) {
  const atr__reduce_view view = atr__reduce_view_of(q->params, &q->in[0].shape);
  return staged(q->params, &view) ? (uint64_t)(view.kept.count * parts(&view)) * sizeof(float) : 0;
}

static void kernel(atr__cl_emit *e, const char *name, const atr__reduce_params *p) {
  static const char *const kind[] = { "_sum", "_mean", "_max",        "_min",     "_prod",
                                      "_l1",  "_l2",   "_sum_square", "_log_sum", "_log_sum_exp" };
  char defines[32];
  snprintf(defines, sizeof defines, "KIND=%d", (int)p->kind);
  atr__cl_kernel(e, "reduce.cl", name, kind[p->kind], defines);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__reduce_params *p = q->params;
  const atr__reduce_view view = atr__reduce_view_of(p, &q->in[0].shape);
  const int64_t outputs = view.kept.count, n = parts(&view);
  const int two = staged(p, &view);
  if (!outputs) return;
  kernel(e, two ? "reduce_part_f32_baseline" : "reduce_fwd_f32_baseline", p);
  atr__cl_in(e, 0);
  if (two)
    atr__cl_scratch(e, 0);
  else
    atr__cl_out(e, 0);
  atr__cl_int(e, two ? outputs * n : outputs);
  atr__cl_int(e, n);
  atr__cl_int(e, view.reduced.count);
  atr__cl_int(e, 9 + 2 + 2 * view.reduced.rank); /* where the kept walk starts */
  atr__cl_int(e, view.reduced.rank ? view.reduced.dim[view.reduced.rank - 1] : 1);
  atr__walk_emit(e, &view.reduced);
  atr__walk_emit(e, &view.kept);
  atr__cl_items(e, two ? outputs * n : outputs);
  if (!two) return;
  kernel(e, "reduce_join_f32_baseline", p);
  atr__cl_scratch(e, 0);
  atr__cl_out(e, 0);
  atr__cl_int(e, outputs);
  atr__cl_int(e, n);
  atr__cl_int(e, view.reduced.count);
  atr__cl_items(e, outputs);
}

const atr__cl_row atr__reduce_cl[] = {
  { .algorithm = "baseline", .applies = applies, .scratch = scratch, .emit = emit },
  { .algorithm = NULL },
};
