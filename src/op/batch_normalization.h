/* batch_normalization.h: what the parts of batch_normalization share. */
#ifndef ATR_OP_BATCH_NORMALIZATION_H
#define ATR_OP_BATCH_NORMALIZATION_H

#include "op/conv.h"

typedef struct atr__batch_normalization_params {
  int64_t n, c, inner; /* x is [n][c][inner] */
  float epsilon, momentum;
  int training, unbiased;
  atr__activation activation; /* of y; the planner's fuse pass sets it, and the gradient's with it */
} atr__batch_normalization_params;

ATR__DECLARE_OP(batch_normalization);
ATR__DECLARE_OP(batch_normalization_grad);

#endif
