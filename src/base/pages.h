/* pages.h: large blocks of zeros in pages as large as the system has: two megabytes instead of four kilobytes
 * are as many times fewer faults when they are first touched, and fewer look-ups of addresses ever after. */
#ifndef ATR_BASE_PAGES_H
#define ATR_BASE_PAGES_H

#include <stddef.h>

/* What is worth it: less comes from the heap. */
enum { ATR__PAGES_MIN = 1 << 20 };

typedef struct atr__pages {
  void *data; /* begins on a page; zeros */
  void *mapping;
  size_t mapped;
} atr__pages;

/* NULL: there is no memory, or the system has no such thing. */
atr__pages *atr__pages_get(size_t bytes);
void atr__pages_free(atr__pages *pages); /* NULL: nothing */

#endif
