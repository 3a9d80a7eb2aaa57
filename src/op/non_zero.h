/* non_zero.h: what the parts of non_zero share. */
#ifndef ATR_OP_NON_ZERO_H
#define ATR_OP_NON_ZERO_H

#include "op/op.h"

ATR__DECLARE_OP(non_zero);

#endif
