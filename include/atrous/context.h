/* context.h: devices, and a context on one of them. */
#ifndef ATROUS_CONTEXT_H
#define ATROUS_CONTEXT_H

#include <atrous/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Progress of compiling, planning, running or training. */
typedef struct atr_progress {
  const char *stage; /* "compile", "plan", "run", "train" */
  uint64_t done, total;
  double seconds_left; /* -1: not known */
  float loss;          /* training only, else 0 */
} atr_progress;

/* Optional; called only on the thread that called the library. */
typedef struct atr_hooks {
  void *user;
  /* 0 error, 1 warning, 2 information, 3 debug. Without this hook lines up to $ATROUS_LOG (error, warn, info,
   * debug) go to stderr, and none where it is unset. */
  void (*log)(void *user, int level, const char *line);
  int (*progress)(void *user, const atr_progress *progress); /* non-zero: the call returns ATR_E_CANCELLED */
} atr_hooks;

/* One OpenCL device, or the host. */
typedef struct atr_device_info {
  size_t size;
  char id[32]; /* "opencl:0.0", "host": what atr_context_open takes */
  char name[128], vendor[64], platform[64], driver[64];
  char why[256]; /* why it was or was not chosen, or cannot be used */
  int chosen;    /* what "auto" would open now */
  int usable;
  int is_gpu; /* by the class decided for it, see ATROUS_CLASS */
  int fp16, fp64;
  int compute_units;
  uint64_t clock_hz, memory_bytes, max_alloc_bytes, local_bytes;
  double score; /* of its usable kind: the higher is preferred by "auto" */
} atr_device_info;

enum {
  ATR_STRICT = 1, /* any fallback (kernel, algorithm, device) is ATR_E_STRICT instead; in a library built with
                     OpenCL, so is the host unless "host" is asked for */
  ATR_NO_ENVIRONMENT = 2, /* read none of the ATROUS_* variables */
  ATR_PROBE_IN_CHILD =
      4 /* look for devices in a child process first: a broken driver then cannot take this one down */
};

typedef struct atr_context_options {
  size_t size; /* sizeof (atr_context_options) */
  atr_hooks hooks;
  const char *cache_dir; /* NULL: $ATROUS_CACHE_DIR, else $XDG_CACHE_HOME/atrous (of PoCL only where
                            $POCL_WORK_GROUP_SPECIALIZATION is 0, see doc/devices.md); "": none */
  uint64_t memory_limit; /* bytes of device memory; 0: no limit */
  int threads;           /* of the host backend; 0: $ATROUS_THREADS, else one a processor */
  unsigned flags;        /* ATR_STRICT …; $ATROUS_STRICT other than "" and "0" adds ATR_STRICT */
} atr_context_options;
#define ATR_CONTEXT_OPTIONS_INIT                                                                             \
  { sizeof(atr_context_options), { 0, 0, 0 }, 0, 0, 0, 0 }

typedef struct atr_context atr_context;

/* Lists the devices: every OpenCL device, then the host, which is always there.
 * list: borrowed, room for `room` entries (may be NULL with room 0). count: how many there are, also where
 * that is more than `room`. Any thread. ATR_E_NOMEM. A machine without OpenCL is no error. Since 0.1. */
ATR_TRY atr_devices_list(atr_device_info *list, size_t room, atr_error *error, size_t *count);

/* Opens a context.
 * device: "auto" (or NULL: $ATROUS_DEVICE, else auto), "gpu", "cpu" (not a GPU: OpenCL on the processor, else
 * the host), "host", "opencl:P.D", or part of a device's or platform's name, any case. Where several match,
 * the usable one with the best score is taken. "auto" takes the next where a device cannot be opened and ends
 * at the host: it never fails for want of a device, unless ATR_STRICT is set. options: copied; NULL: the
 * defaults. Returns in *context what atr_context_destroy frees. Any thread. ATR_E_PARAM (options),
 * ATR_E_NO_DEVICE (nothing usable matches the selector), ATR_E_STRICT, ATR_E_DEVICE, ATR_E_NOMEM. Since 0.1.
 */
ATR_TRY atr_context_open(const char *device, const atr_context_options *options, atr_error *error,
                         atr_context **context);

/* What there is of OpenCL on this machine. */
typedef struct atr_loader_info {
  size_t size;
  char name[64]; /* the loader library, "libOpenCL.so.1"; "": none was found, or the library was built without
                  */
  char note[256]; /* why there is no OpenCL device; "" where there is one */
} atr_loader_info;

/* Looks for the OpenCL loader and its devices, as atr_context_open does. info->size is set by the caller. Any
 * thread. ATR_E_PARAM, ATR_E_NOMEM. A machine without OpenCL is no error. Since 0.1. */
ATR_TRY atr_loader_describe(atr_loader_info *info, atr_error *error);

/* The folder in which compiled kernels are kept, for a context opened with these options (NULL: the
 * defaults); there need not be one yet. Copies at most room - 1 bytes and a NUL to path (may be NULL with
 * room 0), and returns the whole length; 0: nothing is kept. Files in it that end in .clb may be deleted at
 * any time. Any thread. Since 0.1. */
ATR_API size_t atr_cache_folder(const atr_context_options *options, char *path, size_t room);

/* The device's id, name, driver, and why it was chosen. info->size is set by the caller. Any thread. Since
 * 0.1. */
ATR_API void atr_context_info(const atr_context *context, atr_device_info *info);

/* Frees the context once the plans, runs and trainers made from it are gone, and joins its threads. NULL:
 * nothing. */
ATR_API void atr_context_destroy(atr_context *context);

#ifdef __cplusplus
}
#endif
#endif
