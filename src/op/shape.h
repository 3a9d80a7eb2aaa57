/* shape.h: what the parts of shape share. */
#ifndef ATR_OP_SHAPE_H
#define ATR_OP_SHAPE_H

#include "op/op.h"

typedef struct atr__shape_params {
  int from, to; /* dimensions given; Size: from > to */
} atr__shape_params;

ATR__DECLARE_OP(shape);

/* The numbers that the operator gives, at most 8. */
int atr__shape_values(const atr__shape_params *params, const atr_shape *in, int64_t values[ATR_RANK_MAX]);

#endif
