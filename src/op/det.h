/* det.h: what the parts of det share. */
#ifndef ATR_OP_DET_H
#define ATR_OP_DET_H

#include "op/op.h"

ATR__DECLARE_OP(det);

#endif
