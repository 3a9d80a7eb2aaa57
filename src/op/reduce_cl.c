/* reduce_cl.c: launches of kernels/reduce.cl and kernels/reduce_prod_grad.cl. What is reduced is cut into
 * parts (see reduce.c): where there is more than one, a first launch makes one number a part in scratch and a
 * second joins them, so that a reduction of everything is still many items. */
#include <stdio.h>

#include "base/checked.h"
#include "op/reduce.h"
#include "tensor/element.h"
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

/* On CPUs, where what is kept ends in neighbours and what is reduced in one stride: 16 outputs at a time. */
static int applies_columns(const atr__cl_query *q) {
  const atr__reduce_params *p = q->params;
  const atr__reduce_view view = atr__reduce_view_of(p, &q->in[0].shape);
  const int inner = view.kept.rank - 1;
  return applies(q) && q->device->device_class == ATR__CLASS_CPU && p->kind != ATR__REDUCE_LOG_SUM_EXP &&
         view.reduced.rank == 1 && view.reduced.count && inner >= 0 && view.kept.stride[0][inner] == 1 &&
         view.kept.dim[inner] >= 16;
}

/* Joins the parts in scratch, `n` of them an output. */
static void emit_join(atr__cl_emit *e, const atr__cl_query *q, int64_t outputs, int64_t n, int64_t count) {
  kernel(e, "reduce_join_f32_baseline", q->params);
  atr__cl_scratch(e, 0);
  atr__cl_out(e, 0);
  atr__cl_int(e, outputs);
  atr__cl_int(e, n);
  atr__cl_int(e, count);
  atr__cl_items(e, outputs);
}

static void emit_columns(atr__cl_emit *e, const atr__cl_query *q) {
  atr__reduce_view view = atr__reduce_view_of(q->params, &q->in[0].shape);
  const int64_t outputs = view.kept.count, n = parts(&view), columns = view.kept.dim[view.kept.rank - 1];
  if (!outputs) return;
  const int64_t blocks = atr__ceil_div(columns, 16), groups = outputs / columns * n * blocks;
  kernel(e, "reduce_columns_f32", q->params);
  atr__cl_in(e, 0);
  if (n > 1)
    atr__cl_scratch(e, 0);
  else
    atr__cl_out(e, 0);
  atr__cl_int(e, groups);
  atr__cl_int(e, n);
  atr__cl_int(e, view.reduced.count);
  atr__cl_int(e, 0);
  atr__cl_int(e, columns);
  atr__cl_int(e, blocks);
  atr__cl_int(e, view.reduced.stride[0][0]);
  atr__cl_int(e, n == 1);
  view.kept.rank--;
  atr__walk_emit(e, &view.kept);
  atr__cl_tiles(e, groups);
  if (n > 1) emit_join(e, q, outputs, n, view.reduced.count);
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
  if (two) emit_join(e, q, outputs, n, view.reduced.count);
}

static int applies_integers(const atr__cl_query *q) {
  return !applies(q);
}

/* Sums wrap, so that their order does not matter; they are kept in 64 bits as the host does it. */
static void emit_integers(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__reduce_params *p = q->params;
  const atr__reduce_view view = atr__reduce_view_of(p, &q->in[0].shape);
  const atr_type type = q->in[0].type;
  char suffix[32], defines[64];
  if (!view.kept.count) return;
  snprintf(suffix, sizeof suffix, "_%d_%s", (int)p->kind, type == ATR_BOOL ? "bool" : atr__cl_type(type));
  snprintf(defines, sizeof defines, "KIND=%d TYPE=%s UNSIGNED=%d MOST=0x%llxUL", (int)p->kind,
           atr__cl_type(type), atr__type_unsigned(type), type == ATR_BOOL ? 1ull : ~0ull);
  atr__cl_kernel(e, "reduce_integer.cl", "reduce_integer_fwd_baseline", suffix, defines);
  atr__cl_int(e, view.kept.count);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_int(e, view.reduced.count);
  atr__cl_int(e, 7 + 2 + 2 * view.reduced.rank);
  atr__walk_emit(e, &view.reduced);
  atr__walk_emit(e, &view.kept);
  atr__cl_items(e, view.kept.count);
}

const atr__cl_row atr__reduce_cl[] = {
  { .algorithm = "columns", .applies = applies_columns, .scratch = scratch, .emit = emit_columns },
  { .algorithm = "baseline", .applies = applies, .scratch = scratch, .emit = emit },
  { .algorithm = "integers", .applies = applies_integers, .emit = emit_integers },
  { .algorithm = NULL },
};

static void emit_prod_grad(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__reduce_view view = atr__reduce_view_of(q->params, &q->in[1].shape);
  if (!view.kept.count || !view.reduced.count) return;
  atr__cl_kernel(e, "reduce_prod_grad.cl", "reduce_prod_bwd_f32_baseline", "", "");
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_out(e, 0);
  atr__cl_int(e, view.kept.count);
  atr__cl_int(e, view.reduced.count);
  atr__cl_int(e, 9 + 2 + 2 * view.reduced.rank); /* where the kept walk starts */
  atr__walk_emit(e, &view.reduced);
  atr__walk_emit(e, &view.kept);
  atr__cl_items(e, view.kept.count);
}

const atr__cl_row atr__reduce_prod_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit_prod_grad },
  { .algorithm = NULL },
};
