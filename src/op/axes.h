/* axes.h: lists of axes, which older opsets give as an attribute and newer ones as an input. */
#ifndef ATR_OP_AXES_H
#define ATR_OP_AXES_H

#include "op/op.h"

typedef struct atr__axes {
  int given; /* the node has such a list (it may be empty) */
  int n;
  unsigned mask;          /* bit i: axis i */
  int list[ATR_RANK_MAX]; /* non-negative, in the order given */
} atr__axes;

/* Reads attribute "axes" or, where it is absent, input `input` (known at plan time); ATR_E_PARAM for an axis
 * outside [-rank, rank) or given twice. */
atr_status atr__infer_axes(atr__infer *infer, size_t input, int rank, atr__axes *axes);
/* Whether optional input i is there. */
int atr__infer_has(const atr__infer *infer, size_t input);
/* ATR_E_SHAPE unless inputs i and j have one type. */
atr_status atr__infer_same_type(atr__infer *infer, size_t i, size_t j);

#endif
