/* buffer.c: device memory and blocking transfers, which where memory is ours (PoCL) are copies of this
 * thread's: a command of the driver's would wake one of its threads, and wait for it, some ten microseconds.
 * Drivers may allocate as late as at the first use, so any enqueue may be the one that finds memory gone:
 * what is queued is then finished, which frees what released objects still held, and the call is tried once
 * more. */
#include "config.h"

#include <string.h>

#include "backend/opencl/internal.h"
#include "base/alloc.h"
#include "base/pages.h"

/* Evaluates `call` into the local `code`, and again after the queue has emptied where memory was out. */
#define TRY_TWICE(api, queue, call)                                                                          \
  do {                                                                                                       \
    code = (call);                                                                                           \
    if (atr__cl_out_of_memory(code) && !atr__clFinish(api, queue)) code = (call);                            \
  } while (0)

static cl_mem create(atr_context *context, uint64_t bytes, cl_int *code) {
  struct atr__cl_context *cl = context->cl;
  cl_mem memory = atr__clCreateBuffer(&cl->api, cl->context, CL_MEM_READ_WRITE, (size_t)bytes, NULL, code);
  if (memory || !atr__cl_out_of_memory(*code) || !context->queue) return memory;
  atr__mutex_lock(context->lock);
  const cl_int finished = atr__clFinish(&cl->api, context->queue->queue);
  atr__mutex_unlock(context->lock);
  if (finished) return NULL;
  return atr__clCreateBuffer(&cl->api, cl->context, CL_MEM_READ_WRITE, (size_t)bytes, NULL, code);
}

static void CL_CALLBACK give_back_pages(cl_mem memory, void *pages) {
  (void)memory;
  atr__pages_free(pages);
}

static void CL_CALLBACK give_back_block(cl_mem memory, void *block) {
  (void)memory;
  atr__free_aligned(block);
}

/* On memory of ours, which is zero and, where that is worth it, in large pages; *host is where. */
static cl_mem create_on_ours(atr_context *context, uint64_t bytes, void **host, cl_int *code) {
  const struct atr__cl_context *cl = context->cl;
  atr__pages *pages = bytes < ATR__PAGES_MIN ? NULL : atr__pages_get((size_t)bytes);
  void *block = bytes < ATR__PAGES_MIN ? atr__calloc_aligned((size_t)bytes) : NULL;
  *code = CL_OUT_OF_HOST_MEMORY;
  if (!pages && !block) return NULL;
  *host = pages ? pages->data : block;
  cl_mem memory = atr__clCreateBuffer(&cl->api, cl->context, CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR,
                                      (size_t)bytes, *host, code);
  if (memory &&
      !(*code = atr__clSetMemObjectDestructorCallback(
            &cl->api, memory, pages ? give_back_pages : give_back_block, pages ? (void *)pages : block)))
    return memory;
  atr__clReleaseMemObject(&cl->api, memory);
  atr__pages_free(pages);
  atr__free_aligned(block);
  *host = NULL;
  return NULL;
}

/* Where the device is this processor, it can work in memory of ours. NULL: it cannot, or there is none. */
static cl_mem create_of_ours(atr_context *context, uint64_t bytes, void **host) {
  cl_int code;
  if (context->cl->app_queue || !atr__cl_on_pocl(context) || context->device.device_class != ATR__CLASS_CPU)
    return NULL;
  return create_on_ours(context, bytes, host, &code);
}

/* Zeros by the context's queue, and finished, because other queues do not wait for this one. */
static cl_int zero(atr_context *context, cl_mem memory, uint64_t bytes) {
  static const unsigned char zeros[64];
  const struct atr__cl_context *cl = context->cl;
  const size_t pattern = bytes % 64 ? 1 : 64;
  cl_int code;
  atr__mutex_lock(context->lock);
  const cl_command_queue queue = context->queue->queue;
  TRY_TWICE(
      &cl->api, queue,
      atr__clEnqueueFillBuffer(&cl->api, queue, memory, zeros, pattern, 0, (size_t)bytes, 0, NULL, NULL));
  if (!code) code = atr__clFinish(&cl->api, queue);
  atr__mutex_unlock(context->lock);
  return code;
}

atr_status atr__cl_buffer_create(atr_context *context, uint64_t bytes, atr_error *error,
                                 atr__buffer **result) {
  *result = NULL;
  struct atr__cl_context *cl = context->cl;
  const uint64_t limit = context->device.max_alloc_bytes;
  atr_status status = atr__cl_same_process(context, error);
  if (status) return status;
  if (bytes > UINT64_MAX - 63 || bytes > SIZE_MAX - 63 || (limit && bytes > limit))
    return atr__fail(error, ATR_E_NOMEM, "%llu bytes in one block are more than the %llu that %s allows",
                     (unsigned long long)bytes, (unsigned long long)limit, context->info.id);
  uint64_t rounded = bytes ? (bytes + 63) / 64 * 64 : 64;
  if (limit && rounded > limit) rounded = bytes;
  atr__buffer *buffer = atr__calloc(1, sizeof *buffer);
  if (!buffer) return atr__nomem(error, sizeof *buffer);
  buffer->context = context;
  buffer->bytes = bytes;
  buffer->serial = atomic_fetch_add(&cl->serial, 1) + 1;
  cl_int code = CL_SUCCESS;
  if ((buffer->memory = create_of_ours(context, rounded, &buffer->host))) {
    *result = buffer;
    return ATR_OK;
  }
  buffer->memory = create(context, rounded, &code);
  if (!buffer->memory) {
    status = atr__cl_fail(error, code, "%llu bytes could not be had on %s", (unsigned long long)bytes,
                          context->info.id);
    goto fail;
  }
  if ((code = zero(context, buffer->memory, rounded))) {
    status = atr__cl_fail(error, code, "%llu bytes on %s could not be zeroed", (unsigned long long)bytes,
                          context->info.id);
    goto fail;
  }
  *result = buffer;
  return ATR_OK;
fail:
  atr__cl_buffer_destroy(buffer);
  return status;
}

