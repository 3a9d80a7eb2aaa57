/* softmax_cl.c: launches of kernels/softmax.cl. Rows: planes, 64 lines side by side a work-group, for CPUs
 * where the axis is not the last (the channels of an image); lines, some whole lines a work-group, for CPUs
 * where it is; baseline, one item a line. */
#include "op/softmax.h"

#include "base/checked.h"

enum { PLANE = 64, PAGE = 1024, GROUPS_MIN = 64 };

static void words(atr__cl_emit *e, const atr__cl_query *q, const char *kernel) {
  const atr__softmax_params *p = q->params;
  atr__cl_kernel(e, "softmax.cl", kernel, "", "");
  atr__cl_int(e, p->outer);
  atr__cl_int(e, p->length);
  atr__cl_int(e, p->inner);
  atr__cl_int(e, p->log);
  for (size_t i = 0; i < q->n_in; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
}

static void groups(atr__cl_emit *e, int64_t count) {
  atr__cl_tiles(e, count);
}

static void baseline(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__softmax_params *p = q->params;
  words(e, q, q->n_in > 1 ? "softmax_bwd_x_f32_baseline" : "softmax_fwd_f32_baseline");
  atr__cl_items(e, p->length ? p->outer * p->inner : 0);
}

static int planes_apply(const atr__cl_query *q) {
  const atr__softmax_params *p = q->params;
  return q->device->device_class == ATR__CLASS_CPU && p->inner >= 16 && p->length > 0;
}
static void planes(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__softmax_params *p = q->params;
  const int64_t tiles = p->outer * atr__ceil_div(p->inner, PLANE);
  if (q->n_in > 1) {
    words(e, q, "softmax_bwd_x_f32_planes");
    groups(e, tiles);
    return;
  }
  /* A page of each channel, which is looked up once, where there is that much. */
  const int64_t each = atr__max_i64(1, atr__min_i64(tiles / GROUPS_MIN, PAGE / PLANE));
  words(e, q, "softmax_fwd_f32_planes");
  atr__cl_int(e, each);
  atr__cl_int(e, p->inner % 16 == 0 && atr__cl_streams(q));
  groups(e, atr__ceil_div(tiles, each));
}

static int lines_apply(const atr__cl_query *q) {
  const atr__softmax_params *p = q->params;
  return q->device->device_class == ATR__CLASS_CPU && p->inner == 1 && p->length >= 16;
}
static void lines(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__softmax_params *p = q->params;
  const int64_t each = atr__max_i64(1, 1024 / p->length);
  words(e, q, q->n_in > 1 ? "softmax_bwd_x_f32_lines" : "softmax_fwd_f32_lines");
  atr__cl_int(e, each);
  groups(e, atr__ceil_div(p->outer, each));
}

const atr__cl_row atr__softmax_cl[] = {
  { .algorithm = "planes", .applies = planes_apply, .emit = planes },
  { .algorithm = "lines", .applies = lines_apply, .emit = lines },
  { .algorithm = "baseline", .emit = baseline },
  { .algorithm = NULL },
};

const atr__cl_row atr__softmax_grad_cl[] = {
  { .algorithm = "planes", .applies = planes_apply, .emit = planes },
  { .algorithm = "lines", .applies = lines_apply, .emit = lines },
  { .algorithm = "baseline", .emit = baseline },
  { .algorithm = NULL },
};
