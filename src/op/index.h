/* index.h: what the operators that choose by indices share. Indices are int64 or int32; negative ones count
 * from the end. One outside is an error on the host; a kernel sets the run's status word. */
#ifndef ATR_OP_INDEX_H
#define ATR_OP_INDEX_H

#include "op/op.h"

/* ATR_E_SHAPE unless the input is int64 or int32. */
atr_status atr__infer_need_index(atr__infer *infer, size_t input);

/* The index at `place` of input `input`, made non-negative, for an axis of `extent`. */
static inline atr_status atr__index_at(const atr__call *call, size_t input, int64_t place, int64_t extent,
                                       int64_t *index) {
  const atr__view *v = &call->in[input];
  const int64_t at =
      v->type == ATR_I64 ? ((const int64_t *)v->data)[place] : ((const int32_t *)v->data)[place];
  *index = 0;
  if (at < -extent || at >= extent)
    return atr__fail(call->error, ATR_E_PARAM, "index %lld at place %lld is outside [-%lld, %lld)",
                     (long long)at, (long long)place, (long long)extent, (long long)extent);
  *index = at < 0 ? at + extent : at;
  return ATR_OK;
}

/* Whether elements of the type are computed with: float32 and integers. */
int atr__is_number(atr_type type);

#endif
