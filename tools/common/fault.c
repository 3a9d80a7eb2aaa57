/* fault.c: writing and wording of faults; see fault.h. */
#include "common/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/output.h"

bool fault_set(struct fault *fault, enum fault_code code, const char *format, ...) {
  memset(fault, 0, sizeof *fault);
  fault->code = code;
  va_list args;
  va_start(args, format);
  vsnprintf(fault->text, sizeof fault->text, format, args);
  va_end(args);
  return false;
}

bool fault_at(struct fault *fault, const char *file, int64_t line, int64_t column) {
  /* The library's sentence may begin with the file already. */
  const size_t n = file ? strlen(file) : 0;
  if (n && !strncmp(fault->text, file, n) && !strncmp(fault->text + n, ": ", 2))
    memmove(fault->text, fault->text + n + 2, strlen(fault->text + n + 2) + 1);
  if (file) snprintf(fault->file, sizeof fault->file, "%s", strcmp(file, "-") ? file : "standard input");
  /* A sentence of the library may begin with the same name. */
  const size_t length = strlen(fault->file);
  if (length && !strncmp(fault->text, fault->file, length) && !strncmp(fault->text + length, ": ", 2))
    memmove(fault->text, fault->text + length + 2, strlen(fault->text + length + 2) + 1);
  fault->line = line;
  fault->column = column;
  return false;
}

bool fault_remedy(struct fault *fault, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(fault->remedy, sizeof fault->remedy, format, args);
  va_end(args);
  return false;
}

bool fault_nomem(struct fault *fault, size_t bytes) {
  return fault_set(fault, FAULT_NOMEM, "out of memory: %zu bytes could not be allocated", bytes);
}

bool fault_errno(struct fault *fault, const char *file, const char *doing, int errno_value) {
  fault_set(fault, FAULT_IO, "cannot %s: %s", doing, strerror(errno_value));
  return fault_at(fault, file, 0, 0);
}

bool fault_from_error(struct fault *fault, const atr_error *error) {
  static const struct {
    atr_status status;
    enum fault_code code;
  } map[] = { { ATR_E_PARAM, FAULT_PARAM },
              { ATR_E_SHAPE, FAULT_SHAPE },
              { ATR_E_NOMEM, FAULT_NOMEM },
              { ATR_E_IO, FAULT_IO },
              { ATR_E_FORMAT, FAULT_FORMAT },
              { ATR_E_LIMIT, FAULT_LIMIT },
              { ATR_E_UNSUPPORTED, FAULT_UNSUPPORTED },
              { ATR_E_NO_DEVICE, FAULT_NO_DEVICE },
              { ATR_E_DEVICE, FAULT_DEVICE },
              { ATR_E_STRICT, FAULT_STRICT },
              { ATR_E_CANCELLED, FAULT_INTERRUPTED },
              { ATR_E_NONFINITE, FAULT_NONFINITE } };
  enum fault_code code = FAULT_PARAM;
  for (size_t i = 0; i < sizeof map / sizeof *map; i++)
    if (map[i].status == error->status) code = map[i].code;
  return fault_set(fault, code, "%.700s", error->text);
}

bool fault_from_method(struct fault *fault, atr_status status, const char *text) {
  if (status == ATR_E_CANCELLED && signals_pending())
    return fault_set(fault, FAULT_INTERRUPTED, "interrupted");
  atr_error error = ATR_ERROR_INIT;
  error.status = status;
  snprintf(error.text, sizeof error.text, "%s", text);
  return fault_from_error(fault, &error);
}

const char *fault_name(enum fault_code code) {
  switch (code) {
#define NAME(name, text, exit)                                                                               \
  case FAULT_##name: return text;
    FAULT_LIST(NAME)
#undef NAME
  }
  return "?";
}

int fault_exit(enum fault_code code) {
  switch (code) {
#define EXIT(name, text, exit)                                                                               \
  case FAULT_##name: return exit;
    FAULT_LIST(EXIT)
#undef EXIT
  }
  return 1;
}

void fault_line(const struct fault *fault, const char *program, char *line, size_t size) {
  char place[600] = "";
  if (fault->file[0]) {
    size_t used = (size_t)snprintf(place, sizeof place, "%s:", fault->file);
    if (fault->line > 0)
      used += (size_t)snprintf(place + used, sizeof place - used, "%lld:", (long long)fault->line);
    if (fault->line > 0 && fault->column > 0)
      used += (size_t)snprintf(place + used, sizeof place - used, "%lld:", (long long)fault->column);
    snprintf(place + used, sizeof place - used, " ");
  }
  snprintf(line, size, "%s: %s%s%s%s", program, place, fault->text, fault->remedy[0] ? "; " : "",
           fault->remedy);
  for (char *c = line; *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
}
