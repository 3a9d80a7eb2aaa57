/* pairs.h: files of folders, paired by stem (the name without ".png"). */
#ifndef SEGMENT_PAIRS_H
#define SEGMENT_PAIRS_H

#include "common/fault.h"

struct pair {
  char *stem, *first, *second; /* second NULL: none */
};

struct pairs {
  struct pair *item;
  size_t count;
  size_t alone; /* files of the first folder without a partner, left out */
};

/* The PNG files of a folder, sorted by name (as bytes), `second` NULL. Two files of the same stem are a
 * fault; so is a folder without any. */
bool pairs_list(const char *folder, struct pairs *pairs, struct fault *fault) TOOLS_MUST;

/* The files of two folders whose stems are the same. None at all is a fault. */
bool pairs_match(const char *first, const char *second, struct pairs *pairs, struct fault *fault) TOOLS_MUST;

/* Keeps every n-th, counted from 1 (n, 2n, …), or with `others` all but those; n = 0 keeps all. */
void pairs_hold_out(struct pairs *pairs, int64_t n, bool others);

void pairs_destroy(struct pairs *pairs);

/* The stem of a path; the caller frees. NULL: no memory. */
char *pairs_stem(const char *path);

#endif
