/* average_pool.h: what the parts of average_pool share. */
#ifndef ATR_OP_AVERAGE_POOL_H
#define ATR_OP_AVERAGE_POOL_H

#include "op/pool_window.h"

typedef struct atr__average_pool_params {
  atr__pool_window window;
  int include_pad; /* whether taps in the padding count in the divisor */
} atr__average_pool_params;

ATR__DECLARE_OP(average_pool);
ATR__DECLARE_OP(average_pool_grad);

#endif
