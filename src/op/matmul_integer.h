/* matmul_integer.h: what the parts of matmul_integer share. */
#ifndef ATR_OP_MATMUL_INTEGER_H
#define ATR_OP_MATMUL_INTEGER_H

#include "op/op.h"
#include "op/walk.h"

/* Where the operands are among a node's inputs; past the last where there is none. */
typedef struct atr__matmul_integer_inputs {
  size_t a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero;
} atr__matmul_integer_inputs;

typedef struct atr__matmul_integer_params {
  atr__matmul_integer_inputs in;
  atr__walk walk;    /* over y; operands: a and b at k = 0, then what belongs to a's row and b's column */
  int64_t k, b_step; /* from k to k + 1 in b; in a it is 1 */
  int a_scales, b_scales; /* 0: one scale whatever the zero points are */
} atr__matmul_integer_params;

ATR__DECLARE_OP(matmul_integer);
ATR__DECLARE_OP(qlinear_matmul);

#endif
