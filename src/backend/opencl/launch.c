/* launch.c: queues with their own kernel objects, and lists of launches. Queues are in order, so nothing is
 * ever waited for between launches; with `cancel` given, at most two groups of launches are queued ahead, so
 * that a cancelled run ends soon after the kernels under way. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "backend/opencl/internal.h"
#include "base/alloc.h"

enum {
  GROUP = 16, /* launches between two looks at how far the device has come */
  TILE_ITEMS = 65535
};

static atr_status create_kernel(atr__queue *queue, size_t i, const char *name, atr_error *error) {
  const struct atr__cl_context *cl = queue->context->cl;
  struct atr__cl_kernel *kernel = &queue->kernels[i];
  cl_int code = CL_SUCCESS;
  for (int b = 0; b < ATR__BASES; b++) kernel->base[b] = UINT64_MAX;
  if (!(kernel->name = atr__strdup(name))) return atr__nomem(error, strlen(name) + 1);
  kernel->tile = atr__cl_program_tile(queue->program, name);
  kernel->entry = kernel->tile < 0 ? kernel->name : ATR__TILES;
  kernel->kernel = atr__clCreateKernel(&cl->api, queue->program->program, kernel->entry, &code);
  if (!kernel->kernel)
    return atr__cl_fail(error, code, "kernel %s could not be made on %s", name, queue->context->info.id);
  code = atr__clGetKernelWorkGroupInfo(&cl->api, kernel->kernel, cl->device, CL_KERNEL_WORK_GROUP_SIZE,
                                       sizeof kernel->max_local, &kernel->max_local, NULL);
  if (code) return atr__cl_fail(error, code, "the limits of kernel %s could not be asked", name);
  return ATR_OK;
}

atr_status atr__cl_queue_create(atr_context *context, atr__program *program, const char *const *kernels,
                                size_t n, atr_error *error, atr__queue **result) {
  *result = NULL;
  const struct atr__cl_context *cl = context->cl;
  atr_status status = atr__cl_same_process(context, error);
  if (status) return status;
  if (n && !program) return atr__fail(error, ATR_E_PARAM, "a queue with kernels needs a program");
  atr__queue *queue = atr__calloc(1, sizeof *queue);
  if (!queue) return atr__nomem(error, sizeof *queue);
  queue->context = context;
  cl_int code = CL_SUCCESS;
  if (cl->app_queue) {
    if ((code = atr__clRetainCommandQueue(&cl->api, cl->app_queue))) {
      status = atr__cl_fail(error, code, "the application's OpenCL queue could not be retained");
      goto fail;
    }
    queue->queue = cl->app_queue;
  } else if (!(queue->queue = atr__clCreateCommandQueue(&cl->api, cl->context, cl->device, 0, &code))) {
    status = atr__cl_fail(error, code, "no queue on %s (%s)", context->info.id, context->info.name);
    goto fail;
  }
  if (!(queue->kernels = atr__calloc(n, sizeof *queue->kernels))) {
    status = atr__nomem(error, n * sizeof *queue->kernels);
    goto fail;
  }
  if (program) {
    atomic_fetch_add(&program->references, 1);
    queue->program = program;
  }
  for (size_t i = 0; i < n; i++) {
    queue->n = i + 1;
    ATR__CHECK(create_kernel(queue, i, kernels[i], error));
  }
  *result = queue;
  return ATR_OK;
fail:
  atr__cl_queue_destroy(queue);
  return status;
}

void atr__cl_queue_destroy(atr__queue *queue) {
  if (!queue) return;
  const struct atr__cl_context *cl = queue->context->cl;
  const int here = !atr__cl_same_process(queue->context, NULL); /* after a fork its objects are left alone */
  if (queue->queue && here && !atr__clFinish(&cl->api, queue->queue)) atr__cl_settled(queue);
  for (size_t i = 0; i < queue->n; i++) {
    if (here) atr__clReleaseKernel(&cl->api, queue->kernels[i].kernel);
    atr__free(queue->kernels[i].name);
  }
  atr__free(queue->kernels);
  if (here) atr__cl_forget(queue);
  if (here) atr__clReleaseEvent(&cl->api, queue->staying);
  atr__free(queue->noted);
  if (here) atr__clReleaseCommandQueue(&cl->api, queue->queue);
  atr__cl_program_release(queue->program);
  atr__free(queue);
}

