/* status.c: names and texts of statuses, and the one way in which an error sentence is written. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <atrous/version.h>

const char *atr_version(void) {
  return ATR_VERSION;
}

const char *atr_status_name(atr_status status) {
  switch (status) {
#define NAME(name, text)                                                                                     \
  case ATR_##name: return "ATR_" #name;
    ATR_STATUS_LIST(NAME)
#undef NAME
  }
  return "ATR_?";
}

const char *atr_status_text(atr_status status) {
  switch (status) {
#define TEXT(name, text)                                                                                     \
  case ATR_##name: return text;
    ATR_STATUS_LIST(TEXT)
#undef TEXT
  }
  return "unknown status";
}

atr_status atr__fail(atr_error *error, atr_status status, const char *format, ...) {
  if (!error) return status;
  va_list args;
  va_start(args, format);
  error->status = status;
  error->opencl = 0;
  if (vsnprintf(error->text, sizeof error->text, format, args) < 0) error->text[0] = 0;
  va_end(args);
  if (!error->text[0]) snprintf(error->text, sizeof error->text, "%s", atr_status_text(status));
  return status;
}

atr_status atr__fail_in(atr_error *error, atr_status status, const char *format, ...) {
  if (!error) return status;
  char inner[sizeof error->text];
  memcpy(inner, error->text, sizeof inner);
  va_list args;
  va_start(args, format);
  if (vsnprintf(error->text, sizeof error->text, format, args) < 0) error->text[0] = 0;
  va_end(args);
  const size_t length = strlen(error->text); /* what fitted */
  snprintf(error->text + length, sizeof error->text - length, ": %.*s", (int)(sizeof inner - 1),
           inner[0] ? inner : atr_status_text(status));
  error->status = status;
  return status;
}

atr_status atr__nomem(atr_error *error, size_t bytes) {
  return atr__fail(error, ATR_E_NOMEM, "out of memory: %zu bytes could not be allocated", bytes);
}
