/* depth_to_space.h: what the parts of depth_to_space share. */
#ifndef ATR_OP_DEPTH_TO_SPACE_H
#define ATR_OP_DEPTH_TO_SPACE_H

#include "op/op.h"
#include "op/walk.h"

typedef struct atr__depth_to_space_params {
  int64_t block;
  int columns_first; /* CRD: the channel is [c][row][column]; else DCR: [row][column][c] */
  int to_depth;      /* SpaceToDepth */
} atr__depth_to_space_params;

ATR__DECLARE_OP(depth_to_space);

/* Operands: output, input. */
atr__walk atr__depth_to_space_walk(const atr__depth_to_space_params *params, const atr_shape *in,
                                   const atr_shape *out);

#endif
