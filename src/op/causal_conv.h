/* causal_conv.h: what the parts of causal_conv share. */
#ifndef ATR_OP_CAUSAL_CONV_H
#define ATR_OP_CAUSAL_CONV_H

#include "op/op.h"

typedef struct atr__causal_conv_params {
  int64_t n, c, length, taps;
  int silu; /* y · sigmoid(y) at the end */
} atr__causal_conv_params;

ATR__DECLARE_OP(causal_conv);

#endif
