/* backend.h: what a backend is: memory, queue and synchronisation behind one table. Operators own the
 * mathematics.
 *
 * Two backends: the host (backend/host), whose buffers are plain memory and which runs no kernels, and OpenCL
 * (backend/opencl). A queue belongs to one run; the context has one of its own for uploads. */
#ifndef ATR_BACKEND_BACKEND_H
#define ATR_BACKEND_BACKEND_H

#include <stdatomic.h>

#include <atrous/context.h>

#include "backend/device.h"
#include "base/status.h"
#include "base/thread.h"

typedef struct atr__buffer atr__buffer;   /* device memory */
typedef struct atr__queue atr__queue;     /* in order; one thread at a time */
typedef struct atr__program atr__program; /* compiled kernels, shared, counted by reference */

/* One instance of a kernel template: the file included once between its #defines. With a kernel named,
 * tiles of the template that neither this entry of a list nor another names are left out; NULL: none is. */
typedef struct atr__instance {
  const char *file, *suffix, *defines; /* "conv.cl", "_14x2", "TW=14 OB=2" */
  const char *kernel;                  /* without suffix */
} atr__instance;

/* The kernel that does the work of many launches of tiles (kernels/flow.clh), where a program's tiles are
 * cases of one kernel. */
#define ATR__FLOW "atr_flow"

typedef struct atr__launch {
  uint32_t kernel;   /* index into the names the queue was prepared with */
  uint32_t node;     /* first word of its argument block */
  uint32_t group[3]; /* work-groups */
  uint32_t local;    /* items in a work-group, along x */
  uint32_t loose;  /* fewer items a group will do: 1, in more groups (the kernel does not know its group); 2,
                      in as many (it strides by its group's size) */
  uint32_t shared; /* the kernel can serve several nodes in one launch (planner) */
} atr__launch;

/* How kernels/common.clh is told which of a program's tiles to call, and the items in a work-group that it
 * stands for. */
static inline uint32_t atr__tile_word(int64_t tile, uint32_t items) {
  return (uint32_t)tile | items << 16;
}

/* When a launch ran, in seconds of base/clock.h. */
typedef struct atr__span {
  double begin, end;
} atr__span;

enum { ATR__BASES = 8 };

typedef struct atr__backend {
  const char *name; /* "host", "opencl" */
  /* Memory. Zeroed, at least 64-byte aligned. */
  atr_status (*buffer_create)(atr_context *context, uint64_t bytes, atr_error *error, atr__buffer **buffer);
  /* A buffer on memory of the caller's, which stays his and outlives it: only read. NULL where a device
   * cannot. */
  atr__buffer *(*buffer_borrow)(atr_context *context, const void *data, uint64_t bytes);
  void (*buffer_destroy)(atr__buffer *buffer); /* work already queued may still use it */
  void *(*buffer_host)(atr__buffer *buffer);   /* the host backend's memory; NULL elsewhere */
  /* A buffer on memory of this process, *host, zeroed, for messages between this thread and a kernel that
   * runs. That both see it meanwhile is not promised: it has to be tried. NULL: the backend runs no kernels.
   */
  atr_status (*buffer_shared)(atr_context *context, uint64_t bytes, atr_error *error, atr__buffer **buffer,
                              void **host);
  /* Queues. `kernels` are full names in `program` (both may be empty). A queue has its own kernel objects. */
  atr_status (*queue_create)(atr_context *context, atr__program *program, const char *const *kernels,
                             size_t n, atr_error *error, atr__queue **queue);
  void (*queue_destroy)(atr__queue *queue); /* waits for what is queued */
  /* Blocking transfers, in the queue's order. */
  atr_status (*write)(atr__queue *queue, atr__buffer *buffer, uint64_t offset, const void *data,
                      uint64_t bytes, atr_error *error);
  atr_status (*read)(atr__queue *queue, atr__buffer *buffer, uint64_t offset, void *data, uint64_t bytes,
                     atr_error *error);
  /* Copies between buffers without blocking. */
  atr_status (*copy)(atr__queue *queue, atr__buffer *from, uint64_t from_offset, atr__buffer *to,
                     uint64_t to_offset, uint64_t bytes, atr_error *error);
  /* Enqueues launches; base[i] may be NULL where no kernel of this plan reads it. `cancel` is polled between
   * launches, non-zero: ATR_E_CANCELLED; to make that worth something, at most 32 are queued ahead of the
   * device. With cancel NULL it never blocks. */
  atr_status (*launch)(atr__queue *queue, atr__buffer *const base[ATR__BASES], const atr__launch *list,
                       size_t n, const volatile int *cancel, atr_error *error);
  atr_status (*finish)(atr__queue *queue, atr_error *error);
  /* One launch that may stay long, and whether it has not ended yet: ATR_E_DEVICE where it failed. On queues
   * of the library's own only (ATR_E_UNSUPPORTED). NULL: the backend runs no kernels. */
  atr_status (*stay)(atr__queue *queue, atr__buffer *const base[ATR__BASES], const atr__launch *launch,
                     atr_error *error);
  atr_status (*stays)(atr__queue *queue, int *stays, atr_error *error);
  /* Measuring: from now on launches are noted, at most `most` between two calls of `spans`; 0: no more. */
  atr_status (*measure)(atr__queue *queue, size_t most, atr_error *error);
  /* Waits, and says when each launch noted since the last call ran, in their order: those that `room` holds
   * (list may be NULL with room 0). */
  atr_status (*spans)(atr__queue *queue, atr__span *list, size_t room, size_t *n, atr_error *error);
  /* A program with at least these instances and kernels: from the context's cache, else compiled (progress
   * and cancel by the context's hooks). Retained for the caller. */
  atr_status (*program_get)(atr_context *context, const atr__instance *list, size_t n, atr_error *error,
                            atr__program **program);
  void (*program_release)(atr__program *program);
  /* What ATR__FLOW knows this kernel by; -1: it cannot call it. NULL: the backend has no such thing. */
  int64_t (*program_tile)(const atr__program *program, const char *kernel);
} atr__backend;

