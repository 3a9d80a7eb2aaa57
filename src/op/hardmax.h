/* hardmax.h: what the parts of hardmax share. */
#ifndef ATR_OP_HARDMAX_H
#define ATR_OP_HARDMAX_H

#include "op/op.h"

typedef struct atr__hardmax_params {
  int64_t outer, length, inner; /* lines along the middle */
} atr__hardmax_params;

ATR__DECLARE_OP(hardmax);

#endif