atr_status atr__cl_buffer_shared(atr_context *context, uint64_t bytes, atr_error *error, atr__buffer **result,
                                 void **host) {
  cl_int code = CL_SUCCESS;
  *result = NULL;
  atr_status status = atr__cl_same_process(context, error);
  if (status) return status;
  if (bytes > SIZE_MAX - 63) return atr__nomem(error, SIZE_MAX);
  atr__buffer *buffer = atr__calloc(1, sizeof *buffer);
  if (!buffer) return atr__nomem(error, sizeof *buffer);
  buffer->context = context;
  buffer->bytes = bytes;
  buffer->serial = atomic_fetch_add(&context->cl->serial, 1) + 1;
  buffer->memory = create_on_ours(context, (bytes + 63) / 64 * 64, &buffer->host, &code);
  if (!buffer->memory) {
    atr__free(buffer);
    return atr__cl_fail(error, code, "%llu bytes of this process could not be shared with %s",
                        (unsigned long long)bytes, context->info.id);
  }
  *host = buffer->host;
  *result = buffer;
  return ATR_OK;
}

atr__buffer *atr__cl_buffer_borrow(atr_context *context, const void *data, uint64_t bytes) {
  (void)context, (void)data, (void)bytes;
  return NULL; /* a device has memory of its own */
}

void atr__cl_buffer_destroy(atr__buffer *buffer) {
  if (!buffer) return;
  if (!atr__cl_same_process(buffer->context, NULL))
    atr__clReleaseMemObject(&buffer->context->cl->api, buffer->memory);
  atr__free(buffer);
}

void *atr__cl_buffer_host(atr__buffer *buffer) {
  (void)buffer;
  return NULL;
}

static atr_status check_range(const atr__buffer *buffer, uint64_t offset, uint64_t bytes, atr_error *error) {
  if (bytes <= buffer->bytes && offset <= buffer->bytes - bytes) return ATR_OK;
  return atr__fail(error, ATR_E_PARAM, "%llu bytes at offset %llu lie outside a buffer of %llu bytes",
                   (unsigned long long)bytes, (unsigned long long)offset, (unsigned long long)buffer->bytes);
}

/* Between memory of ours and a buffer, waited for: into the buffer where `from` is given. */
static atr_status transfer(atr__queue *queue, atr__buffer *buffer, uint64_t offset, const void *from,
                           void *to, uint64_t bytes, atr_error *error) {
  const atr__cl_api *api = &queue->context->cl->api;
  atr_status status = atr__cl_same_process(queue->context, error);
  if (!status) status = check_range(buffer, offset, bytes, error);
  if (status || !bytes) return status;
  const size_t at = (size_t)offset, n = (size_t)bytes;
  const cl_mem memory = buffer->memory;
  cl_int code = CL_SUCCESS;
  if (buffer->host) {
    if (queue->busy) code = atr__clFinish(api, queue->queue);
    if (!code) memcpy(from ? (char *)buffer->host + at : to, from ? from : (char *)buffer->host + at, n);
  } else
    TRY_TWICE(api, queue->queue,
              from ? atr__clEnqueueWriteBuffer(api, queue->queue, memory, CL_TRUE, at, n, from, 0, NULL, NULL)
                   : atr__clEnqueueReadBuffer(api, queue->queue, memory, CL_TRUE, at, n, to, 0, NULL, NULL));
  if (code)
    return atr__cl_fail(error, code, "%llu bytes could not be %s %s", (unsigned long long)bytes,
                        from ? "written to" : "read from", queue->context->info.id);
  queue->busy = 0;
  atr__cl_settled(queue);
  return ATR_OK;
}

atr_status atr__cl_write(atr__queue *queue, atr__buffer *buffer, uint64_t offset, const void *data,
                         uint64_t bytes, atr_error *error) {
  return transfer(queue, buffer, offset, data, NULL, bytes, error);
}

atr_status atr__cl_read(atr__queue *queue, atr__buffer *buffer, uint64_t offset, void *data, uint64_t bytes,
                        atr_error *error) {
  return transfer(queue, buffer, offset, NULL, data, bytes, error);
}

atr_status atr__cl_copy(atr__queue *queue, atr__buffer *from, uint64_t from_offset, atr__buffer *to,
                        uint64_t to_offset, uint64_t bytes, atr_error *error) {
  const atr__cl_api *api = &queue->context->cl->api;
  atr_status status = atr__cl_same_process(queue->context, error);
  if (!status) status = check_range(from, from_offset, bytes, error);
  if (!status) status = check_range(to, to_offset, bytes, error);
  if (status || !bytes) return status;
  cl_int code;
  queue->busy = 1;
  TRY_TWICE(api, queue->queue,
            atr__clEnqueueCopyBuffer(api, queue->queue, from->memory, to->memory, (size_t)from_offset,
                                     (size_t)to_offset, (size_t)bytes, 0, NULL, NULL));
  if (code)
    return atr__cl_fail(error, code, "%llu bytes could not be copied on %s", (unsigned long long)bytes,
                        queue->context->info.id);
  return ATR_OK;
}
