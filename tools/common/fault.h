/* fault.h: what went wrong, said once.
 *
 * Every fallible function of tools/common returns true, or false after writing one sentence into the caller's
 * `struct fault`: what, where (file, line, column) and what to do about it. Nothing here prints: report.h
 * turns a fault into the one line on stderr, the "error" of the JSON envelope and the exit code, so that
 * tests can look at faults without running a program. */
#ifndef TOOLS_FAULT_H
#define TOOLS_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atrous/status.h>

#if defined(__GNUC__) || defined(__clang__)
#define TOOLS_PRINTF(at, first) __attribute__((format(printf, at, first)))
#define TOOLS_MUST __attribute__((warn_unused_result))
#else
#define TOOLS_PRINTF(at, first)
#define TOOLS_MUST
#endif

/* X(NAME, "code in JSON", exit code). "data" is a well-formed file whose contents cannot be used. */
#define FAULT_LIST(X)                                                                                        \
  X(NONE, "none", 0)                                                                                         \
  X(USAGE, "usage", 2)                                                                                       \
  X(IO, "io", 1)                                                                                             \
  X(FORMAT, "format", 1)                                                                                     \
  X(DATA, "data", 1)                                                                                         \
  X(LIMIT, "limit", 1)                                                                                       \
  X(NOMEM, "nomem", 1)                                                                                       \
  X(PARAM, "param", 1)                                                                                       \
  X(SHAPE, "shape", 1)                                                                                       \
  X(UNSUPPORTED, "unsupported", 1)                                                                           \
  X(NO_DEVICE, "no_device", 2)                                                                               \
  X(DEVICE, "device", 1)                                                                                     \
  X(STRICT, "strict", 1)                                                                                     \
  X(NONFINITE, "nonfinite", 1)                                                                               \
  X(CHECK, "check", 3)                                                                                       \
  X(INTERRUPTED, "interrupted", 1)

enum fault_code {
#define FAULT_ENUM(name, text, exit) FAULT_##name,
  FAULT_LIST(FAULT_ENUM)
#undef FAULT_ENUM
};

struct fault {
  enum fault_code code;
  int64_t line, column; /* from 1; 0: unknown. In CSV the column is the number of the field. */
  char text[768];       /* one sentence without a full stop */
  char file[512];
  char node[128];
  char remedy[512]; /* what the user can do, or "" */
};
#define FAULT_INIT                                                                                           \
  { FAULT_NONE, 0, 0, "", "", "", "" }

/* Clears `fault`, writes the sentence, returns false (so that callers can `return fault_set(…)`). */
bool fault_set(struct fault *fault, enum fault_code code, const char *format, ...) TOOLS_PRINTF(3, 4);

/* Adds the place to a fault already set; returns false. `file` may be NULL or "-" (shown as "standard
 * input"). */
bool fault_at(struct fault *fault, const char *file, int64_t line, int64_t column);

/* Adds what the user can do; returns false. */
bool fault_remedy(struct fault *fault, const char *format, ...) TOOLS_PRINTF(2, 3);

/* FAULT_NOMEM with the size; returns false. */
bool fault_nomem(struct fault *fault, size_t bytes);

/* FAULT_IO: "cannot DOING: reason of errno_value", at `file`; returns false. */
bool fault_errno(struct fault *fault, const char *file, const char *doing, int errno_value);

/* The library's sentence as a fault; returns false. */
bool fault_from_error(struct fault *fault, const atr_error *error);

/* The same of a method that keeps its sentence in its object; FAULT_INTERRUPTED where a signal had it
 * cancelled. */
bool fault_from_method(struct fault *fault, atr_status status, const char *text);

/* Name of the code in JSON; exit code of the program. */
const char *fault_name(enum fault_code code);
int fault_exit(enum fault_code code);

/* Writes "PROGRAM: FILE:LINE:COLUMN: text; remedy" without a newline into `line`. Control characters (a
 * cell's own line break, an escape sequence in a file name) become '?', so it is one line whatever the input
 * held. */
void fault_line(const struct fault *fault, const char *program, char *line, size_t size);

#endif
