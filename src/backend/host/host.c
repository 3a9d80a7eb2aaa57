/* host.c: the host as a backend: buffers are plain memory, queues do nothing, because what runs on the host
 * runs at once on the caller's thread and the context's pool. No kernels: operators' host functions are
 * called by the plan. */
#include "config.h"

#include <string.h>

#include "backend/backend.h"
#include "base/alloc.h"
#include "base/pages.h"

struct atr__buffer {
  uint64_t bytes;
  void *data;
  int borrowed;
  atr__pages *pages; /* that data is of; NULL: of the heap */
};

struct atr__queue {
  atr_context *context;
};

static atr_status buffer_create(atr_context *context, uint64_t bytes, atr_error *error,
                                atr__buffer **result) {
  (void)context;
  *result = NULL;
  if (bytes > SIZE_MAX - 64) return atr__nomem(error, SIZE_MAX);
  atr__buffer *buffer = atr__calloc(1, sizeof *buffer);
  if (!buffer) return atr__nomem(error, sizeof *buffer);
  buffer->bytes = bytes;
  if (bytes >= ATR__PAGES_MIN) buffer->pages = atr__pages_get((size_t)bytes);
  buffer->data = buffer->pages ? buffer->pages->data : atr__calloc_aligned((size_t)bytes);
  if (!buffer->data) {
    atr__free(buffer);
    return atr__nomem(error, (size_t)bytes);
  }
  *result = buffer;
  return ATR_OK;
}

static atr__buffer *buffer_borrow(atr_context *context, const void *data, uint64_t bytes) {
  (void)context;
  atr__buffer *buffer = atr__calloc(1, sizeof *buffer);
  if (!buffer) return NULL;
  buffer->bytes = bytes;
  buffer->data = (void *)data; /* only read */
  buffer->borrowed = 1;
  return buffer;
}

static void buffer_destroy(atr__buffer *buffer) {
  if (!buffer) return;
  if (!buffer->borrowed && !buffer->pages) atr__free_aligned(buffer->data);
  atr__pages_free(buffer->pages);
  atr__free(buffer);
}

static void *buffer_host(atr__buffer *buffer) {
  return buffer->data;
}

static atr_status no_kernels(atr_error *error) {
  return atr__fail(error, ATR_E_UNSUPPORTED, "the host runs no OpenCL kernels");
}

static atr_status queue_create(atr_context *context, atr__program *program, const char *const *kernels,
                               size_t n, atr_error *error, atr__queue **result) {
  (void)kernels;
  *result = NULL;
  if (program || n) return no_kernels(error);
  atr__queue *queue = atr__calloc(1, sizeof *queue);
  if (!queue) return atr__nomem(error, sizeof *queue);
  queue->context = context;
  *result = queue;
  return ATR_OK;
}

static void queue_destroy(atr__queue *queue) {
  atr__free(queue);
}

static int outside(const atr__buffer *buffer, uint64_t offset, uint64_t bytes) {
  return bytes > buffer->bytes || offset > buffer->bytes - bytes;
}

static atr_status transfer_outside(const atr__buffer *buffer, uint64_t offset, uint64_t bytes,
                                   atr_error *error) {
  return atr__fail(error, ATR_E_PARAM, "%llu bytes at offset %llu lie outside a buffer of %llu bytes",
                   (unsigned long long)bytes, (unsigned long long)offset, (unsigned long long)buffer->bytes);
}

static atr_status write_buffer(atr__queue *queue, atr__buffer *buffer, uint64_t offset, const void *data,
                               uint64_t bytes, atr_error *error) {
  (void)queue;
  if (outside(buffer, offset, bytes)) return transfer_outside(buffer, offset, bytes, error);
  if (bytes) memcpy((char *)buffer->data + offset, data, (size_t)bytes);
  return ATR_OK;
}

static atr_status read_buffer(atr__queue *queue, atr__buffer *buffer, uint64_t offset, void *data,
                              uint64_t bytes, atr_error *error) {
  (void)queue;
  if (outside(buffer, offset, bytes)) return transfer_outside(buffer, offset, bytes, error);
  if (bytes) memcpy(data, (const char *)buffer->data + offset, (size_t)bytes);
  return ATR_OK;
}

static atr_status copy_buffer(atr__queue *queue, atr__buffer *from, uint64_t from_offset, atr__buffer *to,
                              uint64_t to_offset, uint64_t bytes, atr_error *error) {
  (void)queue;
  if (outside(from, from_offset, bytes)) return transfer_outside(from, from_offset, bytes, error);
  if (outside(to, to_offset, bytes)) return transfer_outside(to, to_offset, bytes, error);
  if (bytes) memmove((char *)to->data + to_offset, (const char *)from->data + from_offset, (size_t)bytes);
  return ATR_OK;
}

static atr_status launch(atr__queue *queue, atr__buffer *const base[ATR__BASES], const atr__launch *list,
                         size_t n, const volatile int *cancel, atr_error *error) {
  (void)queue;
  (void)base;
  (void)list;
  (void)cancel;
  return n ? no_kernels(error) : ATR_OK;
}

static atr_status finish(atr__queue *queue, atr_error *error) {
  (void)queue;
  (void)error;
  return ATR_OK;
}

static atr_status measure(atr__queue *queue, size_t most, atr_error *error) {
  (void)queue;
  (void)most;
  (void)error;
  return ATR_OK;
}

static atr_status spans(atr__queue *queue, atr__span *list, size_t room, size_t *n, atr_error *error) {
  (void)queue;
  (void)list;
  (void)room;
  (void)error;
  *n = 0;
  return ATR_OK;
}

static atr_status program_get(atr_context *context, const atr__instance *list, size_t n, atr_error *error,
                              atr__program **program) {
  (void)context;
  (void)list;
  *program = NULL;
  return n ? no_kernels(error) : ATR_OK;
}

static void program_release(atr__program *program) {
  (void)program;
}

const atr__backend atr__backend_host = {
  .name = "host",
  .buffer_create = buffer_create,
  .buffer_borrow = buffer_borrow,
  .buffer_destroy = buffer_destroy,
  .buffer_host = buffer_host,
  .queue_create = queue_create,
  .queue_destroy = queue_destroy,
  .write = write_buffer,
  .read = read_buffer,
  .copy = copy_buffer,
  .launch = launch,
  .finish = finish,
  .measure = measure,
  .spans = spans,
  .program_get = program_get,
  .program_release = program_release,
};
