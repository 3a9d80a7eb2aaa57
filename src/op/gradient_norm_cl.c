/* gradient_norm_cl.c: launches of kernels/gradient_norm.cl. All tensors go in one launch, each cut in the
 * same number of parts, so many small tensors cost no more than one. */
#include "op/gradient_norm.h"

#include "base/checked.h"
#include "tensor/shape.h"

enum { PARTS_MOST = 512, PART_ELEMENTS = 128 };

static int64_t parts_of(const atr__cl_query *q) {
  const atr__gradient_norm_params *p = q->params;
  return atr__max_i64(1, atr__min_i64(PARTS_MOST, p->most / PART_ELEMENTS));
}

static uint64_t scratch(const atr__cl_query *q) {
  return (uint64_t)(parts_of(q) * (int64_t)q->n_in) * 2 * sizeof(float);
}

static int runs_apply(const atr__cl_query *q) {
  return q->device->device_class == ATR__CLASS_CPU;
}

static void emit_parts(atr__cl_emit *e, const atr__cl_query *q, int64_t parts, int runs) {
  const int64_t n = (int64_t)q->n_in;
  atr__cl_kernel(e, "gradient_norm.cl",
                 runs ? "gradient_norm_parts_f32_runs" : "gradient_norm_parts_f32_baseline", "", "");
  atr__cl_int(e, n);
  atr__cl_int(e, parts);
  atr__cl_scratch(e, 0);
  for (size_t i = 0; i < q->n_in; i++) {
    atr__cl_int(e, atr__shape_size(&q->in[i].shape));
    atr__cl_in(e, i);
  }
  if (runs)
    atr__cl_tiles(e, n * parts);
  else
    atr__cl_items(e, n * parts);
  atr__cl_kernel(e, "gradient_norm.cl", "gradient_norm_join_f32_baseline", "", "");
  atr__cl_int(e, n);
  atr__cl_int(e, parts);
  atr__cl_scratch(e, 0);
  atr__cl_out(e, 0);
  atr__cl_items(e, n);
}

static void emit_norm(atr__cl_emit *e, const atr__cl_query *q) {
  emit_parts(e, q, parts_of(q), 0);
}
/* Parts of 4096 elements of the largest tensor, at most 64. */
static int64_t runs_of(const atr__cl_query *q) {
  return atr__max_i64(1, atr__min_i64(64, ((const atr__gradient_norm_params *)q->params)->most / 4096));
}
static void emit_runs(atr__cl_emit *e, const atr__cl_query *q) {
  emit_parts(e, q, runs_of(q), 1);
}

static void emit_clip(atr__cl_emit *e, const atr__cl_query *q) {
  atr__cl_kernel(e, "gradient_norm.cl", "clip_factor_f32_baseline", "", "");
  atr__cl_int(e, ((const atr__clip_factor_params *)q->params)->n);
  for (size_t i = 0; i < 3; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__cl_items(e, 1);
}

const atr__cl_row atr__gradient_norm_cl[] = {
  { .algorithm = "runs", .applies = runs_apply, .scratch = scratch, .emit = emit_runs },
  { .algorithm = "baseline", .scratch = scratch, .emit = emit_norm },
  { .algorithm = NULL },
};
const atr__cl_row atr__clip_factor_cl[] = {
  { .algorithm = "baseline", .emit = emit_clip },
  { .algorithm = NULL },
};
