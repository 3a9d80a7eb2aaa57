/* lrn.h: what the parts of lrn share. */
#ifndef ATR_OP_LRN_H
#define ATR_OP_LRN_H

#include "op/op.h"

typedef struct atr__lrn_params {
  int64_t n, c, inner;    /* x is [n][c][inner] */
  int64_t before, after;  /* channels of the window before and after its own */
  float rate, beta, bias; /* rate: alpha / size */
} atr__lrn_params;

ATR__DECLARE_OP(lrn);
ATR__DECLARE_OP(lrn_grad);

#endif
