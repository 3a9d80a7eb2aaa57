/* compile.c: one program for all kernels of a plan, found in the context's cache or compiled. */
#include "config.h"

#include "base/alloc.h"
#include "plan/plan.h"

/* A plan of more kernels than this has its own program in all likelihood, and compilers take the longer the
 * more they are given: it leaves out the kernels that it does not call. One of few takes whole templates, in
 * which the next, an operator at another size for instance, finds what it needs; except where programs are
 * kept, for which all that is in them may be compiled. */
enum { FEW = 4 };

atr_status atr__plan_compile(atr_plan *plan, atr_error *error) {
  const size_t n = plan->n_instances / ATR__INSTANCE_PARTS;
  if (!n) return ATR_OK;
  atr__instance *list = atr__calloc(n, sizeof *list);
  if (!list) return atr__nomem(error, n * sizeof *list);
  const int named = n > FEW || (plan->context->keeps_programs && !plan->bare);
  for (size_t i = 0; i < n; i++) {
    char **part = &plan->instances[ATR__INSTANCE_PARTS * i];
    list[i] = (atr__instance){ part[0], part[1], part[2], named ? part[3] : NULL };
  }
  atr_status status = plan->context->backend->program_get(plan->context, list, n, error, &plan->program);
  atr__free(list);
  return status;
}
