/* resize.h: what the parts of resize share: a resize as [outer][d][h][w] with taps along each of the three
 * axes. */
#ifndef ATR_OP_RESIZE_H
#define ATR_OP_RESIZE_H

#include "op/op.h"

typedef enum atr__resize_mode { ATR__RESIZE_NEAREST, ATR__RESIZE_LINEAR, ATR__RESIZE_CUBIC } atr__resize_mode;
typedef enum atr__resize_coordinate {
  ATR__RESIZE_HALF_PIXEL,
  ATR__RESIZE_HALF_PIXEL_SYMMETRIC,
  ATR__RESIZE_PYTORCH_HALF_PIXEL,
  ATR__RESIZE_ALIGN_CORNERS,
  ATR__RESIZE_ASYMMETRIC
} atr__resize_coordinate;
typedef enum atr__resize_nearest {
  ATR__RESIZE_ROUND_PREFER_FLOOR,
  ATR__RESIZE_ROUND_PREFER_CEIL,
  ATR__RESIZE_FLOOR,
  ATR__RESIZE_CEIL
} atr__resize_nearest;

typedef struct atr__resize_params {
  int first; /* the dimension after those that `outer` counts */
  int64_t outer, in[3], out[3];
  double num[3], den[3]; /* the scale of an axis is den / num: a quotient of sizes stays exact */
  atr__resize_mode mode;
  atr__resize_coordinate coordinate;
  atr__resize_nearest nearest;
  int exclude_outside;
  double cubic;
} atr__resize_params;

enum { ATR__RESIZE_TAPS = 4 };

/* The input positions and weights of output position o along an axis; returns their number, 1 to 4. Positions
 * lie inside the input and ascend; taps of weight 0 are left out. */
int atr__resize_taps(const atr__resize_params *params, int axis, int64_t o, int64_t index[ATR__RESIZE_TAPS],
                     double weight[ATR__RESIZE_TAPS]);

ATR__DECLARE_OP(resize);
ATR__DECLARE_OP(resize_grad);

#endif
