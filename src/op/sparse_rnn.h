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

/* Numbers of memory a sample that its host functions work in, and SparseRNN's with that memory given. */
static inline int64_t atr__sparse_rnn_room(const atr__sparse_rnn_params *p) {
  return 2 * p->hid;
}
atr_status atr__sparse_rnn_in_host_f32(const atr__call *call, void *room);
atr_status atr__sparse_rnn_in_host_f64(const atr__call *call, void *room);

ATR__DECLARE_OP(sparse_rnn);
ATR__DECLARE_OP(sparse_rnn_grad);

#endif
