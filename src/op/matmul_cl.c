/* matmul_cl.c: MatMul by Gemm's kernels. */
#include "op/gemm.h"

static atr__gemm_problem describe(const atr__cl_query *q) {
  return atr__matmul_problem(&q->in[0].shape, &q->in[1].shape);
}

static int applies_packed(const atr__cl_query *q) {
  const atr__gemm_problem g = describe(q);
  return atr__gemm_tiles_apply(q, &g, ATR__GEMM_PACKED);
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

const atr__cl_row atr__matmul_cl[] = {
  { .algorithm = "tiles_packed",
    .applies = applies_packed,
    .emit = emit_packed,
    .packed_in = 2,
    .packing = "gemm_panels",
    .packed_bytes = bytes,
    .pack = pack },
  { .algorithm = "tiles_in_place", .applies = applies_in_place, .emit = emit_in_place },
  { .algorithm = "tiles", .applies = applies_scratch, .scratch = bytes, .emit = emit_scratch },
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
