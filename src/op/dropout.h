/* dropout.h: what the parts of dropout share. */
#ifndef ATR_OP_DROPOUT_H
#define ATR_OP_DROPOUT_H

#include "op/op.h"

typedef struct atr__dropout_params {
  int training;       /* 0: identity */
  uint32_t threshold; /* an element goes where the upper 24 bits of its word are below */
  float scale;        /* of what is kept */
  uint64_t key;
} atr__dropout_params;

ATR__DECLARE_OP(dropout);
ATR__DECLARE_OP(dropout_grad);

#endif
