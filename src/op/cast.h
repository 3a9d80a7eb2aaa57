/* cast.h: what the parts of cast share. */
#ifndef ATR_OP_CAST_H
#define ATR_OP_CAST_H

#include "op/op.h"

ATR__DECLARE_OP(cast);

#endif
