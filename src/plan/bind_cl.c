/* bind_cl.c: the application's cl_mem as a tensor, and runs on its queue: the plan's half of
 * <atrous/opencl.h>. */
#include "config.h"

#include <atrous/opencl.h>

#include "backend/opencl/interop.h"
#include "plan/run.h"
#include "tensor/shape.h"

atr_status atr_tensor_wrap_cl(atr_context *context, cl_mem memory, size_t offset, atr_type type,
                              const atr_shape *shape, atr_error *error, atr_tensor **tensor) {
  *tensor = NULL;
  int64_t count;
  if (context->backend == &atr__backend_host)
    return atr__fail(error, ATR_E_PARAM, "a cl_mem cannot be used on the host");
  atr_status status = atr__shape_count(shape, error, &count);
  if (status) return status;
  const uint64_t bytes = (uint64_t)count * atr_type_size(type);
  if (!bytes) return atr__fail(error, ATR_E_PARAM, "a cl_mem cannot be wrapped as nothing");
  atr__buffer *buffer;
  status = atr__cl_wrap(context, memory, offset, bytes, error, &buffer);
  return status ? status : atr__tensor_new(context, buffer, bytes, 1, type, shape, error, tensor);
}

atr_status atr_run_enqueue_cl(atr_run *run, cl_uint n, const cl_event *wait, cl_event *done) {
  const atr_plan *plan = run->plan;
  if (plan->context->backend == &atr__backend_host)
    return atr__fail(&run->error, ATR_E_UNSUPPORTED, "the plan runs on the host, which has no queue");
  if (plan->script)
    return atr__fail(&run->error, ATR_E_UNSUPPORTED,
                     "shapes of this plan follow from data, which the host reads");
  for (size_t k = 0; k < plan->n_steps; k++)
    if (!plan->steps[k].row)
      return atr__fail(&run->error, ATR_E_UNSUPPORTED,
                       "node \"%s\" (%s) runs on the host and cannot be enqueued", plan->steps[k].node,
                       plan->steps[k].op->name);
  atr_status status = n ? atr__cl_wait(run->queue, n, wait, &run->error) : ATR_OK;
  if (!status) status = atr__run_enqueue(run, 0);
  if (!status && done) status = atr__cl_mark(run->queue, done, &run->error);
  return status;
}
