/* conv_input.h: the loop that the gradient of a convolution's input and the transposed convolution share on
 * the host; see conv_grad_host.c. */
#ifndef ATR_OP_CONV_INPUT_H
#define ATR_OP_CONV_INPUT_H

#include "op/conv.h"
#include "op/host.h"

/* dx from dy and w, begun with `bias` (one number a channel of dx; NULL: 0), then the activation. */
void ATR_HOST(conv_input)(const atr__conv_params *p, const atr_real *dy, const atr_real *w,
                          const atr_real *bias, atr_real *dx, atr__pool *pool);

#endif
