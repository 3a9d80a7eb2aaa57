/* transpose.h: what the parts of transpose share. */
#ifndef ATR_OP_TRANSPOSE_H
#define ATR_OP_TRANSPOSE_H

#include "op/op.h"
#include "op/walk.h"

typedef struct atr__transpose_params {
  int perm[ATR_RANK_MAX]; /* dimension i of the output is dimension perm[i] of the input */
} atr__transpose_params;

ATR__DECLARE_OP(transpose);

/* Operands: output, input. */
atr__walk atr__transpose_walk(const atr__transpose_params *params, const atr_shape *in, const atr_shape *out);

#endif
