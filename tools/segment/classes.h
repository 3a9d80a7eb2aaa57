/* classes.h: the classes of a network: how many, their names, and how a mask's numbers become them. */
#ifndef SEGMENT_CLASSES_H
#define SEGMENT_CLASSES_H

#include "common/fault.h"
#include "common/image.h"

enum { CLASSES_MOST = 255, CLASS_IGNORED = 255 };

struct classes {
  int count;      /* 0: not known yet, as many as the masks hold */
  int64_t ignore; /* number in masks that counts for nothing; -1: none */
  bool binary;    /* every other number than 0 is class 1 */
  char name[CLASSES_MOST][48];
};

/* `text`: a file with one name a line, or a number, or names separated by commas; NULL: none. */
bool classes_parse(struct classes *classes, const char *text, int64_t ignore, bool binary,
                   struct fault *fault) TOOLS_MUST;

/* From the metadata `atrous.classes` (lines, or one line with commas). */
bool classes_from_text(struct classes *classes, const char *text, struct fault *fault) TOOLS_MUST;

/* Sets the count, and names those that have none. */
void classes_count(struct classes *classes, int count);

/* One name a line; the caller frees. */
char *classes_text(const struct classes *classes);

/* Numbers of a mask as classes 0 … count-1 or CLASS_IGNORED. A number that is no class is a fault that names
 * the file and the pixel. `largest` (may be NULL): the largest class met. */
bool classes_label(const struct classes *classes, const char *path, const struct label_map *map,
                   uint8_t *label, int *largest, struct fault *fault) TOOLS_MUST;

#endif
