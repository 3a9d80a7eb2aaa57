/* tile.h: what the parts of tile share. */
#ifndef ATR_OP_TILE_H
#define ATR_OP_TILE_H

#include "op/op.h"
#include "op/walk.h"

typedef struct atr__tile_params {
  int64_t repeats[ATR_RANK_MAX];
} atr__tile_params;

ATR__DECLARE_OP(tile);

/* The copies, from the input to some of the output each: how many, and the k-th. Operands: output, input. */
int64_t atr__tile_copies(const atr__tile_params *params, const atr_shape *in);
atr__walk atr__tile_copy(const atr__tile_params *params, const atr_shape *in, int64_t k);

#endif
