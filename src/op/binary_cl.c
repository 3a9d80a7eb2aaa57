/* binary_cl.c: launches of kernels/binary.cl and kernels/binary_grad.cl: one walk of the broadcast shape an
 * operand after the first. On CPUs a work-group takes whole runs of the innermost joined dimension. */
#include <stdio.h>

#include "base/checked.h"
#include "op/binary.h"
#include "op/move.h"
#include "tensor/element.h"
#include "tensor/shape.h"

/* A power of an integer by a float is taken in double precision: it is left to the host. */
static int applies(const atr__cl_query *q) {
  return q->n_in < 2 || q->in[0].type == ATR_F32 || q->in[1].type != ATR_F32;
}

static int applies_rows(const atr__cl_query *q) {
  return applies(q) && q->device->device_class == ATR__CLASS_CPU;
}

/* Names the kernel of operand i, which comes to a sum, say, of those before. */
static void kernel(atr__cl_emit *e, const atr__cl_query *q, size_t i, const char *name) {
  static const char *const kind[] = { "add", "sub",  "mul",  "div", "pow", "max", "min",  "prelu",
                                      "mod", "fmod", "mean", "and", "or",  "xor", "left", "right" };
  const atr__binary_params *p = q->params;
  const int mean = p->kind == ATR__BINARY_MEAN && i + 1 == q->n_in;
  const int k = p->kind == ATR__BINARY_MEAN && !mean ? ATR__BINARY_ADD : (int)p->kind;
  const atr_type type = q->out[0].type;
  const atr_type exponent = p->kind == ATR__BINARY_POW ? q->in[i].type : type;
  char suffix[64], defines[96], count[24] = "";
  if (mean) snprintf(count, sizeof count, "_%d", p->count);
  snprintf(suffix, sizeof suffix, "_%s%s%s%s%s%s", kind[k], count, type == ATR_F32 ? "" : "_",
           type == ATR_F32 ? "" : atr__cl_type(type), exponent == type ? "" : "_by_",
           exponent == type ? "" : atr__cl_type(exponent));
  snprintf(defines, sizeof defines, "KIND=%d TYPE=%s REAL=%d UNSIGNED=%d COUNT=%d%s%s", k, atr__cl_type(type),
           type == ATR_F32, atr__type_unsigned(type), mean ? p->count : 0,
           exponent == type ? "" : " EXPONENT=", exponent == type ? "" : atr__cl_type(exponent));
  atr__cl_kernel(e, "binary.cl", name, suffix, defines);
}

/* Output 0 of operand 0 (or of itself, after the first fold) and operand i; the walk has been joined. */
static void launch(atr__cl_emit *e, const atr__cl_query *q, size_t i, const atr__walk *walk, int rows) {
  if (!walk->count) return;
  kernel(e, q, i, rows ? "binary_fwd_rows" : "binary_fwd_baseline");
  if (i == 1)
    atr__cl_in(e, 0);
  else
    atr__cl_out(e, 0);
  atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__walk_launch(e, walk, rows);
}

static void fold(atr__cl_emit *e, const atr__cl_query *q, size_t i, const atr_shape *first, int rows) {
  atr__walk walk = atr__walk_over(&q->out[0].shape);
  atr__walk_broadcast(&walk, first);
  atr__walk_broadcast(&walk, &q->in[i].shape);
  atr__walk_join(&walk);
  launch(e, q, i, &walk, rows && atr__walk_long(&walk));
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
  for (size_t i = 1; i < q->n_in; i++) fold(e, q, i, i == 1 ? &q->in[0].shape : out, rows);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, 0);
}
static void emit_rows(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, 1);
}

/* Whether spare lanes of channel blocks stay zero, by f(0, 0) = 0 or because there are none. */
static int spare_lanes_keep(const atr__cl_query *q) {
  const atr__binary_kind kind = ((const atr__binary_params *)q->params)->kind;
  return q->out[0].shape.dim[1] % 16 == 0 ||
         (kind != ATR__BINARY_DIV && kind != ATR__BINARY_POW && kind != ATR__BINARY_FMOD);
}

