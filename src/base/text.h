/* text.h: a growing string, for generated source, JSON and sentences. Failure is sticky: ask once, at the
 * end. */
#ifndef ATR_BASE_TEXT_H
#define ATR_BASE_TEXT_H

#include <stddef.h>

#include "base/status.h"

typedef struct atr__text {
  char *data; /* NUL-terminated, or NULL while empty */
  size_t length, room;
  int failed; /* memory ran out: what was added since is lost */
} atr__text;
#define ATR__TEXT_INIT                                                                                       \
  { NULL, 0, 0, 0 }

void atr__text_add(atr__text *text, const char *format, ...) ATR__PRINTF(2, 3);
void atr__text_add_bytes(atr__text *text, const char *bytes, size_t length);
void atr__text_add_json(atr__text *text, const char *string); /* quoted and escaped */
void atr__text_free(atr__text *text);

#endif
