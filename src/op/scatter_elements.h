/* scatter_elements.h: what the parts of scatter_elements share. */
#ifndef ATR_OP_SCATTER_ELEMENTS_H
#define ATR_OP_SCATTER_ELEMENTS_H

#include "op/scatter.h"
#include "op/walk.h"

typedef struct atr__scatter_elements_params {
  int axis;
  atr__scatter_kind kind;
} atr__scatter_elements_params;

/* Over all dimensions of the updates but the axis; operand 0 is the output, operand 1 the updates. */
atr__walk atr__scatter_elements_walk(int axis, const atr_shape *data, const atr_shape *updates);

ATR__DECLARE_OP(scatter_elements);

#endif
