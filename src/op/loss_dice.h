/* loss_dice.h: what the parts of loss_dice share. */
#ifndef ATR_OP_LOSS_DICE_H
#define ATR_OP_LOSS_DICE_H

#include "op/op.h"

typedef struct atr__loss_dice_params {
  float smooth;
  int64_t n, c, inner; /* shares are [n][c][inner] */
} atr__loss_dice_params;

ATR__DECLARE_OP(loss_dice);
ATR__DECLARE_OP(loss_dice_grad);

#endif
