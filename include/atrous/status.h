/* status.h: how every fallible function of Atrous reports.
 *
 * A fallible function returns atr_status: ATR_OK (0) or one of the reasons below, and the compiler warns
 * where it is ignored. A creator also fills the caller's atr_error (may be NULL) with one sentence that names
 * the offending values; a method keeps its sentence in its object (atr_run_error, atr_trainer_error …). The
 * library never prints, exits or aborts, and has no global state. */
#ifndef ATROUS_STATUS_H
#define ATROUS_STATUS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define ATR_API extern __attribute__((visibility("default")))
#define ATR_TRY extern __attribute__((visibility("default"), warn_unused_result)) atr_status
#else
#define ATR_API extern
#define ATR_TRY extern atr_status
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, text): the one list of statuses. Numbers never change; new ones are added at the end. */
#define ATR_STATUS_LIST(X)                                                                                   \
  X(OK, "success")                                                                                           \
  X(E_PARAM, "a parameter is invalid")                                                                       \
  X(E_SHAPE, "a shape or type does not fit")                                                                 \
  X(E_NOMEM, "out of memory")                                                                                \
  X(E_IO, "a file could not be read or written")                                                             \
  X(E_FORMAT, "a file is malformed")                                                                         \
  X(E_LIMIT, "a limit on untrusted input was exceeded")                                                      \
  X(E_UNSUPPORTED, "not supported")                                                                          \
  X(E_NO_DEVICE, "no such device")                                                                           \
  X(E_DEVICE, "the device or its driver failed")                                                             \
  X(E_STRICT, "strict mode refused a fallback")                                                              \
  X(E_CANCELLED, "cancelled by the caller")                                                                  \
  X(E_NONFINITE, "a value became NaN or infinite")

typedef enum atr_status {
#define ATR_STATUS_ENUM(name, text) ATR_##name,
  ATR_STATUS_LIST(ATR_STATUS_ENUM)
#undef ATR_STATUS_ENUM
} atr_status;

/* The caller's: one per thread or per call, initialised with ATR_ERROR_INIT. Where a call fails, `status` is
 * what it returned, `opencl` the raw OpenCL code or 0, `text` one sentence in English, never empty. */
typedef struct atr_error {
  atr_status status;
  int opencl;
  char text[1024];
} atr_error;
#define ATR_ERROR_INIT                                                                                       \
  { ATR_OK, 0, "" }

/* The status's name, for instance "ATR_E_SHAPE"; "ATR_?" for a number that is none. Static; any thread. Since
 * 0.1. */
ATR_API const char *atr_status_name(atr_status status);

/* What the status means, in a few words. Static; any thread. Since 0.1. */
ATR_API const char *atr_status_text(atr_status status);

#ifdef __cplusplus
}
#endif
#endif
