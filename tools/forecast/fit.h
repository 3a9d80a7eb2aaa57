/* fit.h: training the network on one part of a series.
 *
 * A step sees a few stretches of neighbouring rows and learns from the forecasts made from every one of them.
 * Where stretches begin depends on seed, epoch and step alone. After each epoch the loss (Huber, which a few
 * wild days do not rule) of the rows kept for validation is measured; training stops when it has not fallen
 * for PATIENCE epochs, and the weights of the best epoch are the result. Epoch 0 is the network before it
 * learns, which forecasts no change (or the mean): where nothing is better, that is what remains. */
#ifndef FORECAST_FIT_H
#define FORECAST_FIT_H

#include "common/session.h"
#include "forecast/data.h"
#include "forecast/net.h"

enum { PATIENCE = 12 };

struct fit_task {
  struct report *report;
  atr_context *context;
  const struct net *net;
  const struct spec *spec;
  const struct features *features;
  const double *target; /* the column to forecast */
  struct split split;
  int64_t epochs;
  uint64_t seed;
  const char *checkpoint; /* written after every epoch; NULL: none */
  bool resume;            /* go on from it where it is there */
  const char *label;      /* of the progress */
};

enum fit_stopped { STOPPED_EPOCHS, STOPPED_EARLY, STOPPED_INTERRUPTED };

struct fit_epoch {
  double train_loss, valid_loss, learning_rate, seconds;
};

struct fit {
  float *weights; /* of the best epoch, in the order of net_tensors */
  size_t parameters;
  struct fit_epoch *epoch; /* [count + 1]; 0 is before training */
  size_t count, best;
  enum fit_stopped stopped;
};

/* After success fit_destroy. Interrupted by a signal it succeeds too, with `stopped` saying so. */
bool fit_run(const struct fit_task *task, struct fit *fit, struct fault *fault) TOOLS_MUST;
void fit_destroy(struct fit *fit);

const char *fit_stopped_name(enum fit_stopped stopped);

#endif
