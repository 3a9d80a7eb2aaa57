/* context.c: a context: one device, opened by a selector, with its hooks, memory limit and threads. What a
 * device is able to do is its backend's matter; which devices there are is registry.c's. */
#include "config.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "backend/registry.h"
#include "base/alloc.h"
#include "base/dl.h"
#include "base/text.h"
#ifdef ATR_HAVE_OPENCL
#include "backend/opencl/opencl.h"
#endif

enum { KNOWN_FLAGS = ATR_STRICT | ATR_NO_ENVIRONMENT | ATR_PROBE_IN_CHILD };

static const char *variable(unsigned flags, const char *name) {
  return flags & ATR_NO_ENVIRONMENT ? NULL : atr__env(name);
}

atr_status atr_devices_list(atr_device_info *list, size_t room, atr_error *error, size_t *count) {
  if (!count || (room && !list)) return atr__fail(error, ATR_E_PARAM, "atr_devices_list: a pointer is NULL");
  *count = 0;
  atr__devices devices;
  atr_status status = atr__devices_find(0, 0, error, &devices);
  if (status) return status;
  atr__devices_explain(&devices, "auto", atr__devices_select(&devices, "auto", NULL, NULL));
  for (size_t i = 0; i < devices.n && i < room; i++) list[i] = devices.list[i].info;
  *count = devices.n;
  atr__devices_free(&devices);
  return ATR_OK;
}

atr_status atr_loader_describe(atr_loader_info *info, atr_error *error) {
  if (!info || info->size != sizeof *info)
    return atr__fail(error, ATR_E_PARAM, "atr_loader_info: size is not set to sizeof (atr_loader_info)");
  atr__devices devices;
  atr_status status = atr__devices_find(0, 0, error, &devices);
  if (status) return status;
  snprintf(info->name, sizeof info->name, "%s", devices.loader);
  snprintf(info->note, sizeof info->note, "%s", devices.note);
  atr__devices_free(&devices);
  return ATR_OK;
}

void atr__context_log(atr_context *context, int level, const char *format, ...) {
  if (!context->hooks.log && level > context->log_level) return;
  char line[1024];
  va_list args;
  va_start(args, format);
  const int length = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  if (length < 0) return;
  if (context->hooks.log)
    context->hooks.log(context->hooks.user, level, line);
  else
    fprintf(stderr, "atrous: %s\n", line); /* asked for by ATROUS_LOG */
}

atr_status atr__context_progress(atr_context *context, const char *stage, uint64_t done, uint64_t total,
                                 atr_error *error) {
  if (!context->hooks.progress) return ATR_OK;
  const atr_progress progress = { stage, done, total, -1.0, 0.0f };
  if (!context->hooks.progress(context->hooks.user, &progress)) return ATR_OK;
  return atr__fail(error, ATR_E_CANCELLED, "cancelled by the caller (%s, %llu of %llu)", stage,
                   (unsigned long long)done, (unsigned long long)total);
}

atr_status atr__context_alloc(atr_context *context, uint64_t bytes, atr_error *error, atr__buffer **buffer) {
  *buffer = NULL;
  atr__mutex_lock(context->lock);
  const uint64_t used = context->memory_used, limit = context->memory_limit;
  const int fits = !limit || (bytes <= limit && used <= limit - bytes);
  if (fits) context->memory_used += bytes;
  atr__mutex_unlock(context->lock);
  if (!fits)
    return atr__fail(error, ATR_E_NOMEM,
                     "%llu bytes on top of %llu in use are more than the memory limit of %llu",
                     (unsigned long long)bytes, (unsigned long long)used, (unsigned long long)limit);
  atr_status status = context->backend->buffer_create(context, bytes, error, buffer);
  if (status) {
    atr__mutex_lock(context->lock);
    context->memory_used -= bytes;
    atr__mutex_unlock(context->lock);
  }
  return status;
}

void atr__context_free(atr_context *context, atr__buffer *buffer, uint64_t bytes) {
  if (!buffer) return;
  context->backend->buffer_destroy(buffer);
  atr__mutex_lock(context->lock);
  context->memory_used -= bytes;
  atr__mutex_unlock(context->lock);
}