/* Blocked operands of one shape are one run (one that is plain is converted). */
static int applies_blocked(const atr__cl_query *q) {
  const atr_shape *out = &q->out[0].shape;
  if (q->n_in != 2 || out->rank < 2 || q->out[0].type != ATR_F32 || q->in[1].type != ATR_F32) return 0;
  if (q->in[0].layout != ATR__BLOCKED && q->in[1].layout != ATR__BLOCKED && !q->readers_blocked) return 0;
  return spare_lanes_keep(q) && atr__shape_equal(&q->in[0].shape, out) &&
         atr__shape_equal(&q->in[1].shape, out);
}

/* Operand `big` blocked, the other one plain: a number, or one a channel (or a sample and channel). Functions
 * that take long, or are of integers, stay away. */
static int applies_small(const atr__cl_query *q, size_t big) {
  const atr__binary_kind kind = ((const atr__binary_params *)q->params)->kind;
  if (q->n_in != 2 || q->out[0].shape.rank < 2 || q->out[0].type != ATR_F32 || q->in[1].type != ATR_F32 ||
      q->device->device_class != ATR__CLASS_CPU || kind > ATR__BINARY_PRELU || kind == ATR__BINARY_POW)
    return 0;
  const atr_shape *out = &q->out[0].shape, *b = &q->in[1 - big].shape;
  if (q->in[big].layout != ATR__BLOCKED && !q->readers_blocked) return 0;
  return atr__shape_equal(&q->in[big].shape, out) && atr__walk_small(b, out);
}

static int applies_channels(const atr__cl_query *q) {
  return applies_small(q, 0);
}
static int applies_channels_first(const atr__cl_query *q) {
  return applies_small(q, 1);
}

static void emit_blocked(atr__cl_emit *e, const atr__cl_query *q) {
  const int64_t count = atr__walk_blocked_count(&q->out[0].shape);
  const atr_shape flat = atr__shape_of(1, &count);
  atr__walk walk = atr__walk_over(&flat);
  atr__walk_broadcast(&walk, &flat);
  atr__walk_broadcast(&walk, &flat);
  launch(e, q, 1, &walk, q->device->device_class == ATR__CLASS_CPU);
}

static void emit_small(atr__cl_emit *e, const atr__cl_query *q, size_t big) {
  enum { GROUP_VECTORS = 512, GROUPS = 64 };
  const atr_shape *out = &q->out[0].shape, *b = &q->in[1 - big].shape;
  const int64_t c = out->dim[1], span = atr__shape_span(out, 2, out->rank);
  const int64_t vectors = atr__walk_blocked_count(out) / 16;
  const int64_t part = atr__max_i64(1, atr__min_i64(GROUP_VECTORS, vectors / GROUPS));
  const int channels = atr__shape_size(b) > 1, samples = b->rank == out->rank && b->dim[0] > 1;
  if (!vectors) return;
  kernel(e, q, 1, "binary_fwd_blocks");
  atr__cl_in(e, big);
  atr__cl_in(e, 1 - big);
  atr__cl_out(e, 0);
  const int64_t words[] = { vectors,         part,     span,        atr__ceil_div(c, 16), c,
                            samples ? c : 0, channels, (int64_t)big };
  for (int i = 0; i < 8; i++) atr__cl_int(e, words[i]);
  atr__cl_tiles(e, atr__ceil_div(vectors, part));
}

static void emit_channels(atr__cl_emit *e, const atr__cl_query *q) {
  emit_small(e, q, 0);
}
static void emit_channels_first(atr__cl_emit *e, const atr__cl_query *q) {
  emit_small(e, q, 1);
}

const atr__cl_row atr__binary_cl[] = {
  { .algorithm = "blocked",
    .applies = applies_blocked,
    .blocked_in = 3,
    .blocked_out = 1,
    .emit = emit_blocked },
  { .algorithm = "blocked_channels",
    .applies = applies_channels,
    .blocked_in = 1,
    .blocked_out = 1,
    .emit = emit_channels },
  { .algorithm = "blocked_channels_first",
    .applies = applies_channels_first,
    .blocked_in = 2,
    .blocked_out = 1,
    .emit = emit_channels_first },
  { .algorithm = "rows", .applies = applies_rows, .emit = emit_rows },
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = NULL },
};

static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  static const char *const suffix[2][10] = {
    { "", "", "", "", "_pow_0", "_max_0", "_min_0", "_prelu_0", "", "_fmod_0" },
    { "", "", "", "", "_pow_1", "_max_1", "_min_1", "_prelu_1", "", "_fmod_1" }
  };
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
