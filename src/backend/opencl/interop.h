/* interop.h: what the rest of the library does with an application's OpenCL objects, without naming their
 * types: `void *` stands for cl_mem, `const void *` for an array of cl_event, `void *done` for a cl_event *.
 * Only for contexts whose backend is OpenCL. */
#ifndef ATR_BACKEND_OPENCL_INTEROP_H
#define ATR_BACKEND_OPENCL_INTEROP_H

#include "backend/backend.h"

/* A buffer that is `bytes` of the application's cl_mem from `offset` on; the cl_mem is retained until
 * buffer_destroy. ATR_E_PARAM where it is too small or of another OpenCL context, ATR_E_UNSUPPORTED where the
 * offset is not aligned as the device asks of buffers. */
atr_status atr__cl_wrap(atr_context *context, void *memory, uint64_t offset, uint64_t bytes, atr_error *error,
                        atr__buffer **buffer);

/* What is queued from now on begins after these events. */
atr_status atr__cl_wait(atr__queue *queue, uint32_t n, const void *events, atr_error *error);

/* Stores an event in *done (the caller releases it) that completes when all queued so far has; starts the
 * queue.
 */
atr_status atr__cl_mark(atr__queue *queue, void *done, atr_error *error);

#endif
