/* constant_of_shape.h: what the parts of constant_of_shape share. */
#ifndef ATR_OP_CONSTANT_OF_SHAPE_H
#define ATR_OP_CONSTANT_OF_SHAPE_H

#include "op/op.h"

typedef struct atr__constant_of_shape_params {
  atr_type type;
  double real; /* of a float32 */
  uint64_t bits;
} atr__constant_of_shape_params;

ATR__DECLARE_OP(constant_of_shape);

#endif
