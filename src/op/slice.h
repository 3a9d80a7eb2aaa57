/* slice.h: what the parts of slice share. */
#ifndef ATR_OP_SLICE_H
#define ATR_OP_SLICE_H

#include "op/op.h"
#include "op/walk.h"

typedef struct atr__slice_params {
  int64_t start[ATR_RANK_MAX], step[ATR_RANK_MAX]; /* of every dimension */
} atr__slice_params;

ATR__DECLARE_OP(slice);
ATR__DECLARE_OP(slice_grad);

/* A walk over the slice: operand `part_first` ? 0 : 1 is the slice, dense; the other is the whole. */
atr__walk atr__slice_walk(const atr__slice_params *params, const atr_shape *part, const atr_shape *whole,
                          int part_first);

#endif
