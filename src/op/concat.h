/* concat.h: what the parts of concat share. */
#ifndef ATR_OP_CONCAT_H
#define ATR_OP_CONCAT_H

#include "op/op.h"
#include "op/walk.h"

typedef struct atr__concat_params {
  int axis;
} atr__concat_params;

ATR__DECLARE_OP(concat);

/* A part of a tensor of shape `whole` that starts at `from` along `axis`. Operand `part_first` ? 0 : 1 is the
 * part, dense; the other is the whole. */
atr__walk atr__concat_walk(const atr_shape *part, const atr_shape *whole, int axis, int64_t from,
                           int part_first);

#endif
