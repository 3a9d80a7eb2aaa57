/* files.h: SRC and DST of the command line: where a tensor's values come from and go to.
 *
 *   SRC  FILE.npy|.pb|.png|.csv|.f32, - (float32 from standard input), 1,2,3, zeros, random
 *   DST  FILE.npy|.pb|.png|.csv|.f32, - (float32 to standard output) */
#ifndef RUN_FILES_H
#define RUN_FILES_H

#include "common/pixels.h"
#include "run/array.h"

struct source {
  const char *text;                  /* SRC */
  uint64_t seed;                     /* of random; another for each input */
  const char *pixels, *model_pixels; /* --pixels, else the model's metadata; either may be NULL */
};

/* The values for an input, of its type and of a shape that `want` allows (free dimensions are -1 there). */
bool source_read(const struct source *source, const atr_port *port, const atr_shape *want,
                 struct array *array, struct fault *fault) TOOLS_MUST;

/* Whether the text can be a SRC at all, by its form. */
bool source_is(const char *text);

/* Refuses a DST of unknown form, or one that could not be written. */
bool sink_check(const char *text, bool no_clobber, struct fault *fault) TOOLS_MUST;
bool sink_write(const char *text, const char *name, const struct array *array, const struct pixels *pixels,
                bool no_clobber, struct fault *fault) TOOLS_MUST;

/* --pixels, else what the model says, else the defaults. */
bool pixels_of(const struct source *source, struct pixels *pixels, struct fault *fault) TOOLS_MUST;

#endif