/* NULL where there is none or memory is out: a cache is never worth a failure. */
static char *cache_folder(const atr_context_options *options) {
  if (options->cache_dir) return options->cache_dir[0] ? atr__strdup(options->cache_dir) : NULL;
  const char *given = variable(options->flags, "ATROUS_CACHE_DIR");
  if (given) return given[0] ? atr__strdup(given) : NULL;
  const char *xdg = atr__env("XDG_CACHE_HOME"), *home = atr__env("HOME");
  atr__text path = ATR__TEXT_INIT;
  if (xdg && xdg[0] == '/')
    atr__text_add(&path, "%s/atrous", xdg);
  else if (home && home[0] == '/')
    atr__text_add(&path, "%s/.cache/atrous", home);
  if (path.failed) atr__text_free(&path);
  return path.data;
}

size_t atr_cache_folder(const atr_context_options *given, char *path, size_t room) {
  static const atr_context_options defaults = ATR_CONTEXT_OPTIONS_INIT;
  char *folder = cache_folder(given ? given : &defaults);
  const size_t length = folder ? strlen(folder) : 0;
  if (room) snprintf(path, room, "%s", folder ? folder : "");
  atr__free(folder);
  return length;
}

static int log_level(unsigned flags) {
  static const char *const names[] = { "error", "warn", "info", "debug" };
  const char *asked = variable(flags, "ATROUS_LOG");
  for (int i = 0; asked && i < 4; i++)
    if (!strcmp(asked, names[i])) return i;
  return -1;
}

static int thread_count(const atr_context_options *options) {
  if (options->threads) return options->threads;
  const char *asked = variable(options->flags, "ATROUS_THREADS");
  if (!asked) return 0;
  char *end;
  const long threads = strtol(asked, &end, 10);
  return end != asked && !*end && threads > 0 && threads < INT_MAX ? (int)threads : 0;
}

static atr_status read_options(const atr_context_options *given, atr_error *error,
                               atr_context_options *options) {
  static const atr_context_options defaults = ATR_CONTEXT_OPTIONS_INIT;
  *options = defaults;
  if (given) {
    if (given->size != sizeof *given)
      return atr__fail(error, ATR_E_PARAM,
                       "atr_context_options: size is %zu, not %zu; use ATR_CONTEXT_OPTIONS_INIT", given->size,
                       sizeof *given);
    *options = *given;
  }
  if (options->flags & ~(unsigned)KNOWN_FLAGS)
    return atr__fail(error, ATR_E_PARAM, "atr_context_options: unknown flags 0x%x",
                     options->flags & ~(unsigned)KNOWN_FLAGS);
  if (options->threads < 0)
    return atr__fail(error, ATR_E_PARAM, "atr_context_options: threads is %d", options->threads);
  const char *strict = variable(options->flags, "ATROUS_STRICT");
  if (strict && strict[0] && strcmp(strict, "0")) options->flags |= ATR_STRICT;
  return ATR_OK;
}

atr_status atr__context_create(const atr_context_options *given, atr_error *error, atr_context **result) {
  *result = NULL;
  atr_context_options options;
  atr_status status = read_options(given, error, &options);
  if (status) return status;
  atr_context *context = atr__calloc(1, sizeof *context);
  if (!context) return atr__nomem(error, sizeof *context);
  atomic_init(&context->references, 1);
  context->backend = &atr__backend_host;
  context->hooks = options.hooks;
  context->flags = options.flags;
  context->log_level = log_level(options.flags);
  context->memory_limit = options.memory_limit;
  context->cache_dir = cache_folder(&options);
  context->cache_asked = options.cache_dir || variable(options.flags, "ATROUS_CACHE_DIR");
  const char *kernels = variable(options.flags, "ATROUS_KERNEL_DIR");
  if (kernels && kernels[0] && !(context->kernel_dir = atr__strdup(kernels))) {
    status = atr__nomem(error, strlen(kernels) + 1);
    goto fail;
  }
  if (!(context->lock = atr__mutex_create())) {
    status = atr__nomem(error, 64);
    goto fail;
  }
  ATR__CHECK(atr__pool_create(thread_count(&options), error, &context->pool));
  *result = context;
  return ATR_OK;
fail:
  atr__context_release(context);
  return status;
}

