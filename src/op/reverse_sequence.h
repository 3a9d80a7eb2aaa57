/* reverse_sequence.h: what the parts of reverse_sequence share. */
#ifndef ATR_OP_REVERSE_SEQUENCE_H
#define ATR_OP_REVERSE_SEQUENCE_H

#include "op/op.h"

typedef struct atr__reverse_sequence_params {
  int time_axis; /* 0 or 1; the other is the batch's */
} atr__reverse_sequence_params;

ATR__DECLARE_OP(reverse_sequence);

#endif
