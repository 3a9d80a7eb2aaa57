/* unary.h: what the parts of unary share. */
#ifndef ATR_OP_UNARY_H
#define ATR_OP_UNARY_H

#include "op/op.h"

/* The numbers are those of kernels/unary.cl and kernels/unary_grad.cl. */
typedef enum atr__unary_kind {
  ATR__UNARY_RELU,
  ATR__UNARY_SIGMOID,
  ATR__UNARY_TANH,
  ATR__UNARY_EXP,
  ATR__UNARY_LOG,
  ATR__UNARY_SQRT,
  ATR__UNARY_NEG,
  ATR__UNARY_ABS,
  ATR__UNARY_RECIPROCAL,
  ATR__UNARY_LEAKY_RELU,
  ATR__UNARY_ELU,
  ATR__UNARY_SELU,
  ATR__UNARY_CELU,
  ATR__UNARY_SOFTPLUS,
  ATR__UNARY_SOFTSIGN,
  ATR__UNARY_HARD_SIGMOID,
  ATR__UNARY_HARD_SWISH,
  ATR__UNARY_THRESHOLDED_RELU,
  ATR__UNARY_CLIP,
  ATR__UNARY_ERF,
  ATR__UNARY_MISH,
  ATR__UNARY_SIN,
  ATR__UNARY_COS,
  ATR__UNARY_TAN,
  ATR__UNARY_ASIN,
  ATR__UNARY_ACOS,
  ATR__UNARY_ATAN,
  ATR__UNARY_SINH,
  ATR__UNARY_COSH,
  ATR__UNARY_ASINH,
  ATR__UNARY_ACOSH,
  ATR__UNARY_ATANH,
  ATR__UNARY_SIGN,
  ATR__UNARY_FLOOR,
  ATR__UNARY_CEIL,
  ATR__UNARY_ROUND,
  ATR__UNARY_GELU,
  ATR__UNARY_GELU_TANH, /* Gelu with approximate "tanh" */
  ATR__UNARY_SHRINK,
  ATR__UNARY_SWISH,
  ATR__UNARY_BITWISE_NOT,
  ATR__UNARY_KINDS
} atr__unary_kind;

typedef struct atr__unary_params {
  atr__unary_kind kind;
  int64_t least, most; /* Clip of integers; uint64 by its bits */
  double a, b;         /* alpha and beta (or gamma); Clip: least and greatest; Shrink: lambd and bias */
} atr__unary_params;

ATR__DECLARE_OP(unary);
ATR__DECLARE_OP(unary_grad);

/* Instance suffixes of the kernels, "_relu" …, by kind. */
extern const char *const atr__unary_suffix[ATR__UNARY_KINDS];
/* Whether f(0) = 0 and f has a finite slope there, so that spare lanes of blocked tensors stay zero. */
int atr__unary_keeps_zero(const atr__unary_params *params);

#endif
