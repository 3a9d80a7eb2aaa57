/* gemm_cl.c: Gemm by kernels/gemm.cl, and the parts of it that MatMul uses too. On CPUs a work-group of one
 * item computes a tile of y in registers: some rows by one panel of columns of b. */
#include <stdio.h>

#include "base/checked.h"
#include "op/gemm.h"
#include "tensor/shape.h"

enum { GRID = 32768, ROW_TILES = 8 };

/* Columns of a panel: two vectors where there are 32 of them of 16 floats, else what 16 of 8 floats hold. */
static int columns(const atr__cl_query *q) {
  return q->device->vector_floats >= 16 ? 32 : 16;
}
static int rows(const atr__cl_query *q, const atr__gemm_problem *g) {
  return g->m <= 4 || q->device->vector_floats < 16 ? 4 : g->m <= 8 ? 8 : 14;
}
static int64_t panels_of(const atr__cl_query *q, const atr__gemm_problem *g) {
  return atr__ceil_div(g->n, columns(q));
}

/* How many different matrices b has: 1, or one a batch where they lie one after another; 0: neither. */
static int64_t matrices(const atr__gemm_problem *g) {
  if (g->batch.rank == 0) return 1;
  int shared = 1;
  for (int d = 0; d < g->batch.rank; d++) shared &= g->batch.stride[1][d] == 0;
  if (shared) return 1;
  return g->batch.rank == 1 && g->batch.stride[1][0] == g->k * g->n ? g->batch.dim[0] : 0;
}

int atr__gemm_tiles_apply(const atr__cl_query *q, const atr__gemm_problem *g, atr__gemm_panels panels) {
  if (q->device->device_class != ATR__CLASS_CPU || !matrices(g) || g->n < 8 || g->k < 1) return 0;
  if (panels == ATR__GEMM_PACKED) return q->in[1].is_param;
  if (panels == ATR__GEMM_IN_PLACE) return g->m <= 16 && g->b_col == 1 && g->n % columns(q) == 0;
  return g->m > 1;
}

uint64_t atr__gemm_panel_bytes(const atr__cl_query *q, const atr__gemm_problem *g) {
  return (uint64_t)(matrices(g) * panels_of(q, g) * g->k * columns(q)) * sizeof(float);
}

static void launch_groups(atr__cl_emit *e, int64_t groups) {
  const int64_t gx = atr__min_i64(groups, GRID);
  atr__cl_groups(e, gx, atr__ceil_div(groups, gx), 1, 1);
}

static void panels_address(atr__cl_emit *e, atr__gemm_panels panels) {
  if (panels == ATR__GEMM_PACKED)
    atr__cl_packed(e);
  else if (panels == ATR__GEMM_SCRATCH)
    atr__cl_scratch(e, 0);
  else
    atr__cl_in(e, 1);
}

void atr__gemm_emit_pack(atr__cl_emit *e, const atr__cl_query *q, const atr__gemm_problem *g,
                         atr__gemm_panels panels) {
  const int64_t slices = atr__ceil_div(g->k, 64), groups = matrices(g) * panels_of(q, g) * slices;
  if (!groups) return;
  atr__cl_kernel(e, "gemm_pack.cl", "gemm_pack_f32", "", "");
  atr__cl_int(e, groups);
  atr__cl_in(e, 1);
  panels_address(e, panels);
  atr__cl_int(e, g->n);
  atr__cl_int(e, g->k);
  atr__cl_int(e, g->b_row);
  atr__cl_int(e, g->b_col);
  atr__cl_int(e, columns(q));
  atr__cl_int(e, panels_of(q, g));
  atr__cl_int(e, slices);
  launch_groups(e, groups);
}

/* What both kernels read: y, a, c, sizes, strides, factors. */
static void common(atr__cl_emit *e, const atr__gemm_problem *g) {
  atr__cl_out(e, 0);
  atr__cl_in(e, 0);
  atr__cl_in(e, g->with_c ? 2 : 0);
  atr__cl_int(e, g->m);
  atr__cl_int(e, g->n);
  atr__cl_int(e, g->k);
  atr__cl_int(e, g->a_row);
  atr__cl_int(e, g->a_col);
  atr__cl_int(e, g->c_row);
  atr__cl_int(e, g->c_col);
  atr__cl_float(e, g->alpha);
  atr__cl_float(e, g->with_c ? g->beta : 0);
}

