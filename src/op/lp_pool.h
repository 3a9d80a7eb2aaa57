/* lp_pool.h: what the parts of lp_pool share. */
#ifndef ATR_OP_LP_POOL_H
#define ATR_OP_LP_POOL_H

#include "op/pool_window.h"

typedef struct atr__lp_pool_params {
  atr__pool_window window;
  int p;
} atr__lp_pool_params;

ATR__DECLARE_OP(lp_pool);
ATR__DECLARE_OP(lp_pool_grad);

#endif
