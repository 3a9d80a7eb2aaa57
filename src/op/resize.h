/* resize.h: what the parts of resize share: a resize as [outer][five axes], with taps along each axis.
 * Dimensions that stay as they are and lie side by side are one axis; unused axes come first and have size 1.
 */
#ifndef ATR_OP_RESIZE_H
#define ATR_OP_RESIZE_H

#include "op/op.h"

enum { ATR__RESIZE_AXES = 5, ATR__RESIZE_FEW = 4 };

typedef enum atr__resize_mode { ATR__RESIZE_NEAREST, ATR__RESIZE_LINEAR, ATR__RESIZE_CUBIC } atr__resize_mode;
typedef enum atr__resize_coordinate {
  ATR__RESIZE_HALF_PIXEL,
  ATR__RESIZE_HALF_PIXEL_SYMMETRIC,
  ATR__RESIZE_PYTORCH_HALF_PIXEL,
  ATR__RESIZE_ALIGN_CORNERS,
  ATR__RESIZE_ASYMMETRIC,
  ATR__RESIZE_TF_CROP_AND_RESIZE,
  ATR__RESIZE_TF_HALF_PIXEL_FOR_NN
} atr__resize_coordinate;
typedef enum atr__resize_nearest {
  ATR__RESIZE_ROUND_PREFER_FLOOR,
  ATR__RESIZE_ROUND_PREFER_CEIL,
  ATR__RESIZE_FLOOR,
  ATR__RESIZE_CEIL
} atr__resize_nearest;

typedef struct atr__resize_params {
  int first; /* the dimension after those that `outer` counts */
  int axes;  /* how many of the axes, the last ones, are in use */
  int64_t outer, in[ATR__RESIZE_AXES], out[ATR__RESIZE_AXES];
  double num[ATR__RESIZE_AXES], den[ATR__RESIZE_AXES];   /* an axis's scale is den / num: a quotient of sizes
                                                            stays exact */
  double start[ATR__RESIZE_AXES], end[ATR__RESIZE_AXES]; /* tf_crop_and_resize: the part of the input */
  double shrink[ATR__RESIZE_AXES]; /* the filter is stretched by 1 / shrink: below 1 with antialias */
  atr__resize_mode mode;
  atr__resize_coordinate coordinate;
  atr__resize_nearest nearest;
  int exclude_outside;
  double cubic;
  float outside; /* the value of outputs that have no taps */
} atr__resize_params;

/* What an output position reads along an axis: positions first … first + n - 1, all inside the input. As o
 * ascends `first` and the last position ascend too, or both descend. n is 0 where a crop reaches outside. */
typedef struct atr__resize_taps {
  int64_t first, n;
  double few[ATR__RESIZE_FEW]; /* the weights where n ≤ ATR__RESIZE_FEW */
  double at, share, low, high; /* for the others */
} atr__resize_taps;

void atr__resize_taps_at(const atr__resize_params *params, int axis, int64_t o, atr__resize_taps *taps);
double atr__resize_weight_of_many(const atr__resize_params *params, int axis, const atr__resize_taps *taps,
                                  int64_t k);
/* The weight of position first + k; may be 0. */
static inline double atr__resize_weight(const atr__resize_params *params, int axis,
                                        const atr__resize_taps *taps, int64_t k) {
  return taps->n <= ATR__RESIZE_FEW ? taps->few[k] : atr__resize_weight_of_many(params, axis, taps, k);
}

ATR__DECLARE_OP(resize);
ATR__DECLARE_OP(resize_grad);

#endif
