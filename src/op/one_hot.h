/* one_hot.h: what the parts of one_hot share. */
#ifndef ATR_OP_ONE_HOT_H
#define ATR_OP_ONE_HOT_H

#include "op/op.h"

typedef struct atr__one_hot_params {
  int axis; /* of the output */
  int64_t depth;
} atr__one_hot_params;

ATR__DECLARE_OP(one_hot);

#endif
