/* arg.h: what the parts of arg share. */
#ifndef ATR_OP_ARG_H
#define ATR_OP_ARG_H

#include "op/op.h"

typedef struct atr__arg_params {
  int axis, least, last; /* least: ArgMin; last: among equals the last */
} atr__arg_params;

ATR__DECLARE_OP(arg);

#endif
