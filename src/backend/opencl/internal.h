/* internal.h: the OpenCL backend's own structures, shared by its files. */
#ifndef ATR_BACKEND_OPENCL_INTERNAL_H
#define ATR_BACKEND_OPENCL_INTERNAL_H

#include <stdatomic.h>

#include "backend/opencl/api.h"
#include "backend/opencl/opencl.h"

/* A context's part. Set once at opening, save `programs`, which the context's lock guards. */
struct atr__cl_context {
  atr__cl_api api;
  cl_platform_id platform;
  cl_device_id device;
  cl_context context;
  cl_command_queue app_queue;   /* the application's, used instead of queues of our own; NULL: none */
  cl_mem nothing;               /* stands where a launch has no buffer */
  long process;                 /* that opened it: OpenCL does not survive a fork */
  int has_fma;                  /* in hardware */
  char *device_key;             /* what a compiled program depends on, for keys of the cache */
  atr__program *programs;       /* newest first */
  atomic_uint_least64_t serial; /* of buffers */
  atomic_int cache_warned;
};

struct atr__buffer {
  atr_context *context;
  cl_mem memory;
  uint64_t bytes;
  void *host;      /* where it lies, in memory of ours; NULL: the driver's */
  uint64_t serial; /* a new buffer may have the address of one released: arguments are compared by this */
};

struct atr__program {
  atomic_int references; /* one is the list's */
  atr_context *context;
  cl_program program;
  atr__instance *instances;
  size_t n;
  /* Kernels that a processor's program has as cases of one, ATR__TILES; n_tiles is 0 where each is its own.
   */
  char **tiles;
  size_t n_tiles, room_tiles;
  char *key; /* of the cache; NULL: not to be saved */
  size_t used,
      saved; /* kernels launched so far, and at the last saving; with `names` under the context's lock */
  char **names;
  size_t room;
  atr__program *next;
};

struct atr__cl_kernel {
  cl_kernel kernel;
  uint64_t base[ATR__BASES]; /* serials of the buffers last set; UINT64_MAX: none */
  size_t max_local;
  int launched;
  int64_t tile;   /* its case of ATR__TILES, or -1 */
  uint32_t items; /* of a group, the last that it was told */
  char *name;
  const char *entry; /* what the program calls it */
};

struct atr__queue {
  atr_context *context;
  cl_command_queue queue;
  atr__program *program; /* NULL: none */
  size_t n;
  struct atr__cl_kernel *kernels;
  /* measure.c: an event for each launch noted, NULL where it had nothing to do; room 0: none is noted. */
  cl_event *noted;
  size_t n_noted, room_noted;
  double first_noted; /* when the first of them was enqueued, by base/clock.h */
  cl_event staying;   /* of the last launch by atr__cl_stay; NULL: none */
  int busy;           /* something was queued since it was last waited for */
  int unsaved;        /* a kernel was launched that the program's saved binary has no code of */
};

#define ATR__TILES "atr_tiles" /* see kernels/common.clh */

/* ATR_E_DEVICE in a process other than the one that opened the context. */
atr_status atr__cl_same_process(const atr_context *context, atr_error *error);

int atr__cl_on_pocl(const atr_context *context);
/* device.c: opens the context on an OpenCL context of its own or the application's (both retained by us). */
atr_status atr__cl_open_on(atr_context *context, const atr__cl_api *api, cl_device_id device,
                           cl_context given, cl_command_queue queue, atr_error *error);
void atr__cl_describe(const atr__cl_api *api, cl_platform_id platform, cl_device_id device, unsigned flags,
                      atr_device_info *info);

/* buffer.c */
atr_status atr__cl_buffer_create(atr_context *context, uint64_t bytes, atr_error *error,
                                 atr__buffer **buffer);
atr__buffer *atr__cl_buffer_borrow(atr_context *context, const void *data, uint64_t bytes); /* NULL */
void atr__cl_buffer_destroy(atr__buffer *buffer);
void *atr__cl_buffer_host(atr__buffer *buffer); /* NULL */
atr_status atr__cl_buffer_shared(atr_context *context, uint64_t bytes, atr_error *error, atr__buffer **buffer,
                                 void **host);
atr_status atr__cl_write(atr__queue *queue, atr__buffer *buffer, uint64_t offset, const void *data,
                         uint64_t bytes, atr_error *error);
atr_status atr__cl_read(atr__queue *queue, atr__buffer *buffer, uint64_t offset, void *data, uint64_t bytes,
                        atr_error *error);
atr_status atr__cl_copy(atr__queue *queue, atr__buffer *from, uint64_t from_offset, atr__buffer *to,
                        uint64_t to_offset, uint64_t bytes, atr_error *error);

/* launch.c */
atr_status atr__cl_queue_create(atr_context *context, atr__program *program, const char *const *kernels,
                                size_t n, atr_error *error, atr__queue **queue);
void atr__cl_queue_destroy(atr__queue *queue);
atr_status atr__cl_launch(atr__queue *queue, atr__buffer *const base[ATR__BASES], const atr__launch *list,
                          size_t n, const volatile int *cancel, atr_error *error);
atr_status atr__cl_finish(atr__queue *queue, atr_error *error);
atr_status atr__cl_stay(atr__queue *queue, atr__buffer *const base[ATR__BASES], const atr__launch *launch,
                        atr_error *error);
atr_status atr__cl_stays(atr__queue *queue, int *stays, atr_error *error);
/* The queue stands still: binaries of programs it used for the first time are saved. */
void atr__cl_settled(atr__queue *queue);

/* measure.c */
atr_status atr__cl_measure(atr__queue *queue, size_t most, atr_error *error);
atr_status atr__cl_spans(atr__queue *queue, atr__span *list, size_t room, size_t *n, atr_error *error);
/* Where the event of the launch about to be made goes; NULL: it is not noted. */
cl_event *atr__cl_note(atr__queue *queue);
void atr__cl_forget(atr__queue *queue);

/* program.c */
atr_status atr__cl_program_get(atr_context *context, const atr__instance *list, size_t n, atr_error *error,
                               atr__program **program);
void atr__cl_program_release(atr__program *program);
void atr__cl_programs_free(atr_context *context);
/* The case of this kernel in ATR__TILES; -1: it is a kernel of its own. */
int64_t atr__cl_program_tile(const atr__program *program, const char *kernel);
/* Notes that a queue launched this kernel; non-zero where the program had not seen it before. */
int atr__cl_program_used(atr__program *program, const char *kernel);

/* cache.c: compiled programs on disk; nothing here fails, it only helps or does not. */
char *atr__cl_cache_key(const atr_context *context, const char *source, size_t length, const char *options);
cl_program atr__cl_cache_load(atr_context *context, const char *key, const char *options);
void atr__cl_cache_store(atr_context *context, const char *key, cl_program program);

#endif
