/* matmul_cl.c: MatMul by Gemm's kernels. */
#include "op/gemm.h"

const atr__cl_row atr__matmul_cl[] = {
  { .algorithm = "tiles_packed",
    .applies = atr__gemm_applies_packed,
    .emit = atr__gemm_emit_packed,
    .packed_in = 2,
    .packing = "gemm_panels",
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
