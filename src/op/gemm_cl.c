/* gemm_cl.c: Gemm and MatMul by kernels/gemm.cl. On CPUs a work-group of one item computes a tile of y in
 * registers: some rows by one panel of columns of b. */
#include <stdio.h>

#include "base/checked.h"
#include "op/gemm.h"
#include "tensor/shape.h"

enum { ROW_TILES = 8 };

/* How the columns of b come to lie side by side. */
enum panels { PACKED, SCRATCH, IN_PLACE };

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

static int tiles_apply(const atr__cl_query *q, const atr__gemm_problem *g, enum panels panels) {
  if (q->device->device_class != ATR__CLASS_CPU || !matrices(g) || g->n < 8 || g->k < 1) return 0;
  if (panels == PACKED) return q->in[1].is_param;
  if (panels == IN_PLACE) return g->m <= 16 && g->b_col == 1 && g->n % columns(q) == 0;
  return g->m > 1;
}

static uint64_t panel_bytes(const atr__cl_query *q, const atr__gemm_problem *g) {
  return (uint64_t)(matrices(g) * panels_of(q, g) * g->k * columns(q)) * sizeof(float);
}

static void launch_groups(atr__cl_emit *e, int64_t groups) {
  atr__cl_tiles(e, groups);
}

static void panels_address(atr__cl_emit *e, enum panels panels) {
  if (panels == PACKED)
    atr__cl_packed(e);
  else if (panels == SCRATCH)
    atr__cl_scratch(e, 0);
  else
    atr__cl_in(e, 1);
}

static void emit_panels(atr__cl_emit *e, const atr__cl_query *q, const atr__gemm_problem *g,
                        enum panels panels) {
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

static void emit_tiles(atr__cl_emit *e, const atr__cl_query *q, const atr__gemm_problem *g,
                       enum panels panels) {
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
  atr__cl_int(e, panels == IN_PLACE ? g->b_row : width);
  atr__cl_int(e, panels == IN_PLACE ? width : g->k * width);
  atr__cl_int(e, matrices(g) == 1 ? 0 : panels == IN_PLACE ? g->k * g->n : n_panels * g->k * width);
  atr__walk_emit(e, &g->batch);
  launch_groups(e, groups);
}

static atr__gemm_problem describe(const atr__cl_query *q) {
  if (((const atr__gemm_params *)q->params)->batched)
    return atr__matmul_problem(&q->in[0].shape, &q->in[1].shape);
  const int with_c = q->n_in > 2 && q->in[2].type != ATR_TYPE_NONE;
  return atr__gemm_problem_of(q->params, &q->in[0].shape, &q->in[1].shape, with_c ? &q->in[2].shape : NULL,
                              &q->out[0].shape);
}

int atr__gemm_applies_packed(const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  return tiles_apply(q, &g, PACKED);
}
int atr__gemm_applies_scratch(const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  return tiles_apply(q, &g, SCRATCH);
}
int atr__gemm_applies_in_place(const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  return tiles_apply(q, &g, IN_PLACE);
}
uint64_t atr__gemm_panel_bytes(const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  return panel_bytes(q, &g);
}
void atr__gemm_emit_pack(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  emit_panels(e, q, &g, PACKED);
}
void atr__gemm_emit_packed(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  emit_tiles(e, q, &g, PACKED);
}
void atr__gemm_emit_in_place(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  emit_tiles(e, q, &g, IN_PLACE);
}
void atr__gemm_emit_scratch(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  emit_panels(e, q, &g, SCRATCH);
  emit_tiles(e, q, &g, SCRATCH);
}

void atr__gemm_emit_baseline(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__gemm_problem problem = describe(q), *g = &problem;
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

/* The two orders of b pack to different bytes under different names. */
static int applies_packed(const atr__cl_query *q) {
  return !((const atr__gemm_params *)q->params)->trans_b && atr__gemm_applies_packed(q);
}
static int applies_packed_transposed(const atr__cl_query *q) {
  return ((const atr__gemm_params *)q->params)->trans_b && atr__gemm_applies_packed(q);
}

const atr__cl_row atr__gemm_cl[] = {
  { .algorithm = "tiles_packed",
    .applies = applies_packed,
    .emit = atr__gemm_emit_packed,
    .packed_in = 2,
    .packing = "gemm_panels",
    .packed_bytes = atr__gemm_panel_bytes,
    .pack = atr__gemm_emit_pack },
  { .algorithm = "tiles_packed_transposed",
    .applies = applies_packed_transposed,
    .emit = atr__gemm_emit_packed,
    .packed_in = 2,
    .packing = "gemm_panels_transposed",
    .packed_bytes = atr__gemm_panel_bytes,
    .pack = atr__gemm_emit_pack },
  { .algorithm = "tiles_in_place", .applies = atr__gemm_applies_in_place, .emit = atr__gemm_emit_in_place },
  { .algorithm = "tiles",
    .applies = atr__gemm_applies_scratch,
    .scratch = atr__gemm_panel_bytes,
    .emit = atr__gemm_emit_scratch },
  { .algorithm = "baseline", .emit = atr__gemm_emit_baseline },
  { .algorithm = NULL },
};
