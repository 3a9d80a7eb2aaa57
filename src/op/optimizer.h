/* optimizer.h: what the parts of optimizer share, and what the trainer must know to feed it. */
#ifndef ATR_OP_OPTIMIZER_H
#define ATR_OP_OPTIMIZER_H

#include "op/op.h"

/* The vector of scalars, computed on the host for each step in double. */
enum {
  ATR__STEP_SIZE,  /* lr; Adam, AdamW: lr / (1 - beta1^t); Adagrad: lr / (1 + (t - 1)·lr_decay) */
  ATR__STEP_DECAY, /* weight decay; AdamW: the factor 1 - lr·decay */
  ATR__STEP_BETA1, /* SGD, RMSprop: momentum */
  ATR__STEP_NEW1,  /* 1 - beta1 */
  ATR__STEP_BETA2, /* RMSprop: alpha */
  ATR__STEP_NEW2,  /* 1 - beta2 */
  ATR__STEP_ROOT2, /* 1 / sqrt(1 - beta2^t) */
  ATR__STEP_EPSILON,
  ATR__STEP_CLIP_VALUE, /* gradients are clamped to ± this; 0: not */
  ATR__STEP_CLIP_NORM,  /* and scaled to at most this global norm first; 0: not */
  ATR__STEP_SCALARS
};

/* The gate: what ClipFactor gives. */
enum {
  ATR__GATE_FACTOR, /* gradients are multiplied with this */
  ATR__GATE_OPEN,   /* 1, or 0: something is not finite, so nothing may change */
  ATR__GATE_NORM,   /* global L2 norm before clipping */
  ATR__GATE_LOSS,
  ATR__GATE_SIZE
};

typedef enum atr__step_kind {
  ATR__STEP_SGD,
  ATR__STEP_ADAM,
  ATR__STEP_ADAMW,
  ATR__STEP_RMSPROP,
  ATR__STEP_ADAGRAD,
  ATR__STEP_COMMIT
} atr__step_kind;

typedef struct atr__optimizer_params {
  atr__step_kind kind;
  int nesterov, centered, states; /* states: how many vectors go along with the parameter */
  int64_t count;
} atr__optimizer_params;

ATR__DECLARE_OP(optimizer);

#endif
