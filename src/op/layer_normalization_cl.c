/* layer_normalization_cl.c: launches of kernels/layer_normalization.cl. Rows: lines, for CPUs, some whole
 * lines a work-group, statistics and result at once; baseline, statistics an item a line, to scratch where
 * nobody wants them, then an item an element. */
#include "op/layer_normalization.h"

#include "base/checked.h"

static uint64_t round_64(int64_t bytes) {
  return ((uint64_t)bytes + 63) / 64 * 64;
}

/* Two numbers a line. */
static uint64_t scratch(const atr__cl_query *q) {
  const atr__layer_normalization_params *p = q->params;
  return 2 * round_64(p->lines * 4);
}
static void second_vector(atr__cl_emit *e, const atr__cl_query *q) {
  atr__cl_scratch(e, round_64(((const atr__layer_normalization_params *)q->params)->lines * 4));
}

static void start(atr__cl_emit *e, const atr__cl_query *q, const char *kernel) {
  const atr__layer_normalization_params *p = q->params;
  atr__cl_kernel(e, "layer_normalization.cl", kernel, "", "");
  atr__cl_int(e, p->lines);
  atr__cl_int(e, p->length);
  atr__cl_int(e, p->groups);
  atr__cl_int(e, p->each);
  atr__cl_int(e, p->inner);
  atr__cl_float(e, p->epsilon);
}

static void groups(atr__cl_emit *e, int64_t count) {
  atr__cl_tiles(e, count);
}

/* A group takes about a thousand elements. */
static void launch_lines(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__layer_normalization_params *p = q->params;
  const int64_t each = atr__max_i64(1, 1024 / atr__max_i64(1, p->length));
  atr__cl_int(e, each);
  groups(e, atr__ceil_div(p->lines, each));
}

static int wanted(const atr__cl_query *q, size_t output) {
  return q->n_out > output && q->out[output].type != ATR_TYPE_NONE;
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__layer_normalization_params *p = q->params;
  for (int second = 0; second < 2; second++) {
    if (second) {
      start(e, q, "layer_normalization_fwd_f32_baseline");
      for (size_t i = 0; i < 3; i++) atr__cl_in(e, i);
    } else {
      start(e, q, "layer_normalization_stats_f32_baseline");
      atr__cl_in(e, 0);
    }
    if (wanted(q, 1))
      atr__cl_out(e, 1);
    else
      atr__cl_scratch(e, 0);
    if (wanted(q, 2))
      atr__cl_out(e, 2);
    else
      second_vector(e, q);
    if (second) {
      atr__cl_out(e, 0);
      atr__cl_items(e, p->lines * p->length);
    } else
      atr__cl_items(e, p->lines);
  }
}

static void emit_lines(atr__cl_emit *e, const atr__cl_query *q) {
  start(e, q, "layer_normalization_fwd_f32_lines");
  for (size_t i = 0; i < 3; i++) atr__cl_in(e, i);
  atr__cl_out(e, 1);
  atr__cl_out(e, 2);
  atr__cl_out(e, 0);
  launch_lines(e, q);
}

static int lines_apply(const atr__cl_query *q) {
  return q->device->device_class == ATR__CLASS_CPU;
}

/* Before dx is written, which may lie where dy or x does. */
static void grad_scales(atr__cl_emit *e, const atr__cl_query *q, int columns) {
  const atr__layer_normalization_params *p = q->params;
  columns = columns && p->inner == 1 && p->groups == 1;
  if (!wanted(q, 1) && !wanted(q, 2)) return;
  start(e, q, columns ? "layer_normalization_bwd_w_f32_columns" : "layer_normalization_bwd_w_f32_baseline");
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_in(e, 3);
  atr__cl_in(e, 4);
  atr__cl_out(e, 1);
  atr__cl_out(e, 2);
  if (columns)
    groups(e, atr__ceil_div(p->each, 16));
  else
    atr__cl_items(e, p->groups * p->each);
}

static void grad_words(atr__cl_emit *e, const atr__cl_query *q) {
  for (size_t i = 0; i < 5; i++) atr__cl_in(e, i);
  atr__cl_scratch(e, 0);
  second_vector(e, q);
}

static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__layer_normalization_params *p = q->params;
  grad_scales(e, q, 0);
  if (!wanted(q, 0)) return;
  start(e, q, "layer_normalization_bwd_stats_f32_baseline");
  grad_words(e, q);
  atr__cl_items(e, p->lines);
  start(e, q, "layer_normalization_bwd_x_f32_baseline");
  grad_words(e, q);
  atr__cl_out(e, 0);
  atr__cl_items(e, p->lines * p->length);
}

static void emit_grad_lines(atr__cl_emit *e, const atr__cl_query *q) {
  grad_scales(e, q, 1);
  if (!wanted(q, 0)) return;
  start(e, q, "layer_normalization_bwd_x_f32_lines");
  for (size_t i = 0; i < 5; i++) atr__cl_in(e, i);
  atr__cl_int(e, 0);
  atr__cl_int(e, 0);
  atr__cl_int(e, 0);
  atr__cl_int(e, 0);
  atr__cl_out(e, 0);
  launch_lines(e, q);
}

const atr__cl_row atr__layer_normalization_cl[] = {
  { .algorithm = "lines", .applies = lines_apply, .emit = emit_lines },
  { .algorithm = "baseline", .scratch = scratch, .emit = emit },
  { .algorithm = NULL },
};

const atr__cl_row atr__layer_normalization_grad_cl[] = {
  { .algorithm = "lines", .applies = lines_apply, .emit = emit_grad_lines },
  { .algorithm = "baseline", .scratch = scratch, .emit = emit_grad },
  { .algorithm = NULL },
};
