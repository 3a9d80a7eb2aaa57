/* batch_normalization.h: what the parts of batch_normalization share. */
#ifndef ATR_OP_BATCH_NORMALIZATION_H
#define ATR_OP_BATCH_NORMALIZATION_H

#include "op/op.h"

typedef struct atr__batch_normalization_params {
  int64_t n, c, inner; /* x is [n][c][inner] */
  float epsilon, momentum;
  int training, unbiased;
} atr__batch_normalization_params;

ATR__DECLARE_OP(batch_normalization);
ATR__DECLARE_OP(batch_normalization_grad);

#endif