void atr__gemm_emit_tiles(atr__cl_emit *e, const atr__cl_query *q, const atr__gemm_problem *g,
                          atr__gemm_panels panels) {
  const int width = columns(q), high = rows(q, g);
  const int64_t tiles = atr__ceil_div(g->m, high), n_panels = panels_of(q, g);
  const int64_t groups = g->batch.count * n_panels * tiles;
  char suffix[16], defines[32];
  if (!groups) return;
  snprintf(suffix, sizeof suffix, "_%dx%d", high, width);
  snprintf(defines, sizeof defines, "MR=%d NB=%d", high, width / 16);
  atr__cl_kernel(e, "gemm.cl", "gemm_fwd_f32_tiles", suffix, defines);
  common(e, g);
  panels_address(e, panels);
  atr__cl_int(e, groups);
  atr__cl_int(e, tiles);
  atr__cl_int(e, n_panels);
  atr__cl_int(e, atr__min_i64(ROW_TILES, tiles));
  /* From a row of a panel to the next, from a panel to the next, from a matrix to the next. */
  atr__cl_int(e, panels == ATR__GEMM_IN_PLACE ? g->b_row : width);
  atr__cl_int(e, panels == ATR__GEMM_IN_PLACE ? width : g->k * width);
  atr__cl_int(e, matrices(g) == 1 ? 0 : panels == ATR__GEMM_IN_PLACE ? g->k * g->n : n_panels * g->k * width);
  atr__walk_emit(e, &g->batch);
  launch_groups(e, groups);
}

void atr__gemm_emit_baseline(atr__cl_emit *e, const atr__gemm_problem *g) {
  const int64_t count = g->batch.count * g->m * g->n;
  if (!count) return;
  atr__cl_kernel(e, "gemm_baseline.cl", "gemm_fwd_f32_baseline", "", "");
  common(e, g);
  atr__cl_in(e, 1);
  atr__cl_int(e, count);
  atr__cl_int(e, g->b_row);
  atr__cl_int(e, g->b_col);
  atr__walk_emit(e, &g->batch);
  atr__cl_items(e, count);
}

static atr__gemm_problem describe(const atr__cl_query *q) {
  const int with_c = q->n_in > 2 && q->in[2].type != ATR_TYPE_NONE;
  return atr__gemm_problem_of(q->params, &q->in[0].shape, &q->in[1].shape, with_c ? &q->in[2].shape : NULL,
                              &q->out[0].shape);
}

/* The two orders of b pack to different bytes under different names. */
static int applies_packed(const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  return !((const atr__gemm_params *)q->params)->trans_b && atr__gemm_tiles_apply(q, &g, ATR__GEMM_PACKED);
}
static int applies_packed_transposed(const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  return ((const atr__gemm_params *)q->params)->trans_b && atr__gemm_tiles_apply(q, &g, ATR__GEMM_PACKED);
}
static int applies_scratch(const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  return atr__gemm_tiles_apply(q, &g, ATR__GEMM_SCRATCH);
}
static int applies_in_place(const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  return atr__gemm_tiles_apply(q, &g, ATR__GEMM_IN_PLACE);
}
static uint64_t bytes(const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  return atr__gemm_panel_bytes(q, &g);
}
static void pack(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  atr__gemm_emit_pack(e, q, &g, ATR__GEMM_PACKED);
}
static void emit_packed(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  atr__gemm_emit_tiles(e, q, &g, ATR__GEMM_PACKED);
}
static void emit_in_place(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  atr__gemm_emit_tiles(e, q, &g, ATR__GEMM_IN_PLACE);
}
static void emit_scratch(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  atr__gemm_emit_pack(e, q, &g, ATR__GEMM_SCRATCH);
  atr__gemm_emit_tiles(e, q, &g, ATR__GEMM_SCRATCH);
}
static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  atr__gemm_emit_baseline(e, &g);
}

const atr__cl_row atr__gemm_cl[] = {
  { .algorithm = "tiles_packed",
    .applies = applies_packed,
    .emit = emit_packed,
    .packed_in = 2,
    .packing = "gemm_panels",
    .packed_bytes = bytes,
    .pack = pack },
  { .algorithm = "tiles_packed_transposed",
    .applies = applies_packed_transposed,
    .emit = emit_packed,
    .packed_in = 2,
    .packing = "gemm_panels_transposed",
    .packed_bytes = bytes,
    .pack = pack },
  { .algorithm = "tiles_in_place", .applies = applies_in_place, .emit = emit_in_place },
  { .algorithm = "tiles", .applies = applies_scratch, .scratch = bytes, .emit = emit_scratch },
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
