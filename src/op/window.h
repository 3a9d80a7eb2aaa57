/* window.h: what the parts of window share. */
#ifndef ATR_OP_WINDOW_H
#define ATR_OP_WINDOW_H

#include "op/op.h"

typedef struct atr__window_params {
  double term[3];  /* term[0] - term[1] cos x + term[2] cos 2x */
  int64_t periods; /* x = 2 pi n / periods; 0: one sample, which is 1 */
} atr__window_params;

ATR__DECLARE_OP(window);

#endif
