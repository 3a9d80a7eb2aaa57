/* cum_sum.h: what the parts of cum_sum share. */
#ifndef ATR_OP_CUM_SUM_H
#define ATR_OP_CUM_SUM_H

#include "op/op.h"

typedef struct atr__cum_sum_params {
  int axis, exclusive, reverse;
} atr__cum_sum_params;

ATR__DECLARE_OP(cum_sum);

#endif
