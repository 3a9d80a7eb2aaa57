/* affine_grid.h: what the parts of affine_grid share. */
#ifndef ATR_OP_AFFINE_GRID_H
#define ATR_OP_AFFINE_GRID_H

#include "op/op.h"

typedef struct atr__affine_grid_params {
  int axes, align;    /* 2 or 3 */
  int64_t n, size[3]; /* sizes of the axes; the first is 1 where there are two */
} atr__affine_grid_params;

ATR__DECLARE_OP(affine_grid);
ATR__DECLARE_OP(affine_grid_grad);

#endif
