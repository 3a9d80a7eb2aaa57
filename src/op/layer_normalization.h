/* layer_normalization.h: what the parts of layer_normalization share. */
#ifndef ATR_OP_LAYER_NORMALIZATION_H
#define ATR_OP_LAYER_NORMALIZATION_H

#include "op/op.h"

/* x is [lines][length]; element i of line l has the scale and bias number l % groups · each + i / inner %
 * each. */
typedef struct atr__layer_normalization_params {
  int64_t lines, length, groups, each, inner;
  float epsilon;
} atr__layer_normalization_params;

ATR__DECLARE_OP(layer_normalization);
ATR__DECLARE_OP(layer_normalization_grad);

#endif
