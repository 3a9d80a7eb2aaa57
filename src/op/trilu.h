/* trilu.h: what the parts of trilu share. */
#ifndef ATR_OP_TRILU_H
#define ATR_OP_TRILU_H

#include "op/op.h"

typedef struct atr__trilu_params {
  int upper;    /* Trilu: columns from the diagonal on, else up to it */
  int64_t k;    /* EyeLike: the diagonal, above the main one by so many columns */
  uint64_t one; /* EyeLike: the bits of 1 in the output's type */
} atr__trilu_params;

ATR__DECLARE_OP(trilu);
ATR__DECLARE_OP(eye_like);

#endif
