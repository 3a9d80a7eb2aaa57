/* pad.h: what the parts of pad share. */
#ifndef ATR_OP_PAD_H
#define ATR_OP_PAD_H

#include "op/op.h"

/* The numbers are those of kernels/pad.cl. */
typedef enum atr__pad_mode {
  ATR__PAD_MODE_CONSTANT,
  ATR__PAD_MODE_REFLECT,
  ATR__PAD_MODE_EDGE,
  ATR__PAD_MODE_WRAP
} atr__pad_mode;

typedef struct atr__pad_params {
  atr__pad_mode mode;
  int64_t before[ATR_RANK_MAX]; /* may be negative: cropping */
  double real;                  /* the constant, of floats */
  uint64_t bits;                /* of the constant */
  int axis;                     /* PadGrad only */
} atr__pad_params;

ATR__DECLARE_OP(pad);
ATR__DECLARE_OP(pad_grad);

/* Where index `at` (the output's minus `before`) of an axis of `extent` reads; -1: the constant. */
int64_t atr__pad_source(atr__pad_mode mode, int64_t at, int64_t extent);

#endif
