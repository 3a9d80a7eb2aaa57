/* text.c: a growing string; see text.h. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

void atr__text_add_bytes(atr__text *text, const char *bytes, size_t length) {
  if (text->failed) return;
  if (length > (size_t)-1 / 2 - text->length ||
      atr__grow(&text->data, &text->room, text->length + length + 1, 1)) {
    text->failed = 1;
    return;
  }
  memcpy(text->data + text->length, bytes, length);
  text->length += length;
  text->data[text->length] = 0;
}

void atr__text_add(atr__text *text, const char *format, ...) {
  char small[512];
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int length = vsnprintf(small, sizeof small, format, args);
  va_end(args);
  if (length < 0)
    text->failed = 1;
  else if ((size_t)length < sizeof small)
    atr__text_add_bytes(text, small, (size_t)length);
  else {
    char *large = atr__malloc((size_t)length + 1);
    if (!large)
      text->failed = 1;
    else {
      vsnprintf(large, (size_t)length + 1, format, again);
      atr__text_add_bytes(text, large, (size_t)length);
      atr__free(large);
    }
  }
  va_end(again);
}

void atr__text_add_json(atr__text *text, const char *string) {
  atr__text_add_bytes(text, "\"", 1);
  for (const unsigned char *c = (const unsigned char *)string; *c; c++) {
    if (*c == '"' || *c == '\\')
      atr__text_add(text, "\\%c", *c);
    else if (*c < 0x20)
      atr__text_add(text, "\\u%04x", *c);
    else
      atr__text_add_bytes(text, (const char *)c, 1);
  }
  atr__text_add_bytes(text, "\"", 1);
}

void atr__text_free(atr__text *text) {
  atr__free(text->data);
  *text = (atr__text)ATR__TEXT_INIT;
}
