/* normalization_scale.h: what the parts of normalization_scale share. */
#ifndef ATR_OP_NORMALIZATION_SCALE_H
#define ATR_OP_NORMALIZATION_SCALE_H

#include "op/op.h"

typedef struct atr__normalization_scale_params {
  int64_t c;
  float epsilon;
} atr__normalization_scale_params;

ATR__DECLARE_OP(normalization_scale);

#endif
