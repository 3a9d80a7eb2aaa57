/* col2im.h: what the parts of col2im share. */
#ifndef ATR_OP_COL2IM_H
#define ATR_OP_COL2IM_H

#include "op/op.h"

enum { ATR__COL2IM_AXES = 6 };

typedef struct atr__col2im_params {
  int axes;
  int64_t planes, image[ATR__COL2IM_AXES];                  /* the image as [planes][image …] */
  int64_t block[ATR__COL2IM_AXES], steps[ATR__COL2IM_AXES]; /* columns as [planes][block …][steps …] */
  int64_t stride[ATR__COL2IM_AXES], dilation[ATR__COL2IM_AXES], before[ATR__COL2IM_AXES];
} atr__col2im_params;

ATR__DECLARE_OP(col2im);
ATR__DECLARE_OP(col2im_grad);

#endif
