/* loss_softmax.h: what the parts of loss_softmax share. */
#ifndef ATR_OP_LOSS_SOFTMAX_H
#define ATR_OP_LOSS_SOFTMAX_H

#include "op/op.h"

typedef enum atr__reduction { ATR__REDUCE_NONE, ATR__REDUCE_SUM, ATR__REDUCE_MEAN } atr__reduction;

typedef struct atr__loss_softmax_params {
  atr__reduction reduction;
  int probability; /* the target is a distribution, else a class index */
  int logarithms;  /* the scores are logarithms of shares already: lse is taken as 0 */
  int has_ignore;
  int32_t ignore;
  int64_t n, c, inner; /* scores are [n][c][inner], positions n·inner */
} atr__loss_softmax_params;

ATR__DECLARE_OP(loss_softmax);
ATR__DECLARE_OP(loss_softmax_grad);

#endif
