/* gru.h: what the parts of gru share. */
#ifndef ATR_OP_GRU_H
#define ATR_OP_GRU_H

#include "op/recurrent.h"

ATR__DECLARE_OP(gru);
ATR__DECLARE_OP(gru_grad);

#endif
