/* mean_variance_normalization.h: what the parts of mean_variance_normalization share. */
#ifndef ATR_OP_MEAN_VARIANCE_NORMALIZATION_H
#define ATR_OP_MEAN_VARIANCE_NORMALIZATION_H

#include "op/op.h"
#include "op/walk.h"

typedef struct atr__mean_variance_normalization_params {
  unsigned mask; /* bit i: over axis i */
} atr__mean_variance_normalization_params;

/* What ONNX adds to the standard deviation. */
#define ATR__MVN_LEAST 1e-9

/* `lines` walks the lines, `along` the elements of one; `all` walks x, its operand the number of an element's
 * line. Operand 0 of the first two is x. */
typedef struct atr__mvn_view {
  atr__walk lines, along, all;
} atr__mvn_view;
atr__mvn_view atr__mvn_view_of(const atr__mean_variance_normalization_params *params, const atr_shape *x);

ATR__DECLARE_OP(mean_variance_normalization);
ATR__DECLARE_OP(mean_variance_normalization_grad);

#endif
