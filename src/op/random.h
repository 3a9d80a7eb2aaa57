/* random.h: what the parts of random share. */
#ifndef ATR_OP_RANDOM_H
#define ATR_OP_RANDOM_H

#include "op/op.h"

/* The numbers are those of kernels/random.cl. */
typedef enum atr__random_kind {
  ATR__RANDOM_UNIFORM,
  ATR__RANDOM_NORMAL,
  ATR__RANDOM_BERNOULLI
} atr__random_kind;

typedef struct atr__random_params {
  atr__random_kind kind;
  float a, b; /* lower end and width; mean and deviation */
  uint64_t key;
  uint64_t one; /* Bernoulli: the bits of 1 in the output's type */
} atr__random_params;

ATR__DECLARE_OP(random);

#endif
