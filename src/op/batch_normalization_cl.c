/* batch_normalization_cl.c: launches of kernels/batch_normalization.cl.
 *
 * A channel is cut in parts (some samples, or a piece of one sample's positions) small enough for a cache and
 * many enough for every thread; the cut depends on the shape alone, so sums have one order. Part sums go to
 * scratch, one item a channel joins them, and a last launch applies the result. Rows: blocked, inference with
 * channels in the lanes; tiles, a part a work-group of one item with explicit vectors, for CPUs and positions
 * in runs of 16 or more; baseline for the rest. */
#include "op/batch_normalization.h"

#include "base/checked.h"

typedef struct {
  int64_t samples, piece, pieces, parts;
} cut;

static cut cut_of(const atr__cl_query *q) {
  const atr__batch_normalization_params *p = q->params;
  const int64_t cpu = q->device->device_class == ATR__CLASS_CPU;
  /* 128 parts in all for a CPU, more for a GPU; 256 to 4096 elements each. */
  int64_t length = p->n * p->inner / atr__ceil_div(cpu ? 128 : 16384, p->c ? p->c : 1) / 16 * 16;
  length = atr__min_i64(4096, atr__max_i64(256, length));
  cut t = { 1, length, 1, 1 };
  if (p->inner <= length) {
    t.piece = atr__max_i64(1, p->inner);
    t.samples = length / t.piece;
  }
  t.pieces = atr__ceil_div(atr__max_i64(1, p->inner), t.piece);
  t.parts = atr__ceil_div(p->n, t.samples) * t.pieces;
  return t;
}

static uint64_t round_64(int64_t bytes) {
  return ((uint64_t)bytes + 63) / 64 * 64;
}

/* Scratch: two vectors of c floats, then two floats a part. */
static uint64_t scratch(const atr__cl_query *q) {
  const atr__batch_normalization_params *p = q->params;
  return 2 * round_64(p->c * 4) + round_64(p->c * cut_of(q).parts * 8);
}
static void first_vector(atr__cl_emit *e) {
  atr__cl_scratch(e, 0);
}
static void second_vector(atr__cl_emit *e, const atr__batch_normalization_params *p) {
  atr__cl_scratch(e, round_64(p->c * 4));
}
static void parts(atr__cl_emit *e, const atr__batch_normalization_params *p) {
  atr__cl_scratch(e, 2 * round_64(p->c * 4));
}

/* The words that every kernel starts with. */
static void start(atr__cl_emit *e, const atr__cl_query *q, const char *kernel) {
  const atr__batch_normalization_params *p = q->params;
  const cut t = cut_of(q);
  const int64_t words[] = { p->n, p->c, p->inner, t.samples, t.piece, t.pieces, t.parts };
  atr__cl_kernel(e, "batch_normalization.cl", kernel, "", "");
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) atr__cl_int(e, words[i]);
}

static void launch_tiles(atr__cl_emit *e, const atr__cl_query *q) {
  const int64_t count = ((const atr__batch_normalization_params *)q->params)->c * cut_of(q).parts;
  atr__cl_tiles(e, count);
}

static void launch_parts(atr__cl_emit *e, const atr__cl_query *q, int tiles) {
  if (tiles)
    launch_tiles(e, q);
  else
    atr__cl_items(e, ((const atr__batch_normalization_params *)q->params)->c * cut_of(q).parts);
}

static void launch_elements(atr__cl_emit *e, const atr__cl_query *q, int tiles) {
  const atr__batch_normalization_params *p = q->params;
  if (tiles)
    launch_tiles(e, q);
  else
    atr__cl_items(e, p->n * p->c * p->inner);
}

static void join(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__batch_normalization_params *p = q->params;
  start(e, q, "batch_normalization_join_f32_baseline");
  atr__cl_int(e, p->training);
  parts(e, p);
  atr__cl_in(e, 3);
  atr__cl_in(e, 4);
  for (size_t i = 1; i < 5; i++) atr__cl_out(e, i);
  first_vector(e);
  second_vector(e, p);
  atr__cl_float(e, p->epsilon);
  atr__cl_float(e, p->momentum);
  atr__cl_int(e, p->unbiased);
  atr__cl_items(e, p->c);
}

