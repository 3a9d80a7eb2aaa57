/* gather_nd.h: what the parts of gather_nd share. */
#ifndef ATR_OP_GATHER_ND_H
#define ATR_OP_GATHER_ND_H

#include "op/scatter_nd.h"

typedef struct atr__gather_nd_params {
  atr__slices slices;
  int batch_dims;
} atr__gather_nd_params;

ATR__DECLARE_OP(gather_nd);

#endif
