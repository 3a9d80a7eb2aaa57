/* compile.c: one program for all kernels of a plan, found in the context's cache or compiled. */
#include "config.h"

#include "base/alloc.h"
#include "plan/plan.h"

atr_status atr__plan_compile(atr_plan *plan, atr_error *error) {
  const size_t n = plan->n_instances / 3;
  if (!n) return ATR_OK;
  atr__instance *list = atr__calloc(n, sizeof *list);
  if (!list) return atr__nomem(error, n * sizeof *list);
  for (size_t i = 0; i < n; i++)
    list[i] =
        (atr__instance){ plan->instances[3 * i], plan->instances[3 * i + 1], plan->instances[3 * i + 2] };
  atr_status status = plan->context->backend->program_get(plan->context, list, n, error, &plan->program);
  atr__free(list);
  return status;
}
