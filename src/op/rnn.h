/* rnn.h: what the parts of rnn share. */
#ifndef ATR_OP_RNN_H
#define ATR_OP_RNN_H

#include "op/recurrent.h"

ATR__DECLARE_OP(rnn);
ATR__DECLARE_OP(rnn_grad);

#endif
