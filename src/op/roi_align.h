/* roi_align.h: what the parts of roi_align share. */
#ifndef ATR_OP_ROI_ALIGN_H
#define ATR_OP_ROI_ALIGN_H

#include "op/op.h"

enum { ATR__ROI_SAMPLES = 4096 }; /* at most, a bin along an axis */

typedef struct atr__roi_align_params {
  int64_t n, c, h, w, rois, oh, ow;
  int samples; /* along each axis of a bin; 0: as many as it has pixels */
  int half, max;
  float scale;
} atr__roi_align_params;

ATR__DECLARE_OP(roi_align);
ATR__DECLARE_OP(roi_align_grad);

#endif
