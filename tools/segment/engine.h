/* engine.h: a network applied to pictures of any size.
 *
 * The picture is continued at its edges to sides that are multiples of NET_MULTIPLE, or, where it is large,
 * cut into tiles that overlap by half the receptive field (at most a quarter of the tile), so that memory
 * does not grow with it. Plans are kept by size. The result has the size asked for: where the network sees a
 * smaller picture, probabilities between its pixels are interpolated. */
#ifndef SEGMENT_ENGINE_H
#define SEGMENT_ENGINE_H

#include <atrous.h>

#include "common/pixels.h"
#include "common/session.h"

enum { ENGINE_PLANS = 6, TILE_AUTO = 0, TILE_LARGEST = 1024 };

struct engine_plan {
  size_t height, width;
  uint64_t used;
  atr_plan *plan;
  atr_run *run;
};

struct engine {
  struct report *report;
  atr_context *context;
  const atr_model *model;
  atr_params *params; /* NULL: the model's own */
  struct pixels pixels;
  int classes, channels;
  int64_t overlap;
  size_t tile; /* TILE_AUTO: whole pictures up to TILE_LARGEST², else tiles of three quarters of it */
  const char *input, *output;
  struct engine_plan plan[ENGINE_PLANS];
  uint64_t uses;
};

/* Says what is wrong where the model is no segmentation network of `classes` classes. */
bool engine_open(struct engine *engine, struct report *report, atr_context *context, const atr_model *model,
                 atr_params *params, const struct pixels *pixels, int64_t tile, int classes,
                 struct fault *fault) TOOLS_MUST;
void engine_close(struct engine *engine);

struct segmentation {
  size_t width, height;
  uint8_t *label;       /* most probable class */
  uint8_t *score;       /* its probability · 255 */
  uint8_t *probability; /* [classes][height][width], · 255; NULL unless asked for */
  int tiles;
};

/* `picture` is what the network sees; the result is of width × height. */
bool engine_run(struct engine *engine, const struct picture *picture, size_t width, size_t height,
                bool probability, struct segmentation *result, struct fault *fault) TOOLS_MUST;
void segmentation_destroy(struct segmentation *result);

#endif
