/* gather_elements.h: what the parts of gather_elements share. */
#ifndef ATR_OP_GATHER_ELEMENTS_H
#define ATR_OP_GATHER_ELEMENTS_H

#include "op/op.h"
#include "op/walk.h"

typedef struct atr__gather_elements_params {
  int axis;
} atr__gather_elements_params;

/* Over the indices; operand 0 is the data at index 0. */
atr__walk atr__gather_elements_walk(int axis, const atr_shape *data, const atr_shape *index);

ATR__DECLARE_OP(gather_elements);

#endif
