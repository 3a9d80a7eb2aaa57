/* mean_variance_normalization_cl.c: launches of kernels/mean_variance_normalization.cl: four numbers a line
 * to scratch, then an item an element. */
#include "op/mean_variance_normalization.h"
#include "tensor/shape.h"

static uint64_t scratch(const atr__cl_query *q) {
  return (uint64_t)atr__mvn_view_of(q->params, &q->out[0].shape).lines.count * 4 * sizeof(float);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__mvn_view view = atr__mvn_view_of(q->params, &q->out[0].shape);
  const int back = q->n_in > 1;
  if (!view.all.count) return;
  atr__cl_kernel(e, "mean_variance_normalization.cl", "mean_variance_normalization_stats_f32_baseline", "",
                 "");
  atr__cl_int(e, view.lines.count);
  atr__cl_int(e, view.along.count);
  atr__cl_int(e, back);
  atr__cl_in(e, 0);
  atr__cl_in(e, (size_t)back);
  atr__cl_scratch(e, 0);
  atr__cl_int(e, 10 + 2 + 2 * view.along.rank); /* where the walk of lines starts */
  atr__walk_emit(e, &view.along);
  atr__walk_emit(e, &view.lines);
  atr__cl_items(e, view.lines.count);
  atr__cl_kernel(e, "mean_variance_normalization.cl", "mean_variance_normalization_apply_f32_baseline", "",
                 "");
  atr__cl_int(e, view.all.count);
  atr__cl_int(e, back);
  atr__cl_in(e, 0);
  atr__cl_in(e, (size_t)back);
  atr__cl_scratch(e, 0);
  atr__cl_out(e, 0);
  atr__walk_emit(e, &view.all);
  atr__cl_items(e, view.all.count);
}

const atr__cl_row atr__mean_variance_normalization_cl[] = {
  { .algorithm = "baseline", .scratch = scratch, .emit = emit },
  { .algorithm = NULL },
};

const atr__cl_row atr__mean_variance_normalization_grad_cl[] = {
  { .algorithm = "baseline", .scratch = scratch, .emit = emit },
  { .algorithm = NULL },
};
