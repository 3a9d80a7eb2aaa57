/* conv_integer.h: what the parts of conv_integer share: a convolution's geometry. */
#ifndef ATR_OP_CONV_INTEGER_H
#define ATR_OP_CONV_INTEGER_H

#include "op/conv.h"

/* Where the operands are among a node's inputs; past the last where there is none. */
typedef struct atr__conv_integer_inputs {
  size_t x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias;
} atr__conv_integer_inputs;

typedef struct atr__conv_integer_params {
  atr__conv_params conv;
  int w_scales, w_zeros; /* 1: one an output channel, 0: one for all */
  atr__conv_integer_inputs in;
} atr__conv_integer_params;

ATR__DECLARE_OP(conv_integer);
ATR__DECLARE_OP(qlinear_conv);

#endif
