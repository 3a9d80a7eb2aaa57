/* einsum.h: what the parts of einsum share: one contraction of several operands, which is its forward pass
 * and the gradient of each of its inputs. */
#ifndef ATR_OP_EINSUM_H
#define ATR_OP_EINSUM_H

#include "op/op.h"

/* Labels: 52 letters and the dimensions of an ellipsis. */
enum { ATR__EINSUM_OPERANDS = 8, ATR__EINSUM_LETTERS = 52, ATR__EINSUM_LABELS = 60 };

typedef struct atr__einsum_params {
  int operands;
  int input[ATR__EINSUM_OPERANDS]; /* the node's input that operand o is */
  /* Dimensions of the result. same[d]: the first dimension with d's label, d itself where it is the first;
   * elements in which the two differ are 0. */
  int rank, same[ATR_RANK_MAX];
  int64_t dim[ATR_RANK_MAX], stride[ATR__EINSUM_OPERANDS][ATR_RANK_MAX];
  /* What is summed: extents above 1 or 0, neighbours joined; the last is the innermost. */
  int sums;
  int64_t sum_dim[ATR__EINSUM_LABELS], sum_stride[ATR__EINSUM_OPERANDS][ATR__EINSUM_LABELS];
  int64_t outer, inner; /* products of the summed extents without the last, and the last */
} atr__einsum_params;

ATR__DECLARE_OP(einsum);

#endif
