/* interop.c: contexts, buffers and events that belong to the application. */
#include "config.h"

#include <atrous/opencl.h>

#include <stdio.h>
#include <string.h>

#include "backend/opencl/internal.h"
#include "backend/opencl/interop.h"
#include "base/alloc.h"

static atr_status check_given(const atr__cl_api *api, cl_context given, cl_device_id device,
                              cl_command_queue queue, atr_error *error) {
  enum { DEVICES = 64 };
  cl_device_id devices[DEVICES];
  cl_uint n = 0;
  size_t size = 0;
  cl_int code = atr__clGetContextInfo(api, given, CL_CONTEXT_DEVICES, sizeof devices, devices, &size);
  if (code) return atr__cl_fail(error, code, "the application's OpenCL context could not be asked");
  const size_t count = size / sizeof *devices;
  while (n < count && devices[n] != device) n++;
  if (n == count)
    return atr__fail(error, ATR_E_PARAM, "the device is none of the %zu of the OpenCL context", count);
  if (!queue) return ATR_OK;
  cl_context its_context = NULL;
  cl_device_id its_device = NULL;
  cl_command_queue_properties properties = 0;
  code = atr__clGetCommandQueueInfo(api, queue, CL_QUEUE_CONTEXT, sizeof its_context, &its_context, NULL);
  if (!code)
    code = atr__clGetCommandQueueInfo(api, queue, CL_QUEUE_DEVICE, sizeof its_device, &its_device, NULL);
  if (!code)
    code = atr__clGetCommandQueueInfo(api, queue, CL_QUEUE_PROPERTIES, sizeof properties, &properties, NULL);
  if (code) return atr__cl_fail(error, code, "the application's OpenCL queue could not be asked");
  if (its_context != given || its_device != device)
    return atr__fail(error, ATR_E_PARAM, "the queue is of another OpenCL context or device");
  if (properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE)
    return atr__fail(error, ATR_E_PARAM, "the queue is out of order; an in-order queue is needed");
  return ATR_OK;
}

atr_status atr_context_open_cl(cl_context given, cl_device_id device, cl_command_queue queue,
                               const atr_context_options *options, atr_error *error, atr_context **result) {
  if (!result) return atr__fail(error, ATR_E_PARAM, "atr_context_open_cl: the result pointer is NULL");
  *result = NULL;
  if (!given || !device)
    return atr__fail(error, ATR_E_PARAM, "atr_context_open_cl: the OpenCL context or device is NULL");
  atr__cl_api api;
  atr_context *context = NULL;
  cl_platform_id platform = NULL;
  atr_status status = atr__context_create(options, error, &context);
  if (status) return status;
  atr_device_info *info = &context->info;
  char why[256];
  if (atr__cl_load(&api, why, sizeof why)) {
    status = atr__fail(error, ATR_E_DEVICE, "%s", why);
    goto fail;
  }
  ATR__CHECK(check_given(&api, given, device, queue, error));
  const cl_int code =
      atr__clGetDeviceInfo(&api, device, CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL);
  if (code) {
    status = atr__cl_fail(error, code, "the platform of the device could not be asked");
    goto fail;
  }
  info->size = sizeof *info;
  snprintf(info->id, sizeof info->id, "opencl");
  atr__cl_describe(&api, platform, device, context->flags, info);
  if (!info->usable) {
    status = atr__fail(error, ATR_E_NO_DEVICE, "%s cannot be used: %s", info->name, info->why);
    goto fail;
  }
  info->chosen = 1;
  snprintf(info->why, sizeof info->why, "given by the application");
  ATR__CHECK(atr__cl_open_on(context, &api, device, given, queue, error));
  atr__context_log(context, 2, "device %s: %s", info->name, info->why);
  *result = context;
  return ATR_OK;
fail:
  atr__context_release(context);
  return status;
}

atr_status atr__cl_wrap(atr_context *context, void *memory, uint64_t offset, uint64_t bytes, atr_error *error,
                        atr__buffer **result) {
  *result = NULL;
  const struct atr__cl_context *cl = context->cl;
  const cl_mem given = memory;
  cl_context its_context = NULL;
  size_t size = 0;
  atr_status status = atr__cl_same_process(context, error);
  if (status) return status;
  cl_int code =
      atr__clGetMemObjectInfo(&cl->api, given, CL_MEM_CONTEXT, sizeof its_context, &its_context, NULL);
  if (!code) code = atr__clGetMemObjectInfo(&cl->api, given, CL_MEM_SIZE, sizeof size, &size, NULL);
  if (code) return atr__cl_fail(error, code, "the application's buffer could not be asked");
  if (its_context != cl->context)
    return atr__fail(error, ATR_E_PARAM, "the buffer is of another OpenCL context");
  if (bytes > size || offset > size - bytes)
    return atr__fail(error, ATR_E_PARAM, "%llu bytes at offset %llu lie outside a buffer of %zu bytes",
                     (unsigned long long)bytes, (unsigned long long)offset, size);
  atr__buffer *buffer = atr__calloc(1, sizeof *buffer);
  if (!buffer) return atr__nomem(error, sizeof *buffer);
  buffer->context = context;
  buffer->bytes = bytes;
  buffer->serial = atomic_fetch_add(&context->cl->serial, 1) + 1;
  if (!offset) {
    code = atr__clRetainMemObject(&cl->api, given);
    if (!code) buffer->memory = given;
  } else {
    const cl_buffer_region region = { (size_t)offset, (size_t)bytes };
    buffer->memory = atr__clCreateSubBuffer(&cl->api, given, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION,
                                            &region, &code);
  }
  if (buffer->memory) {
    *result = buffer;
    return ATR_OK;
  }
  atr__free(buffer);
  if (code == CL_MISALIGNED_SUB_BUFFER_OFFSET)
    return atr__fail(error, ATR_E_UNSUPPORTED, "%s cannot begin a buffer at byte %llu of another",
                     context->info.name, (unsigned long long)offset);
  return atr__cl_fail(error, code, "the application's buffer could not be used");
}

atr_status atr__cl_wait(atr__queue *queue, uint32_t n, const void *events, atr_error *error) {
  atr_status status = atr__cl_same_process(queue->context, error);
  if (status || !n) return status;
  queue->busy = 1;
  const cl_int code = atr__clEnqueueBarrierWithWaitList(&queue->context->cl->api, queue->queue, n,
                                                        (const cl_event *)events, NULL);
  return code ? atr__cl_fail(error, code, "the %u events could not be waited for", n) : ATR_OK;
}

atr_status atr__cl_mark(atr__queue *queue, void *done, atr_error *error) {
  const atr__cl_api *api = &queue->context->cl->api;
  cl_event *event = done;
  *event = NULL;
  atr_status status = atr__cl_same_process(queue->context, error);
  if (status) return status;
  queue->busy = 1;
  cl_int code = atr__clEnqueueMarkerWithWaitList(api, queue->queue, 0, NULL, event);
  if (code) return atr__cl_fail(error, code, "no event could be had for the work queued");
  atr__cl_count(-1); /* the caller's from here on */
  if ((code = atr__clFlush(api, queue->queue))) {
    api->clReleaseEvent(*event);
    *event = NULL;
    return atr__cl_fail(error, code, "the queue could not be started");
  }
  return ATR_OK;
}
