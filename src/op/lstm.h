/* lstm.h: what the parts of lstm share. */
#ifndef ATR_OP_LSTM_H
#define ATR_OP_LSTM_H

#include "op/recurrent.h"

ATR__DECLARE_OP(lstm);
ATR__DECLARE_OP(lstm_grad);

#endif