static atr_status set_bases(atr__queue *queue, struct atr__cl_kernel *kernel,
                            atr__buffer *const base[ATR__BASES], atr_error *error) {
  const struct atr__cl_context *cl = queue->context->cl;
  for (cl_uint b = 0; b < ATR__BASES; b++) {
    const uint64_t serial = base[b] ? base[b]->serial : 0;
    if (kernel->base[b] == serial) continue;
    const cl_mem memory = base[b] ? base[b]->memory : cl->nothing;
    const cl_int code = atr__clSetKernelArg(&cl->api, kernel->kernel, b, sizeof memory, &memory);
    if (code) return atr__cl_fail(error, code, "base %u of kernel %s could not be set", b, kernel->name);
    kernel->base[b] = serial;
  }
  return ATR_OK;
}

/* Chooses a tile of its program's: its work-group is one item, which does what `items` would. */
static cl_int set_tile(const atr__cl_api *api, struct atr__cl_kernel *kernel, uint32_t items) {
  if (kernel->items == items) return CL_SUCCESS;
  const cl_uint which = atr__tile_word(kernel->tile, items);
  const cl_int code = atr__clSetKernelArg(api, kernel->kernel, ATR__BASES + 1, sizeof which, &which);
  if (!code) kernel->items = items;
  return code;
}

static atr_status enqueue(atr__queue *queue, struct atr__cl_kernel *kernel, const atr__launch *launch,
                          cl_event *event, atr_error *error) {
  const atr__cl_api *api = &queue->context->cl->api;
  const cl_uint node = launch->node;
  const int tile = kernel->tile >= 0;
  const size_t most = tile ? TILE_ITEMS : kernel->max_local;
  size_t group = launch->local;
  /* A driver may allow a kernel less than the device: halves, which leave the number of items as it is or,
   * where loose is 2, of groups. */
  while (launch->loose && !tile && group > most && group % 2 == 0) group /= 2;
  if (group < 1 || group > most)
    return atr__fail(error, ATR_E_DEVICE, "kernel %s asks for a work-group of %u items, %s allows it %zu",
                     kernel->name, launch->local, queue->context->info.id, most);
  cl_int code = tile ? set_tile(api, kernel, launch->local) : CL_SUCCESS;
  if (code) return atr__cl_fail(error, code, "kernel %s could not be chosen of its program's", kernel->name);
  code = atr__clSetKernelArg(api, kernel->kernel, ATR__BASES, sizeof node, &node);
  if (code) return atr__cl_fail(error, code, "the node of kernel %s could not be set", kernel->name);
  const size_t local[3] = { tile ? 1 : group, 1, 1 };
  const size_t along = tile ? 1 : launch->loose == 2 ? group : launch->local;
  const size_t global[3] = { (size_t)launch->group[0] * along, launch->group[1], launch->group[2] };
  queue->busy = 1;
  code =
      atr__clEnqueueNDRangeKernel(api, queue->queue, kernel->kernel, 3, NULL, global, local, 0, NULL, event);
  if (atr__cl_out_of_memory(code) && !atr__clFinish(api, queue->queue))
    code = atr__clEnqueueNDRangeKernel(api, queue->queue, kernel->kernel, 3, NULL, global, local, 0, NULL,
                                       event);
  if (code)
    return atr__cl_fail(error, code, "kernel %s could not be launched with %ux%ux%u groups of %u on %s",
                        kernel->name, launch->group[0], launch->group[1], launch->group[2], launch->local,
                        queue->context->info.id);
  if (!kernel->launched) {
    kernel->launched = 1;
    if (atr__cl_program_used(queue->program, kernel->entry)) queue->unsaved = 1;
  }
  return ATR_OK;
}

