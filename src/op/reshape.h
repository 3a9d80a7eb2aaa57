/* reshape.h: what the parts of reshape share. */
#ifndef ATR_OP_RESHAPE_H
#define ATR_OP_RESHAPE_H

#include "op/op.h"

ATR__DECLARE_OP(reshape);

#endif
