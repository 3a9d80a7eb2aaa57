/* binary_cl.c: launches of kernels/binary.cl and kernels/binary_grad.cl: one walk of the broadcast shape an
 * operand after the first. On CPUs a work-group takes whole runs of the innermost joined dimension. */
#include <stdio.h>

#include "op/binary.h"
#include "op/move.h"
#include "tensor/shape.h"

static int applies(const atr__cl_query *q) {
  return q->out[0].type == ATR_F32 || q->out[0].type == ATR_I32 || q->out[0].type == ATR_I64;
}

static int applies_rows(const atr__cl_query *q) {
  return applies(q) && q->device->device_class == ATR__CLASS_CPU;
}

static void fold(atr__cl_emit *e, const atr__cl_query *q, size_t i, const atr_shape *first,
                 const atr_shape *second, const atr_shape *shape, int rows) {
  static const char *const kind[] = { "add", "sub", "mul", "div", "pow", "max", "min", "prelu" };
  const int k = (int)((const atr__binary_params *)q->params)->kind;
  const atr_type type = q->out[0].type;
  atr__walk walk = atr__walk_over(shape);
  atr__walk_broadcast(&walk, first);
  atr__walk_broadcast(&walk, second);
  atr__walk_join(&walk);
  if (!walk.count) return;
  rows = rows && atr__walk_long(&walk);
  char suffix[32], defines[64];
  snprintf(suffix, sizeof suffix, "_%s%s", kind[k], type == ATR_F32 ? "" : type == ATR_I32 ? "_i32" : "_i64");
  snprintf(defines, sizeof defines, "KIND=%d TYPE=%s REAL=%d", k,
           type == ATR_F32   ? "float"
           : type == ATR_I32 ? "int"
                             : "long",
           type == ATR_F32);
  atr__cl_kernel(e, "binary.cl", rows ? "binary_fwd_rows" : "binary_fwd_baseline", suffix, defines);
  if (i == 1)
    atr__cl_in(e, 0);
  else
    atr__cl_out(e, 0);
  atr__cl_in(e, i);
  atr__cl_out(e, 0);
  if (rows) {
    atr__walk_emit_rows(e, &walk);
    atr__walk_launch_rows(e, &walk);
  } else {
    atr__cl_int(e, walk.count);
    atr__walk_emit(e, &walk);
    atr__cl_items(e, walk.count);
  }
}

static void emit_any(atr__cl_emit *e, const atr__cl_query *q, int rows) {
  const atr_shape *out = &q->out[0].shape;
  if (q->n_in == 1) {
    atr__walk walk = atr__walk_over(out);
    atr__walk_broadcast(&walk, out);
    atr__walk_broadcast(&walk, out);
    atr__walk_join(&walk);
    atr__move_emit(e, q, &walk, 0, 0);
  }
  for (size_t i = 1; i < q->n_in; i++)
    fold(e, q, i, i == 1 ? &q->in[0].shape : out, &q->in[i].shape, out, rows);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, 0);
}
static void emit_rows(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, 1);
}

/* Blocked operands of one shape are one run (one that is plain is converted); spare lanes stay zero where
 * f(0, 0) is 0. */
static int applies_blocked(const atr__cl_query *q) {
  const atr__binary_kind kind = ((const atr__binary_params *)q->params)->kind;
  const atr_shape *out = &q->out[0].shape;
  if (q->n_in != 2 || out->rank < 2 || q->out[0].type != ATR_F32) return 0;
  if (q->in[0].layout != ATR__BLOCKED && q->in[1].layout != ATR__BLOCKED) return 0;
  if ((kind == ATR__BINARY_DIV || kind == ATR__BINARY_POW) && out->dim[1] % 16) return 0;
  return atr__shape_equal(&q->in[0].shape, out) && atr__shape_equal(&q->in[1].shape, out);
}

static void emit_blocked(atr__cl_emit *e, const atr__cl_query *q) {
  const int64_t count = atr__walk_blocked_count(&q->out[0].shape);
  const atr_shape flat = atr__shape_of(1, &count);
  fold(e, q, 1, &flat, &flat, &flat, q->device->device_class == ATR__CLASS_CPU);
}

const atr__cl_row atr__binary_cl[] = {
  { .algorithm = "blocked",
    .applies = applies_blocked,
    .blocked_in = 3,
    .blocked_out = 1,
    .emit = emit_blocked },
  { .algorithm = "rows", .applies = applies_rows, .emit = emit_rows },
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = NULL },
};

static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  static const char *const suffix[2][8] = { { "", "", "", "", "_pow_0", "_max_0", "_min_0", "_prelu_0" },
                                            { "", "", "", "", "_pow_1", "_max_1", "_min_1", "_prelu_1" } };
  const atr__binary_params *p = q->params;
  atr__walk walk = atr__walk_over(&q->out[0].shape);
  for (int i = 0; i < 3; i++) atr__walk_broadcast(&walk, &q->in[i].shape);
  atr__walk_join(&walk);
  if (!walk.count) return;
  char defines[64];
  snprintf(defines, sizeof defines, "KIND=%d SIDE=%d", (int)p->kind, p->side);
  atr__cl_kernel(e, "binary_grad.cl", "binary_bwd_f32_baseline", suffix[p->side][p->kind], defines);
  for (size_t i = 0; i < 3; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__cl_int(e, walk.count);
  atr__walk_emit(e, &walk);
  atr__cl_items(e, walk.count);
}

const atr__cl_row atr__binary_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
