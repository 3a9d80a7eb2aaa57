/* softmax.h: what the parts of softmax share. */
#ifndef ATR_OP_SOFTMAX_H
#define ATR_OP_SOFTMAX_H

#include "op/op.h"

typedef struct atr__softmax_params {
  int64_t outer, length, inner; /* the tensor is [outer][length][inner]; the sum runs over length */
  int log;
} atr__softmax_params;

ATR__DECLARE_OP(softmax);
ATR__DECLARE_OP(softmax_grad);

#endif
