/* reorder.c: Reorder of org.atrous: the same tensor in another layout. The planner alone inserts it; which
 * layouts is the slots' matter. On the host there is one layout, so it copies. */
#include "config.h"

#include "op/reorder.h"

static atr_status infer(atr__infer *infer) {
  atr_status status = atr__infer_need_f32(infer, 0);
  if (!status) status = atr__infer_need_rank(infer, 0, 2, ATR_RANK_MAX);
  return status ? status : atr__infer_same(infer);
}

const atr__op atr__op_reorder = {
  .name = "Reorder",
  .domain = "org.atrous",
  .stem = "reorder",
  .since = 1,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .infer = infer,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(reorder),
  ATR__CL(reorder),
};
