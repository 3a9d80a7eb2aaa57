/* conv_transpose_host.c: transposed convolution on the host: the input's gradient of conv_grad_host.c, from a
 * bias. */
#include "op/conv_input.h"

atr_status ATR_HOST(conv_transpose)(const atr__call *call) {
  const atr_real *bias = call->n_in > 2 ? ATR_IN(call, 2) : NULL;
  ATR_HOST(conv_input)(call->params, ATR_IN(call, 0), ATR_IN(call, 1), bias, ATR_OUT(call, 0), call->pool);
  return ATR_OK;
}
