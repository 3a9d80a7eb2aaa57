/* unary.h: what the parts of unary share. */
#ifndef ATR_OP_UNARY_H
#define ATR_OP_UNARY_H

#include "op/op.h"

typedef enum atr__unary_kind { ATR__UNARY_RELU, ATR__UNARY_SIGMOID, ATR__UNARY_TANH } atr__unary_kind;

typedef struct atr__unary_params {
  atr__unary_kind kind;
} atr__unary_params;

ATR__DECLARE_OP(unary);

#endif
