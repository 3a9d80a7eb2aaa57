/* compare.h: what the parts of compare share. */
#ifndef ATR_OP_COMPARE_H
#define ATR_OP_COMPARE_H

#include "op/op.h"

/* The numbers are those of kernels/compare.cl. */
typedef enum atr__compare_kind {
  ATR__COMPARE_EQUAL,
  ATR__COMPARE_LESS,
  ATR__COMPARE_LESS_OR_EQUAL,
  ATR__COMPARE_GREATER,
  ATR__COMPARE_GREATER_OR_EQUAL,
  ATR__COMPARE_AND,
  ATR__COMPARE_OR,
  ATR__COMPARE_XOR,
  ATR__COMPARE_NOT,
  ATR__COMPARE_IS_NAN,
  ATR__COMPARE_IS_INF, /* 1, 2 and 3 more: of one sign only, of none */
  ATR__COMPARE_IS_INF_POSITIVE,
  ATR__COMPARE_IS_INF_NEGATIVE,
  ATR__COMPARE_IS_INF_NEVER
} atr__compare_kind;

typedef struct atr__compare_params {
  atr__compare_kind kind;
} atr__compare_params;

ATR__DECLARE_OP(compare);

#endif
