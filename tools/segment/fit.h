/* fit.h: training a network on pictures with labels.
 *
 * A step sees a batch of random square crops, mirrored at random; which they are depends on seed, epoch and
 * place alone, so the same seed gives the same weights. An epoch is one crop of every picture, or several, so
 * that it has at least EPOCH_STEPS steps. The validation pictures are looked at whole, and only as often as
 * costs little beside the training (by numbers of pixels, not by the clock); the epoch with the best mean IoU
 * is what remains in the model's file. */
#ifndef SEGMENT_FIT_H
#define SEGMENT_FIT_H

#include <atrous.h>

#include "common/report.h"
#include "segment/data.h"
#include "segment/net.h"

enum { EPOCH_STEPS = 16, PATIENCE = 25 };

/* Of the classes in the loss: all the same, or median frequency, or its root. AUTO: none for two classes,
 * whose areas come out too large with any, the root for more, of which some are rare. */
enum fit_weights { WEIGHTS_AUTO, WEIGHTS_NONE, WEIGHTS_SQRT, WEIGHTS_MEDIAN };

struct fit_task {
  struct report *report;
  atr_context *context;
  const struct classes *classes;
  const struct pixels *pixels;
  const struct data *train, *valid; /* valid->count 0: the last epoch remains */
  enum net_kind net;
  int64_t width, size, batch, epochs; /* epochs 0: as many as `minutes` allow */
  double minutes;                     /* 0: no limit */
  double rate, scale;
  uint64_t seed;
  int augment; /* data.h */
  enum fit_weights weights;
  const char *model, *checkpoint;
  bool resume; /* go on from the checkpoint where it is there */
};

enum fit_stopped { STOPPED_EPOCHS, STOPPED_MINUTES, STOPPED_EARLY, STOPPED_INTERRUPTED };

struct fit_epoch {
  double train_loss, valid_loss, mean_iou, pixel_accuracy, learning_rate, seconds; /* NaN: not measured */
};

struct fit {
  struct fit_epoch *epoch;  /* [count], from epoch 1 */
  size_t count, room, best; /* best: 1 …, 0 none */
  int64_t parameters, receptive_field;
  enum fit_stopped stopped;
};

/* Writes task->model each time validation is better than before, and the checkpoint. After success
 * fit_destroy. Interrupted by a signal it succeeds too, with `stopped` saying so. */
bool fit_run(const struct fit_task *task, struct fit *fit, struct fault *fault) TOOLS_MUST;
void fit_destroy(struct fit *fit);

const char *fit_stopped_name(enum fit_stopped stopped);

#endif
