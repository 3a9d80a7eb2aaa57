/* gather.h: what the parts of gather share. */
#ifndef ATR_OP_GATHER_H
#define ATR_OP_GATHER_H

#include "op/op.h"

typedef struct atr__gather_params {
  int axis;
  int64_t extent; /* of the axis */
} atr__gather_params;

ATR__DECLARE_OP(gather);
ATR__DECLARE_OP(gather_grad);

#endif
