/* range.h: what the parts of range share. */
#ifndef ATR_OP_RANGE_H
#define ATR_OP_RANGE_H

#include "op/op.h"

ATR__DECLARE_OP(range);

#endif
