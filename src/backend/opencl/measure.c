/* measure.c: when launches ran, by the events of a queue with profiling. The device's clock is not the
 * host's: the first launch's moment of being queued, which both know, says how far they are apart. */
#include "config.h"

#include <string.h>

#include "backend/opencl/internal.h"
#include "base/alloc.h"
#include "base/clock.h"

void atr__cl_forget(atr__queue *queue) {
  for (size_t i = 0; i < queue->n_noted; i++) atr__clReleaseEvent(&queue->context->cl->api, queue->noted[i]);
  queue->n_noted = 0;
}

cl_event *atr__cl_note(atr__queue *queue) {
  if (queue->n_noted >= queue->room_noted) return NULL;
  if (!queue->n_noted) queue->first_noted = atr__clock();
  cl_event *event = &queue->noted[queue->n_noted++];
  *event = NULL;
  return event;
}

/* An application's queue is used as it is; ours is made anew, empty, with profiling or without. */
static atr_status change_queue(atr__queue *queue, int profiling, atr_error *error) {
  const struct atr__cl_context *cl = queue->context->cl;
  cl_command_queue_properties has = 0;
  cl_int code =
      atr__clGetCommandQueueInfo(&cl->api, queue->queue, CL_QUEUE_PROPERTIES, sizeof has, &has, NULL);
  if (code) return atr__cl_fail(error, code, "the properties of the queue could not be asked");
  if (!profiling == !(has & CL_QUEUE_PROFILING_ENABLE)) return ATR_OK;
  if (cl->app_queue)
    return !profiling
               ? ATR_OK
               : atr__fail(error, ATR_E_UNSUPPORTED,
                           "the application's OpenCL queue was made without CL_QUEUE_PROFILING_ENABLE, "
                           "so its launches cannot be timed");
  const cl_command_queue fresh = atr__clCreateCommandQueue(&cl->api, cl->context, cl->device,
                                                           profiling ? CL_QUEUE_PROFILING_ENABLE : 0, &code);
  if (!fresh) return atr__cl_fail(error, code, "no queue with profiling on %s", queue->context->info.id);
  atr__clReleaseCommandQueue(&cl->api, queue->queue);
  queue->queue = fresh;
  return ATR_OK;
}

atr_status atr__cl_measure(atr__queue *queue, size_t most, atr_error *error) {
  atr_status status = atr__cl_finish(queue, error);
  if (!status) status = change_queue(queue, most > 0, error);
  if (status) return status;
  atr__cl_forget(queue);
  queue->room_noted = 0;
  if (!most) return ATR_OK;
  cl_event *list = atr__realloc_array(queue->noted, most, sizeof *list);
  if (!list) return atr__nomem(error, most * sizeof *list);
  queue->noted = list;
  queue->room_noted = most;
  return ATR_OK;
}

static cl_int ask(const atr__queue *queue, cl_event event, cl_profiling_info what, cl_ulong *ns) {
  return atr__clGetEventProfilingInfo(&queue->context->cl->api, event, what, sizeof *ns, ns, NULL);
}

atr_status atr__cl_spans(atr__queue *queue, atr__span *list, size_t room, size_t *n, atr_error *error) {
  atr_status status = atr__cl_finish(queue, error);
  cl_int code = CL_SUCCESS;
  cl_ulong zero = 0, begin = 0, end = 0;
  int aligned = 0;
  *n = queue->n_noted < room ? queue->n_noted : room;
  for (size_t i = 0; !status && !code && i < *n; i++) {
    list[i].begin = list[i].end = i ? list[i - 1].end : queue->first_noted;
    if (!queue->noted[i]) continue;
    if (!aligned) code = ask(queue, queue->noted[i], CL_PROFILING_COMMAND_QUEUED, &zero);
    aligned = 1;
    if (!code) code = ask(queue, queue->noted[i], CL_PROFILING_COMMAND_START, &begin);
    if (!code) code = ask(queue, queue->noted[i], CL_PROFILING_COMMAND_END, &end);
    if (begin < zero) begin = zero;
    if (end < begin) end = begin;
    list[i].begin = queue->first_noted + 1e-9 * (double)(begin - zero);
    list[i].end = queue->first_noted + 1e-9 * (double)(end - zero);
  }
  if (code)
    status =
        atr__cl_fail(error, code, "the times of launches could not be asked on %s", queue->context->info.id);
  atr__cl_forget(queue);
  return status;
}
