/* inputs.h: which images predict reads, and where each result goes: all of it known, and refused where it
 * cannot be, before the first image is opened. */
#ifndef SEGMENT_INPUTS_H
#define SEGMENT_INPUTS_H

#include "segment/segment.h"

struct input {
  char *path, *stem;
  char *truth, *mask, *overlay, *probability, *objects; /* NULL: none */
};

struct inputs {
  struct input *item;
  size_t count;
  bool on_stdout; /* an image goes to standard output, so the table does not */
};

/* From the operands: files, folders, "-". One file: results are files, or go into a folder that is there or
 * named with a slash at its end; many: always into folders, as STEM.png. Equal stems are then a fault. */
bool inputs_open(struct inputs *inputs, const struct job *job, struct fault *fault) TOOLS_MUST;

/* Makes the folders of results, and checks that every file could be written. */
bool inputs_check(const struct inputs *inputs, int classes, const struct common_options *common,
                  struct fault *fault) TOOLS_MUST;
void inputs_close(struct inputs *inputs);

/* "map.png" and class 2 → "map.2.png" (OUTPUT_PATH bytes). */
void inputs_class_path(const char *path, int class, char *out);

/* The value of --tile; auto (or NULL) is 0. */
bool inputs_tile(const char *text, int64_t *tile);

#endif