/* Makes `context` one on the device found; on failure it is as before. */
static atr_status open_found(atr_context *context, const atr__found *found, atr_error *error) {
  context->info = found->info;
  context->backend = &atr__backend_host;
  context->device = (atr__cl_device){ .device_class = ATR__CLASS_CPU,
                                      .vector_floats = 1,
                                      .compute_units = atr__pool_threads(context->pool),
                                      .max_alloc_bytes = found->info.max_alloc_bytes,
                                      .max_group = 1 };
  if (found->platform < 0)
    return context->backend->queue_create(context, NULL, NULL, 0, error, &context->queue);
#ifdef ATR_HAVE_OPENCL
  return atr__cl_open(context, found->platform, found->device, error);
#else
  return atr__fail(error, ATR_E_NO_DEVICE, "this library was built without OpenCL");
#endif
}

/* Strict: a library that knows OpenCL ends at the host only where the host was asked for. */
static atr_status refuse_host(const atr_context *context, const char *selector, const char *note,
                              atr_error *error) {
#ifdef ATR_HAVE_OPENCL
  if (context->flags & ATR_STRICT && strcmp(selector, "host"))
    return atr__fail(error, ATR_E_STRICT, "device \"%s\" would fall back to the host: %s", selector,
                     note[0] ? note : "no OpenCL device is usable");
#else
  (void)context;
  (void)selector;
  (void)note;
  (void)error;
#endif
  return ATR_OK;
}

atr_status atr_context_open(const char *selector, const atr_context_options *options, atr_error *error,
                            atr_context **result) {
  if (!result) return atr__fail(error, ATR_E_PARAM, "atr_context_open: the result pointer is NULL");
  *result = NULL;
  atr__devices devices = { 0 };
  unsigned char *taken = NULL;
  atr_context *context = NULL;
  atr_status status = atr__context_create(options, error, &context);
  if (status) return status;
  if (!selector || !selector[0]) selector = variable(context->flags, "ATROUS_DEVICE");
  if (!selector || !selector[0]) selector = "auto";
  ATR__CHECK(atr__devices_find(context->flags, !strcmp(selector, "host"), error, &devices));
  if (!(taken = atr__calloc(devices.n, 1))) {
    status = atr__nomem(error, devices.n);
    goto fail;
  }
  if (devices.note[0]) atr__context_log(context, 2, "%s", devices.note);
  for (;;) {
    /* A driver that lists a device may still fail to open it; only "auto" then takes the next. */
    const int chosen = atr__devices_select(&devices, selector, taken, error);
    if (chosen < 0) {
      status = ATR_E_NO_DEVICE;
      goto fail;
    }
    if (devices.list[chosen].platform < 0) ATR__CHECK(refuse_host(context, selector, devices.note, error));
    atr__devices_explain(&devices, selector, chosen);
    status = open_found(context, &devices.list[chosen], error);
    if (!status) break;
    if (status != ATR_E_DEVICE || strcmp(selector, "auto") || context->flags & ATR_STRICT ||
        devices.list[chosen].platform < 0)
      goto fail;
    taken[chosen] = 1;
    atr__context_log(context, 1, "%s (%s) could not be opened, trying the next device%s%s",
                     devices.list[chosen].info.id, devices.list[chosen].info.name, error ? ": " : "",
                     error ? error->text : "");
  }
  atr__context_log(context, 2, "device %s (%s): %s", context->info.id, context->info.name, context->info.why);
  atr__free(taken);
  atr__devices_free(&devices);
  *result = context;
  return ATR_OK;
fail:
  atr__free(taken);
  atr__devices_free(&devices);
  atr__context_release(context);
  return status;
}

void atr_context_info(const atr_context *context, atr_device_info *info) {
  const size_t size = info->size < sizeof *info ? info->size : sizeof *info;
  atr_device_info all = context->info;
  all.size = info->size;
  memcpy(info, &all, size);
}

void atr__context_retain(atr_context *context) {
  atomic_fetch_add(&context->references, 1);
}

void atr__context_release(atr_context *context) {
  if (!context || atomic_fetch_sub(&context->references, 1) > 1) return;
  if (context->queue) context->backend->queue_destroy(context->queue);
#ifdef ATR_HAVE_OPENCL
  atr__cl_close(context);
#endif
  atr__pool_destroy(context->pool);
  atr__mutex_destroy(context->lock);
  if (context->tunings) context->free_tunings(context->tunings);
  atr__free(context->cache_dir);
  atr__free(context->kernel_dir);
  atr__free(context);
}

void atr_context_destroy(atr_context *context) {
  struct atr__calls *calls = context ? context->calls : NULL;
  if (calls) { /* they hold the context */
    context->calls = NULL;
    context->free_calls(calls);
  }
  atr__context_release(context);
}
