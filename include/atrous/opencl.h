/* opencl.h: working together with an application that has an OpenCL context of its own. The only header that
 * includes OpenCL's; <atrous.h> does not include it. Absent from a library built --without-opencl. */
#ifndef ATROUS_OPENCL_H
#define ATROUS_OPENCL_H

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#include <CL/cl.h>

#include <atrous/context.h>
#include <atrous/plan.h>
#include <atrous/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Opens a context on the application's OpenCL context.
 * cl, device: the context and one of its devices; retained until the context is destroyed. queue: the
 * application's in-order queue, used for all work of this context in the order of the calls, and retained;
 * NULL: each run has a queue of its own. All three must come from the ICD loader that this process has
 * loaded, which is the one the library finds. options: as in atr_context_open. Returns in *context what
 * atr_context_destroy frees. Any thread. ATR_E_PARAM (the device is not of the context, the queue is of
 * another or is out of order), ATR_E_NO_DEVICE (the device cannot be used: the sentence says why),
 * ATR_E_DEVICE, ATR_E_NOMEM. Since 0.1. */
ATR_TRY atr_context_open_cl(cl_context cl, cl_device_id device, cl_command_queue queue,
                            const atr_context_options *options, atr_error *error, atr_context **context);

/* A tensor that is the application's cl_mem from byte `offset` on, without a copy; the cl_mem is retained
 * until atr_tensor_destroy and every run it is bound to is gone. The context must be of the cl_mem's OpenCL
 * context. ATR_E_PARAM (too small, another context, not an OpenCL context), ATR_E_UNSUPPORTED (the offset is
 * not aligned as the device asks), ATR_E_SHAPE, ATR_E_NOMEM. Since 0.1. */
ATR_TRY atr_tensor_wrap_cl(atr_context *context, cl_mem memory, size_t offset, atr_type type,
                           const atr_shape *shape, atr_error *error, atr_tensor **tensor);

/* Enqueues the run and returns: it begins after the n events in `wait` (NULL with n 0), and *done, if asked
 * for, is an event that the caller releases and that completes with the run. Progress and cancel do not reach
 * a run enqueued so. ATR_E_UNSUPPORTED (the plan has nodes on the host; the sentence names one),
 * ATR_E_DEVICE. Since 0.1. */
ATR_TRY atr_run_enqueue_cl(atr_run *run, cl_uint n, const cl_event *wait, cl_event *done);

#ifdef __cplusplus
}
#endif
#endif
