/* lp_normalization.h: what the parts of lp_normalization share. */
#ifndef ATR_OP_LP_NORMALIZATION_H
#define ATR_OP_LP_NORMALIZATION_H

#include "op/op.h"

typedef struct atr__lp_normalization_params {
  int64_t outer, length, inner; /* lines along the middle */
  int p;                        /* 1 or 2 */
} atr__lp_normalization_params;

ATR__DECLARE_OP(lp_normalization);
ATR__DECLARE_OP(lp_normalization_grad);

#endif
