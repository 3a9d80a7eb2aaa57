/* arg_cl.c: launches of kernels/arg.cl. */
#include <stdio.h>

#include "base/checked.h"
#include "op/arg.h"
#include "tensor/shape.h"

static int applies(const atr__cl_query *q) {
  return q->in[0].type == ATR_F32;
}

static int64_t inner_of(const atr__cl_query *q) {
  const atr_shape *in = &q->in[0].shape;
  return atr__shape_span(in, ((const atr__arg_params *)q->params)->axis + 1, in->rank);
}
static int applies_columns(const atr__cl_query *q) {
  return applies(q) && q->device->device_class == ATR__CLASS_CPU && inner_of(q) >= 16;
}

static void emit_any(atr__cl_emit *e, const atr__cl_query *q, int columns) {
  const atr__arg_params *p = q->params;
  const atr_shape *in = &q->in[0].shape;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  if (!count) return;
  atr__cl_kernel(e, "arg.cl", columns ? "arg_fwd_f32_columns" : "arg_fwd_f32_baseline", "", "");
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_int(e, in->dim[p->axis]);
  atr__cl_int(e, inner_of(q));
  atr__cl_int(e, p->least);
  atr__cl_int(e, p->last);
  if (!columns) {
    atr__cl_items(e, count);
    return;
  }
  const int64_t groups = count / inner_of(q) * atr__ceil_div(inner_of(q), 16);
  atr__cl_tiles(e, groups);
}

static int applies_integers(const atr__cl_query *q) {
  return !applies(q);
}

static void emit_integers(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__arg_params *p = q->params;
  const char *type = atr__cl_type(q->in[0].type);
  const int64_t count = atr__shape_size(&q->out[0].shape);
  char suffix[16], defines[24];
  if (!count) return;
  snprintf(suffix, sizeof suffix, "_%s", type);
  snprintf(defines, sizeof defines, "TYPE=%s", type);
  atr__cl_kernel(e, "arg_integer.cl", "arg_integer_fwd_baseline", suffix, defines);
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_int(e, q->in[0].shape.dim[p->axis]);
  atr__cl_int(e, inner_of(q));
  atr__cl_int(e, p->least);
  atr__cl_int(e, p->last);
  atr__cl_items(e, count);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, 0);
}
static void emit_columns(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, 1);
}

const atr__cl_row atr__arg_cl[] = {
  { .algorithm = "columns", .applies = applies_columns, .emit = emit_columns },
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = "integers", .applies = applies_integers, .emit = emit_integers },
  { .algorithm = NULL },
};
