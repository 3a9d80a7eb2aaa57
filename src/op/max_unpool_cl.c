/* max_unpool_cl.c: launches of kernels/max_unpool.cl. */
#include "op/max_unpool.h"

#include "base/checked.h"

typedef void push(atr__cl_emit *emit);

static void to_scratch(atr__cl_emit *e) {
  atr__cl_scratch(e, 0);
}
static void to_output(atr__cl_emit *e) {
  atr__cl_out(e, 0);
}

/* Marks every place with the last element that names it. */
static void mark(atr__cl_emit *e, const atr__max_unpool_params *p, size_t indices, push *marks) {
  atr__cl_kernel(e, "max_unpool.cl", "max_unpool_clear", "", "");
  atr__cl_int(e, p->places);
  marks(e);
  atr__cl_items(e, p->places);
  atr__cl_kernel(e, "max_unpool.cl", "max_unpool_mark", "", "");
  atr__cl_int(e, p->count);
  atr__cl_int(e, p->places);
  atr__cl_in(e, indices);
  marks(e);
  atr__cl_items(e, p->count);
}

static uint64_t scratch(const atr__cl_query *q) {
  return (uint64_t)((const atr__max_unpool_params *)q->params)->places * sizeof(int32_t);
}

static void emit_forward(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__max_unpool_params *p = q->params;
  mark(e, p, 1, to_scratch);
  atr__cl_kernel(e, "max_unpool.cl", "max_unpool_fwd_f32_baseline", "", "");
  atr__cl_int(e, p->places);
  atr__cl_in(e, 0);
  atr__cl_scratch(e, 0);
  atr__cl_out(e, 0);
  atr__cl_items(e, p->places);
}

/* On a CPU: reading the indices as often as there are ranges is less than marking places in passes. */
static int applies_ranges(const atr__cl_query *q) {
  return q->device->device_class == ATR__CLASS_CPU;
}

static void emit_ranges(atr__cl_emit *e, const atr__cl_query *q) {
  enum { RANGES_MOST = 16, RANGE_LEAST = 2048 };
  const atr__max_unpool_params *p = q->params;
  const int64_t most = atr__min_i64(RANGES_MOST, q->device->compute_units);
  const int64_t ranges = atr__max_i64(1, atr__min_i64(most, p->places / RANGE_LEAST));
  const int64_t range = atr__ceil_div(p->places, ranges);
  if (!p->places) return;
  atr__cl_kernel(e, "max_unpool.cl", "max_unpool_fwd_f32_ranges", "", "");
  atr__cl_int(e, p->count);
  atr__cl_int(e, p->places);
  for (size_t i = 0; i < 2; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__cl_int(e, range);
  atr__cl_groups(e, atr__ceil_div(p->places, range), 1, 1, 1);
}

static void emit_source(atr__cl_emit *e, const atr__cl_query *q) {
  mark(e, q->params, 0, to_output);
}

static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__max_unpool_params *p = q->params;
  atr__cl_kernel(e, "max_unpool.cl", "max_unpool_bwd_x_f32_baseline", "", "");
  atr__cl_int(e, p->count);
  atr__cl_int(e, p->places);
  for (size_t i = 0; i < 3; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__cl_items(e, p->count);
}

const atr__cl_row atr__max_unpool_cl[] = {
  { .algorithm = "ranges", .applies = applies_ranges, .emit = emit_ranges },
  { .algorithm = "baseline", .scratch = scratch, .emit = emit_forward },
  { .algorithm = NULL },
};

const atr__cl_row atr__max_unpool_source_cl[] = {
  { .algorithm = "baseline", .emit = emit_source },
  { .algorithm = NULL },
};

const atr__cl_row atr__max_unpool_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
