/* unary_cl.c: launches of kernels/unary.cl and kernels/unary_grad.cl. Blocked tensors are one run like plain
 * ones, where their spare lanes stay zero; gradients are always plain. */
#include <stdio.h>

#include "op/unary.h"
#include "op/walk.h"
#include "tensor/element.h"
#include "tensor/shape.h"

static int applies(const atr__cl_query *q) {
  return q->in[0].type == ATR_F32;
}

/* Where the input lies in blocks already; Clip's bounds are parameters, not operands. */
static int applies_blocked(const atr__cl_query *q) {
  const atr_shape *shape = &q->in[0].shape;
  return applies(q) && (q->in[0].layout == ATR__BLOCKED || q->readers_blocked) && shape->rank >= 2 &&
         (shape->dim[1] % 16 == 0 || atr__unary_keeps_zero(q->params));
}

static int applies_vectors(const atr__cl_query *q) {
  return applies(q) && q->device->device_class == ATR__CLASS_CPU;
}

static int applies_integers(const atr__cl_query *q) {
  return q->in[0].type != ATR_F32;
}

static void two_words(atr__cl_emit *e, int64_t value) {
  atr__cl_int(e, (int32_t)(uint32_t)(uint64_t)value);
  atr__cl_int(e, (int32_t)(uint32_t)((uint64_t)value >> 32));
}

static void emit_integers(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__unary_params *p = q->params;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  const char *type = atr__cl_type(q->in[0].type);
  char suffix[40], defines[48];
  if (!count) return;
  snprintf(suffix, sizeof suffix, "%s_%s", atr__unary_suffix[p->kind], type);
  snprintf(defines, sizeof defines, "KIND=%d TYPE=%s UNSIGNED=%d", (int)p->kind, type,
           atr__type_unsigned(q->in[0].type));
  atr__cl_kernel(e, "unary_integer.cl", "unary_integer_fwd_baseline", suffix, defines);
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  two_words(e, p->least);
  two_words(e, p->most);
  atr__cl_items(e, count);
}

static void launch(atr__cl_emit *e, const atr__cl_query *q, size_t n_in, int64_t count, int vectors) {
  static const char *const name[2][2] = { { "unary_fwd_f32_baseline", "unary_fwd_f32_vectors" },
                                          { "unary_bwd_f32_baseline", "unary_bwd_f32_vectors" } };
  const atr__unary_params *p = q->params;
  char defines[32];
  if (!count) return;
  snprintf(defines, sizeof defines, "KIND=%d", (int)p->kind);
  atr__cl_kernel(e, n_in == 2 ? "unary_grad.cl" : "unary.cl", name[n_in == 2][vectors],
                 atr__unary_suffix[p->kind], defines);
  atr__cl_int(e, count);
  for (size_t i = 0; i < n_in; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__cl_float(e, (float)p->a);
  atr__cl_float(e, (float)p->b);
  if (vectors)
    atr__walk_launch_chunks(e, count);
  else
    atr__cl_items(e, count);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, 1, atr__shape_size(&q->out[0].shape), 0);
}
static void emit_vectors(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, 1, atr__shape_size(&q->out[0].shape), 1);
}
static void emit_blocked(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, 1, atr__walk_blocked_count(&q->out[0].shape), q->device->device_class == ATR__CLASS_CPU);
}
static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, 2, atr__shape_size(&q->out[0].shape), 0);
}
static void emit_grad_vectors(atr__cl_emit *e, const atr__cl_query *q) {
  launch(e, q, 2, atr__shape_size(&q->out[0].shape), 1);
}
const atr__cl_row atr__unary_cl[] = {
  { .algorithm = "blocked",
    .applies = applies_blocked,
    .blocked_in = 1,
    .blocked_out = 1,
    .emit = emit_blocked },
  { .algorithm = "vectors", .applies = applies_vectors, .emit = emit_vectors },
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = "integers", .applies = applies_integers, .emit = emit_integers },
  { .algorithm = NULL },
};

const atr__cl_row atr__unary_grad_cl[] = {
  { .algorithm = "vectors", .applies = applies_vectors, .emit = emit_grad_vectors },
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
