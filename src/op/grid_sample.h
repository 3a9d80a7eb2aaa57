/* grid_sample.h: what the parts of grid_sample share: tensors as [n][c][three axes], of which the first has
 * size 1 where images have two. */
#ifndef ATR_OP_GRID_SAMPLE_H
#define ATR_OP_GRID_SAMPLE_H

#include "op/op.h"

/* The numbers are those of kernels/grid_sample.cl. */
typedef enum atr__grid_mode { ATR__GRID_NEAREST, ATR__GRID_LINEAR, ATR__GRID_CUBIC } atr__grid_mode;
typedef enum atr__grid_padding { ATR__GRID_ZEROS, ATR__GRID_BORDER, ATR__GRID_REFLECTION } atr__grid_padding;

typedef struct atr__grid_sample_params {
  int64_t n, c, in[3], points; /* points: of the grid, a sample */
  int axes;                    /* 2 or 3 */
  atr__grid_mode mode;
  atr__grid_padding padding;
  int align;
} atr__grid_sample_params;

ATR__DECLARE_OP(grid_sample);
ATR__DECLARE_OP(grid_sample_grad);

#endif
