/* split.h: what the parts of split share. */
#ifndef ATR_OP_SPLIT_H
#define ATR_OP_SPLIT_H

#include "op/op.h"

typedef struct atr__split_params {
  int axis, parts;
} atr__split_params;

ATR__DECLARE_OP(split);

#endif