atr_status atr__cl_launch(atr__queue *queue, atr__buffer *const base[ATR__BASES], const atr__launch *list,
                          size_t n, const volatile int *cancel, atr_error *error) {
  const atr__cl_api *api = &queue->context->cl->api;
  atr_status status = atr__cl_same_process(queue->context, error);
  cl_event before = NULL; /* of the group before the one being queued */
  cl_int code;
  if (status) return status;
  for (size_t i = 0; i < n; i++) {
    if (cancel && *cancel) {
      status = atr__fail(error, ATR_E_CANCELLED, "cancelled by the caller after %zu of %zu launches", i, n);
      goto fail;
    }
    if (list[i].kernel >= queue->n) {
      status = atr__fail(error, ATR_E_PARAM, "launch %zu: kernel %u of %zu", i, list[i].kernel, queue->n);
      goto fail;
    }
    cl_event event = NULL, *note = atr__cl_note(queue);
    if (!list[i].group[0] || !list[i].group[1] || !list[i].group[2]) continue;
    struct atr__cl_kernel *kernel = &queue->kernels[list[i].kernel];
    const int look = cancel && !note && i % GROUP == GROUP - 1 && i + 1 < n;
    ATR__CHECK(set_bases(queue, kernel, base, error));
    ATR__CHECK(enqueue(queue, kernel, &list[i], look ? &event : note, error));
    if (!look) continue;
    if (before) {
      code = atr__clFlush(api, queue->queue);
      if (!code) code = atr__clWaitForEvents(api, 1, &before);
      atr__clReleaseEvent(api, before);
    } else
      code = CL_SUCCESS;
    before = event;
    if (code) {
      status = atr__cl_fail(error, code, "a kernel before launch %zu of %zu failed on %s", i, n,
                            queue->context->info.id);
      goto fail;
    }
  }
  if ((code = atr__clFlush(api, queue->queue)))
    status = atr__cl_fail(error, code, "the queue on %s could not be started", queue->context->info.id);
fail:
  atr__clReleaseEvent(api, before);
  return status;
}

atr_status atr__cl_stay(atr__queue *queue, atr__buffer *const base[ATR__BASES], const atr__launch *launch,
                        atr_error *error) {
  const struct atr__cl_context *cl = queue->context->cl;
  atr_status status = atr__cl_same_process(queue->context, error);
  if (!status && cl->app_queue)
    status = atr__fail(error, ATR_E_UNSUPPORTED,
                       "a kernel that stays would stop the application's own OpenCL queue");
  if (status) return status;
  struct atr__cl_kernel *kernel = &queue->kernels[launch->kernel];
  atr__clReleaseEvent(&cl->api, queue->staying);
  queue->staying = NULL;
  if ((status = set_bases(queue, kernel, base, error))) return status;
  if ((status = enqueue(queue, kernel, launch, &queue->staying, error))) return status;
  const cl_int code = atr__clFlush(&cl->api, queue->queue);
  return code ? atr__cl_fail(error, code, "the queue on %s could not be started", queue->context->info.id)
              : ATR_OK;
}

atr_status atr__cl_stays(atr__queue *queue, int *stays, atr_error *error) {
  cl_int state = CL_COMPLETE;
  *stays = 0;
  atr_status status = atr__cl_same_process(queue->context, error);
  if (status || !queue->staying) return status;
  const cl_int code = atr__clGetEventInfo(&queue->context->cl->api, queue->staying,
                                          CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
  if (code || state < 0)
    return atr__cl_fail(error, code ? code : state, "the kernel that stays on %s failed",
                        queue->context->info.id);
  *stays = state != CL_COMPLETE;
  return ATR_OK;
}

atr_status atr__cl_finish(atr__queue *queue, atr_error *error) {
  atr_status status = atr__cl_same_process(queue->context, error);
  if (status) return status;
  const cl_int code = atr__clFinish(&queue->context->cl->api, queue->queue);
  if (code) return atr__cl_fail(error, code, "the work queued on %s failed", queue->context->info.id);
  queue->busy = 0;
  atr__cl_settled(queue);
  return ATR_OK;
}