static void forward(atr__cl_emit *e, const atr__cl_query *q, int tiles) {
  const atr__batch_normalization_params *p = q->params;
  if (p->training) {
    start(e, q, tiles ? "batch_normalization_part_f32_tiles" : "batch_normalization_part_f32_baseline");
    atr__cl_in(e, 0);
    parts(e, p);
    launch_parts(e, q, tiles);
  }
  join(e, q);
  start(e, q, tiles ? "batch_normalization_fwd_f32_tiles" : "batch_normalization_fwd_f32_baseline");
  for (size_t i = 0; i < 3; i++) atr__cl_in(e, i);
  first_vector(e);
  second_vector(e, p);
  atr__cl_out(e, 0);
  atr__cl_int(e, p->activation);
  launch_elements(e, q, tiles);
}

static void grad(atr__cl_emit *e, const atr__cl_query *q, int tiles) {
  const atr__batch_normalization_params *p = q->params;
  start(e, q, tiles ? "batch_normalization_bwd_part_f32_tiles" : "batch_normalization_bwd_part_f32_baseline");
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_in(e, 3);
  parts(e, p);
  atr__cl_in(e, 2);
  atr__cl_in(e, 4);
  atr__cl_in(e, 5);
  atr__cl_int(e, p->activation);
  launch_parts(e, q, tiles);
  start(e, q, "batch_normalization_bwd_join_f32_baseline");
  atr__cl_int(e, p->training);
  parts(e, p);
  atr__cl_in(e, 4);
  atr__cl_out(e, 1);
  atr__cl_out(e, 2);
  first_vector(e);
  second_vector(e, p);
  atr__cl_items(e, p->c);
  start(e, q, tiles ? "batch_normalization_bwd_x_f32_tiles" : "batch_normalization_bwd_x_f32_baseline");
  for (size_t i = 0; i < 5; i++) atr__cl_in(e, i);
  first_vector(e);
  second_vector(e, p);
  atr__cl_out(e, 0);
  atr__cl_in(e, 5);
  atr__cl_int(e, p->activation);
  launch_elements(e, q, tiles);
}

static int tiles_apply(const atr__cl_query *q) {
  return q->device->device_class == ATR__CLASS_CPU &&
         ((const atr__batch_normalization_params *)q->params)->inner >= 16;
}
static void emit_forward_tiles(atr__cl_emit *e, const atr__cl_query *q) {
  forward(e, q, 1);
}
static void emit_forward(atr__cl_emit *e, const atr__cl_query *q) {
  forward(e, q, 0);
}
static void emit_grad_tiles(atr__cl_emit *e, const atr__cl_query *q) {
  grad(e, q, 1);
}
static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  grad(e, q, 0);
}

static int blocked_applies(const atr__cl_query *q) {
  return q->device->device_class == ATR__CLASS_CPU &&
         !((const atr__batch_normalization_params *)q->params)->training && q->n_out == 1 &&
         (q->in[0].layout == ATR__BLOCKED || q->readers_blocked);
}

static void emit_blocked(atr__cl_emit *e, const atr__cl_query *q) {
  enum { PIECE = 256 };
  const atr__batch_normalization_params *p = q->params;
  const int64_t pieces = atr__ceil_div(p->inner, PIECE), groups = p->n * atr__ceil_div(p->c, 16) * pieces;
  const int64_t words[] = { p->n, p->c, p->inner, 1, PIECE, pieces, 0 };
  atr__cl_kernel(e, "batch_normalization.cl", "batch_normalization_fwd_f32_blocked", "", "");
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) atr__cl_int(e, words[i]);
  for (size_t i = 0; i < 5; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__cl_float(e, p->epsilon);
  atr__cl_int(e, p->activation);
  atr__cl_tiles(e, groups);
}

const atr__cl_row atr__batch_normalization_cl[] = {
  { .algorithm = "blocked",
    .applies = blocked_applies,
    .blocked_in = 1,
    .blocked_out = 1,
    .emit = emit_blocked },
  { .algorithm = "tiles", .applies = tiles_apply, .scratch = scratch, .emit = emit_forward_tiles },
  { .algorithm = "baseline", .scratch = scratch, .emit = emit_forward },
  { .algorithm = NULL },
};

const atr__cl_row atr__batch_normalization_grad_cl[] = {
  { .algorithm = "tiles", .applies = tiles_apply, .scratch = scratch, .emit = emit_grad_tiles },
  { .algorithm = "baseline", .scratch = scratch, .emit = emit_grad },
  { .algorithm = NULL },
};
