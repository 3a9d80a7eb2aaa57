/* fit_state.h: what a checkpoint carries beside the trainer's own: how far training had come. */
#ifndef SEGMENT_FIT_STATE_H
#define SEGMENT_FIT_STATE_H

#include "segment/fit.h"

/* Within an epoch: steps done, and the sum of their losses. */
struct fit_place {
  size_t step;
  double sum;
};

bool fit_state_keep(const struct fit_task *task, const struct fit *fit, const struct fit_place *place,
                    atr_trainer *trainer, struct fault *fault) TOOLS_MUST;

/* A checkpoint of other data, seed or crops is a fault. */
bool fit_state_restore(const struct fit_task *task, struct fit *fit, struct fit_place *place,
                       const atr_trainer *trainer, struct fault *fault) TOOLS_MUST;

/* Room for one more epoch. */
bool fit_state_grow(struct fit *fit, size_t count, struct fault *fault) TOOLS_MUST;

#endif
