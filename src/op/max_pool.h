/* max_pool.h: what the parts of max_pool share. */
#ifndef ATR_OP_MAX_POOL_H
#define ATR_OP_MAX_POOL_H

#include "op/pool_window.h"

typedef struct atr__max_pool_params {
  atr__pool_window window;
  int64_t index_step[3]; /* what a step along d, h, w adds to an index in Indices */
} atr__max_pool_params;

ATR__DECLARE_OP(max_pool);
ATR__DECLARE_OP(max_pool_grad);

#endif
