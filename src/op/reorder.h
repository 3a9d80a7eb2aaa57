/* reorder.h: what the parts of Reorder share. */
#ifndef ATR_OP_REORDER_H
#define ATR_OP_REORDER_H

#include "op/op.h"

ATR__DECLARE_OP(reorder);

#endif
