/* status.h: the one way in which an error sentence is written.
 *
 * Functions take `atr_error *error` (may be NULL) last or before their result pointer and `return
 * atr__fail(…)`. */
#ifndef ATR_BASE_STATUS_H
#define ATR_BASE_STATUS_H

#include <atrous/status.h>

#if defined(__GNUC__) || defined(__clang__)
#define ATR__PRINTF(at, first) __attribute__((format(printf, at, first)))
#define ATR__MUST __attribute__((warn_unused_result))
#else
#define ATR__PRINTF(at, first)
#define ATR__MUST
#endif

/* Writes the sentence and returns `status`. */
atr_status atr__fail(atr_error *error, atr_status status, const char *format, ...) ATR__PRINTF(3, 4);

/* Puts "FORMAT: " before the sentence already in `error`, where a caller knows more (node, file); returns
 * `status`. */
atr_status atr__fail_in(atr_error *error, atr_status status, const char *format, ...) ATR__PRINTF(3, 4);

/* ATR_E_NOMEM with the size that could not be had. */
atr_status atr__nomem(atr_error *error, size_t bytes);

/* Evaluates a call that returns atr_status; on failure stores it in the local `status` and jumps to the local
 * label `fail`. */
#define ATR__CHECK(call)                                                                                     \
  do {                                                                                                       \
    if ((status = (call)) != ATR_OK) goto fail;                                                              \
  } while (0)

#endif
