/* where.h: what the parts of where share. */
#ifndef ATR_OP_WHERE_H
#define ATR_OP_WHERE_H

#include "op/op.h"

ATR__DECLARE_OP(where);

#endif
