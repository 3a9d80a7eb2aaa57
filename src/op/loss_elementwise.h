/* loss_elementwise.h: what the parts of loss_elementwise share. */
#ifndef ATR_OP_LOSS_ELEMENTWISE_H
#define ATR_OP_LOSS_ELEMENTWISE_H

#include "op/op.h"

typedef enum atr__loss_kind {
  ATR__LOSS_SQUARED,
  ATR__LOSS_HUBER,
  ATR__LOSS_SIGMOID,
  ATR__LOSS_ABSOLUTE
} atr__loss_kind;

typedef struct atr__loss_elementwise_params {
  atr__loss_kind kind;
  float parameter; /* Huber's delta, the binary cross-entropy's weight of positives */
  int64_t count;
} atr__loss_elementwise_params;

ATR__DECLARE_OP(loss_elementwise);
ATR__DECLARE_OP(loss_elementwise_grad);

/* Sums are cut in this many parts whose elements are those with index ≡ part (mod parts). */
enum { ATR__LOSS_PARTS = 2048 };
/* Pushes the launch that joins the parts: pairs (Σ value, Σ weight) at scratch `offset`. Mode 1: their
 * quotient, 0 where the weights sum to 0; 0: Σ value; 2: no loss. `fixed`: the divisor where it is known, 0:
 * Σ weight. To outputs `loss` and, if it is there, `total`. Kernel in loss_elementwise.cl. */
void atr__loss_join(atr__cl_emit *emit, int64_t parts, uint64_t offset, int mode, int64_t fixed, size_t loss,
                    size_t total);

#endif
