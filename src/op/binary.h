/* binary.h: what the parts of binary share. */
#ifndef ATR_OP_BINARY_H
#define ATR_OP_BINARY_H

#include "op/op.h"

/* The numbers are those of kernels/binary.cl and kernels/binary_grad.cl. */
typedef enum atr__binary_kind {
  ATR__BINARY_ADD,
  ATR__BINARY_SUB,
  ATR__BINARY_MUL,
  ATR__BINARY_DIV,
  ATR__BINARY_POW,
  ATR__BINARY_MAX,
  ATR__BINARY_MIN,
  ATR__BINARY_PRELU,
  ATR__BINARY_MOD,  /* the sign of the divisor */
  ATR__BINARY_FMOD, /* the sign of the dividend, as C has it */
  ATR__BINARY_MEAN, /* a sum, divided by `count` with its last operand */
  ATR__BINARY_BIT_AND,
  ATR__BINARY_BIT_OR,
  ATR__BINARY_BIT_XOR,
  ATR__BINARY_SHIFT_LEFT,
  ATR__BINARY_SHIFT_RIGHT
} atr__binary_kind;

typedef struct atr__binary_params {
  atr__binary_kind kind;
  int side;  /* BinaryGrad: with respect to operand 0 or 1 */
  int count; /* Mean: of operands */
} atr__binary_params;

ATR__DECLARE_OP(binary);
ATR__DECLARE_OP(binary_grad);

#endif
