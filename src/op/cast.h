/* cast.h: what the parts of cast share. */
#ifndef ATR_OP_CAST_H
#define ATR_OP_CAST_H

#include "op/op.h"

typedef struct atr__cast_params {
  int reals; /* from one floating-point type to another: a gradient passes */
} atr__cast_params;

ATR__DECLARE_OP(cast);

#endif
