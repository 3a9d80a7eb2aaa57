/* session.c: opening a context and telling which device it is; see session.h. */
#include "config.h"

#include "common/session.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#ifdef HAVE_MALLOPT
#include <malloc.h>
#endif

#include "common/output.h"

static int cancelled(void *user, const atr_progress *progress) {
  (void)user;
  (void)progress;
  return signals_pending();
}

/* PoCL shall compile a kernel once, not for each kind of launch: binaries then cost nothing, and the next
 * start of the program has them (doc/devices.md). Before its threads are there. */
static void kernels_of_one_kind(void) {
#ifdef HAVE_SETENV
  setenv("POCL_WORK_GROUP_SPECIALIZATION", "0", 0);
#endif
}

/* model NULL: none is known. */
static bool open_context(struct report *report, const atr_model *model, const atr_shape *shapes, size_t n,
                         atr_context **context, struct fault *fault) {
  const struct common_options *common = report->options;
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  atr_error error = ATR_ERROR_INIT;
  options.hooks.user = report;
  options.hooks.log = report_library_log;
  options.hooks.progress = cancelled;
  options.threads = (int)common->threads;
  if (common->strict) options.flags |= ATR_STRICT;
  const atr_status status =
      model ? atr_context_open_for(common->device, model, shapes, n, &options, &error, context)
            : atr_context_open(common->device, &options, &error, context);
  return !status || fault_from_error(fault, &error);
}

static void tell_device(struct report *report, atr_context *context) {
  const char *asked = report->options->device;
  atr_device_info info = { .size = sizeof info };
  atr_context_info(context, &info);
  bool host = !strcmp(info.id, "host");
  /* Chosen for a model in place of a device that "auto" would open, the host is no second choice. */
  if (host && info.chosen && (!asked || strcmp(asked, "host") != 0))
    report_say(report, "runs on the host: %s", info.why);
  else
    report_detail(report, "runs on %s (%s): %s", info.id, info.name, info.why);
  report_device(report, json_pack("{s:o, s:o, s:o, s:s, s:o}", "id", report_text(info.id), "name",
                                  report_text(info.name), "driver", report_text(info.driver), "class",
                                  host          ? "host"
                                  : info.is_gpu ? "gpu"
                                                : "cpu",
                                  "why", report_text(info.why)));
}

/* One heap for all threads, in large pages, and what is freed stays: drivers and models ask for megabytes in
 * small pieces, and of a short run every tenth millisecond went into page faults. */
static void heap_in_large_pages(void) {
#if defined(HAVE_MALLOPT) && defined(MADV_HUGEPAGE)
  enum { LARGE = 2 << 20, ROOM = 64 << 20 };
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TOP_PAD, ROOM);
  mallopt(M_MMAP_THRESHOLD, ROOM / 2);
  mallopt(M_TRIM_THRESHOLD, ROOM);
  char *const begin = sbrk(0);
  void *volatile block = malloc(LARGE); /* the heap grows by ROOM, not to be optimized away */
  free(block);
  char *const end = sbrk(0);
  const size_t skip = (LARGE - (uintptr_t)begin % LARGE) % LARGE;
  if (end > begin && (size_t)(end - begin) > skip)
    (void)madvise(begin + skip, (size_t)(end - begin) - skip, MADV_HUGEPAGE);
#endif
}

static void prepare(void) {
  static bool done;
  if (done) return;
  done = true;
  kernels_of_one_kind();
  heap_in_large_pages();
}

bool session_open(struct report *report, atr_context **context, struct fault *fault) {
  return session_open_for(report, NULL, NULL, 0, context, fault);
}

bool session_open_for(struct report *report, const atr_model *model, const atr_shape *shapes, size_t n,
                      atr_context **context, struct fault *fault) {
  const double started = report_now();
  prepare();
  const bool ok = open_context(report, model, shapes, n, context, fault);
  report_time(report, "load", report_now() - started);
  if (ok) tell_device(report, *context);
  return ok;
}

bool session_chooses(const struct report *report) {
  const char *device = report->options->device ? report->options->device : getenv("ATROUS_DEVICE");
  return !device || !device[0] || !strcmp(device, "auto");
}

struct beside {
  bool (*work)(void *user, struct fault *fault);
  void *user;
  struct fault fault;
  bool ok;
};

static void *run_beside(void *data) {
  struct beside *beside = data;
  beside->ok = beside->work(beside->user, &beside->fault);
  return NULL;
}

/* The drivers are loaded by the thread that goes on: some of what they set up is the thread's. */
bool session_open_beside(struct report *report, atr_context **context,
                         bool (*work)(void *user, struct fault *fault), void *user, struct fault *fault) {
  struct beside beside = { .work = work, .user = user, .fault = FAULT_INIT };
  const double started = report_now();
  struct fault at_open = FAULT_INIT;
  pthread_t thread;
  prepare();
  const bool apart = !pthread_create(&thread, NULL, run_beside, &beside);
  if (!apart) run_beside(&beside);
  size_t n;
  bool opened = true;
  if (context)
    opened = open_context(report, NULL, NULL, 0, context, &at_open);
  else if (atr_devices_list(NULL, 0, NULL, &n))
    n = 0; /* to load the drivers was all that was wanted; what is wrong is said when a context is opened */
  if (apart) pthread_join(thread, NULL);
  report_time(report, "load", report_now() - started);
  if (!beside.ok || !opened) {
    *fault = beside.ok ? at_open : beside.fault;
    return false;
  }
  if (context) tell_device(report, *context);
  return true;
}

void session_plan(struct report *report, const atr_plan *plan, double started) {
  report_time(report, "plan", report_now() - started);
  report_memory(report, atr_plan_memory(plan));
  report_detail(report, "a run takes %.3g MiB; its tensors apart would take %.3g MiB",
                (double)atr_plan_memory(plan) / 1048576, (double)atr_plan_memory_apart(plan) / 1048576);
  json_t *placement = json_loads(atr_plan_placement(plan), 0, NULL), *step;
  size_t i;
  json_array_foreach(placement, i, step) {
    const char *node = json_string_value(json_object_get(step, "node")),
               *reason = json_string_value(json_object_get(step, "reason"));
    if (node && json_is_true(json_object_get(step, "fallback"))) report_fallback(report, node, reason);
  }
  json_decref(placement);
}

bool session_fault(const atr_run *run, atr_status status, struct fault *fault) {
  return fault_from_method(fault, status, atr_run_error(run));
}
