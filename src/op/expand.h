/* expand.h: what the parts of expand share. */
#ifndef ATR_OP_EXPAND_H
#define ATR_OP_EXPAND_H

#include "op/op.h"

ATR__DECLARE_OP(expand);

#endif