extern const atr__backend atr__backend_host;
#ifdef ATR_HAVE_OPENCL
extern const atr__backend atr__backend_opencl;
#endif

/* A context: one device. Fields are set once at opening, save those the lock guards. */
struct atr_context {
  const atr__backend *backend;
  atr__pool *pool;   /* host threads; never NULL */
  atr__mutex *lock;  /* taken by buffer_create, program_get and launch too: never call them with it held */
  atr__queue *queue; /* the context's own, for uploads; guarded by the lock */
  atr_hooks hooks;
  unsigned flags;
  int log_level;                      /* lines above it are not written to stderr; -1: none is */
  uint64_t memory_limit, memory_used; /* bytes of device memory; used is guarded by the lock */
  char *cache_dir;                    /* NULL: none */
  int cache_asked;                    /* it was named, not the user's usual one */
  int keeps_programs;                 /* compiled programs go there: set by the backend */
  char *kernel_dir;                   /* kernel sources instead of the embedded ones; NULL: none */
  atr_device_info info;               /* id, name, why it was chosen … */
  atr__cl_device device;
  atomic_int staying; /* kernels that stay on the device for a stream's life; stream room */
  atomic_int flow; /* whether ATR__FLOW does here what it should: 0 not known, 1 it does, -1 not; plan room */
  const char
      *prefer; /* tests and benchmarks: the algorithm to take where it applies; NULL: the first that does */
  struct atr__cl_context *cl; /* backend/opencl's own part; NULL on the host */
  struct atr_params *params;  /* a list of weights in use, weak; plan room; guarded by the lock */
  struct atr__calls *calls;   /* operators called on tensors; plan room; made under the lock */
  void (*free_calls)(struct atr__calls *calls);
  struct atr__tunings *tunings; /* algorithms measured on this device; plan room; guarded by the lock */
  void (*free_tunings)(struct atr__tunings *tunings);
  atomic_int references; /* the opener's and one for each params, plan and run */
};

/* A context with options, lock and pool but no device yet; atr_context_open and its siblings fill it. */
atr_status atr__context_create(const atr_context_options *options, atr_error *error, atr_context **context);
void atr__context_retain(atr_context *context);
void atr__context_release(atr_context *context);
/* Calls the hook, if any; ATR_E_CANCELLED where it asks for an end. */
atr_status atr__context_progress(atr_context *context, const char *stage, uint64_t done, uint64_t total,
                                 atr_error *error);
void atr__context_log(atr_context *context, int level, const char *format, ...) ATR__PRINTF(3, 4);
/* Buffers under the context's memory limit. */
atr_status atr__context_alloc(atr_context *context, uint64_t bytes, atr_error *error, atr__buffer **buffer);
/* With the same `bytes` as at atr__context_alloc; NULL: nothing. */
void atr__context_free(atr_context *context, atr__buffer *buffer, uint64_t bytes);

#endif
