/* top_k.h: what the parts of top_k share. */
#ifndef ATR_OP_TOP_K_H
#define ATR_OP_TOP_K_H

#include "op/op.h"

typedef struct atr__top_k_params {
  int axis, largest;
  int64_t k;
} atr__top_k_params;

ATR__DECLARE_OP(top_k);

#endif
