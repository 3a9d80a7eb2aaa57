/* fit_state.h: what a checkpoint carries beside the trainer's own state.
 *
 * The losses of the epochs so far, the best epoch and its weights, and a fingerprint of the data, so that a
 * training resumed from a checkpoint ends as if it had never stopped, and other data are refused. */
#ifndef FORECAST_FIT_STATE_H
#define FORECAST_FIT_STATE_H

#include <atrous/train.h>

#include "forecast/fit.h"

bool fit_state_there(const char *path);
bool fit_state_keep(const struct fit_task *task, const struct fit *fit, atr_trainer *trainer,
                    struct fault *fault) TOOLS_MUST;
/* Into a fit whose arrays are allocated. */
bool fit_state_restore(const struct fit_task *task, struct fit *fit, const atr_trainer *trainer,
                       struct fault *fault) TOOLS_MUST;

/* The fault of a checkpoint that belongs to another training; returns false. */
bool fit_state_other(const struct fit_task *task, struct fault *fault);

#endif
