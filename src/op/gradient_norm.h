/* gradient_norm.h: what the parts of gradient_norm share. */
#ifndef ATR_OP_GRADIENT_NORM_H
#define ATR_OP_GRADIENT_NORM_H

#include "op/op.h"

typedef struct atr__gradient_norm_params {
  int64_t most; /* elements of the largest tensor */
} atr__gradient_norm_params;

typedef struct atr__clip_factor_params {
  int64_t n; /* tensors */
} atr__clip_factor_params;

ATR__DECLARE_OP(gradient_norm);
ATR__DECLARE_OP(clip_factor);

#endif
