/* whole_writes.c: an OpenCL layer (OPENCL_LAYERS) under which every write to a buffer is a write of the whole
 * buffer, and all buffers are written anew, with what they hold, after each kernel.
 *
 * Oclgrind's check for values that were never written forgets what it knew of a buffer at each write, copy or
 * fill by the host, and then takes the part written for the whole buffer: with arenas, which are written in
 * parts, everything would be told as uninitialised. Under this layer buffers count as written, which is so,
 * since the library zeroes them, and each kernel is told for itself alone; private and local memory are what
 * is looked at. Used by scripts/check-long, by one thread; not installed. */
#include <stdlib.h>
#include <string.h>

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <CL/cl_icd.h>
#include <CL/cl_layer.h>

static const cl_icd_dispatch *below;
static cl_icd_dispatch above;

/* The buffers that were written. */
enum { MOST = 1024 };
static cl_mem known[MOST];
static size_t n_known;

static void remember(cl_mem buffer) {
  for (size_t i = 0; i < n_known; i++)
    if (known[i] == buffer) return;
  if (n_known < MOST) known[n_known++] = buffer;
}

/* The queue is waited for, so what came before is in the bytes that are read. */
static cl_int change(cl_command_queue queue, cl_mem buffer, size_t offset, size_t size, const void *data,
                     size_t repeat, cl_uint n, const cl_event *wait, cl_event *event) {
  size_t all = 0;
  cl_int code = below->clGetMemObjectInfo(buffer, CL_MEM_SIZE, sizeof all, &all, NULL);
  if (code) return code;
  if (!size || offset > all || size > all - offset) return CL_INVALID_VALUE;
  char *bytes = malloc(all);
  if (!bytes) return CL_OUT_OF_HOST_MEMORY;
  remember(buffer);
  code = below->clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, all, bytes, n, wait, NULL);
  for (size_t at = 0; at < size; at += repeat) memcpy(bytes + offset + at, data, repeat);
  if (!code) code = below->clEnqueueWriteBuffer(queue, buffer, CL_TRUE, 0, all, bytes, 0, NULL, event);
  free(bytes);
  return code;
}

static cl_int CL_API_CALL write_buffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset,
                                       size_t size, const void *data, cl_uint n, const cl_event *wait,
                                       cl_event *event) {
  (void)blocking;
  return change(queue, buffer, offset, size, data, size, n, wait, event);
}

static cl_int CL_API_CALL fill_buffer(cl_command_queue queue, cl_mem buffer, const void *pattern,
                                      size_t pattern_size, size_t offset, size_t size, cl_uint n,
                                      const cl_event *wait, cl_event *event) {
  if (!pattern_size || size % pattern_size) return CL_INVALID_VALUE;
  return change(queue, buffer, offset, size, pattern, pattern_size, n, wait, event);
}

static cl_int CL_API_CALL copy_buffer(cl_command_queue queue, cl_mem from, cl_mem to, size_t from_offset,
                                      size_t to_offset, size_t size, cl_uint n, const cl_event *wait,
                                      cl_event *event) {
  char *bytes = malloc(size ? size : 1);
  if (!bytes) return CL_OUT_OF_HOST_MEMORY;
  cl_int code = below->clEnqueueReadBuffer(queue, from, CL_TRUE, from_offset, size, bytes, n, wait, NULL);
  if (!code) code = change(queue, to, to_offset, size, bytes, size, 0, NULL, event);
  free(bytes);
  return code;
}

static cl_int CL_API_CALL run_kernel(cl_command_queue queue, cl_kernel kernel, cl_uint rank,
                                     const size_t *from, const size_t *size, const size_t *local, cl_uint n,
                                     const cl_event *wait, cl_event *event) {
  const cl_int code = below->clEnqueueNDRangeKernel(queue, kernel, rank, from, size, local, n, wait, event);
  for (size_t i = 0; !code && i < n_known; i++) {
    char byte;
    cl_int failed = below->clEnqueueReadBuffer(queue, known[i], CL_TRUE, 0, 1, &byte, 0, NULL, NULL);
    if (!failed) failed = change(queue, known[i], 0, 1, &byte, 1, 0, NULL, NULL);
    if (failed) return failed;
  }
  return code;
}

static cl_int CL_API_CALL release(cl_mem buffer) {
  cl_uint count = 0;
  if (!below->clGetMemObjectInfo(buffer, CL_MEM_REFERENCE_COUNT, sizeof count, &count, NULL) && count == 1)
    for (size_t i = 0; i < n_known; i++)
      if (known[i] == buffer) known[i--] = known[--n_known];
  return below->clReleaseMemObject(buffer);
}

/* The rest of the tree is built with hidden symbols. */
#define EXPORTED __attribute__((visibility("default"))) CL_API_ENTRY

EXPORTED cl_int CL_API_CALL clGetLayerInfo(cl_layer_info name, size_t size, void *value, size_t *needs) {
  const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
  if (name != CL_LAYER_API_VERSION || (value && size < sizeof version)) return CL_INVALID_VALUE;
  if (value) memcpy(value, &version, sizeof version);
  if (needs) *needs = sizeof version;
  return CL_SUCCESS;
}

EXPORTED cl_int CL_API_CALL clInitLayer(cl_uint count, const cl_icd_dispatch *target, cl_uint *our_count,
                                        const cl_icd_dispatch **ours) {
  const size_t used = count * sizeof(void *) < sizeof above ? count * sizeof(void *) : sizeof above;
  if (!target || !our_count || !ours) return CL_INVALID_VALUE;
  below = target;
  memcpy(&above, target, used);
  above.clEnqueueWriteBuffer = write_buffer;
  above.clEnqueueFillBuffer = fill_buffer;
  above.clEnqueueCopyBuffer = copy_buffer;
  above.clEnqueueNDRangeKernel = run_kernel;
  above.clReleaseMemObject = release;
  *our_count = (cl_uint)(sizeof above / sizeof(void *));
  *ours = &above;
  return CL_SUCCESS;
}
