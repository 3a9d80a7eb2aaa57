/* segment.h: what the commands of atrous-segment share: the options, one run of the program, and a network
 * with what its metadata say of it. */
#ifndef SEGMENT_H
#define SEGMENT_H

#include <atrous.h>

#include "common/session.h"
#include "segment/classes.h"
#include "common/pixels.h"

enum command_number { COMMAND_TRAIN, COMMAND_PREDICT, COMMAND_EVALUATE };

struct settings {
  const char *images, *masks, *model, *classes, *valid, *resume, *plot, *augment;
  const char *mask, *overlay, *probability, *objects, *truth, *pixels, *tile, *predicted, *require;
  int64_t ignore, hold_out, size, width, batch, epochs;
  double minutes, scale, rate;
  int net, weights;
  bool binary;
};

/* One run of the program. */
struct job {
  struct report *report;
  const struct common_options *common;
  const struct program *program;
  const struct settings *settings;
  char **operands;
  int count;
  atr_context *context;
};

/* A network read from an ONNX file (network.c). */
struct network {
  atr_model *model;
  struct classes classes;
  struct pixels pixels;
  double scale; /* images are brought to this share of their size before the network sees them */
};

/* `pixels`: the text of --pixels, NULL: what the file says. */
bool network_load(const char *path, const char *pixels, struct network *network,
                  struct fault *fault) TOOLS_MUST;
void network_destroy(struct network *network);

/* Writes classes, pixels and scale into the model's metadata. */
bool network_describe(atr_model *model, const struct classes *classes, const struct pixels *pixels,
                      double scale, struct fault *fault) TOOLS_MUST;

/* The commands; each returns the result object of the JSON, or NULL after a fault. `fault` may be set beside
 * a result: a check that was asked for does not hold. */
json_t *train_command(struct job *job, struct fault *fault);
json_t *predict_command(struct job *job, struct fault *fault);
json_t *evaluate_command(struct job *job, struct fault *fault);

#endif
