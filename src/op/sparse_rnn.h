/* sparse_rnn.h: what the parts of SparseRNN share.
 */
#ifndef ATR_OP_SPARSE_RNN_H
#define ATR_OP_SPARSE_RNN_H

#include "op/op.h"
#include "op/rate.h"

typedef struct atr__sparse_rnn_params {
  int64_t t, n, hid, entries;
  atr__rate rate;
} atr__sparse_rnn_params;

ATR__DECLARE_OP(sparse_rnn);
ATR__DECLARE_OP(sparse_rnn_grad);

#endif
