/* max_unpool.h: what the parts of max_unpool share. */
#ifndef ATR_OP_MAX_UNPOOL_H
#define ATR_OP_MAX_UNPOOL_H

#include "op/op.h"

typedef struct atr__max_unpool_params {
  int64_t count, places; /* elements of x, and of y */
} atr__max_unpool_params;

ATR__DECLARE_OP(max_unpool);
ATR__DECLARE_OP(max_unpool_source);
ATR__DECLARE_OP(max_unpool_grad);

#endif
