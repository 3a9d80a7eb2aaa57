/* opencl.h: working together with an application that has an OpenCL context of its own. The only header that
 * includes OpenCL's; <atrous.h> does not include it. Absent from a library built --without-opencl. */
#ifndef ATROUS_OPENCL_H
#define ATROUS_OPENCL_H

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#include <CL/cl.h>

#include <atrous/context.h>

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

#ifdef __cplusplus
}
#endif
#endif
