/* pair.c: two neighbouring steps become one launch where their operator has a kernel for both (atr__cl_pair),
 * what the first makes is read by the second alone, and nobody else may want it: then it needs no memory. The
 * first stays as a step that launches nothing, with its packed weights. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "plan/plan.h"

static unsigned reads_again(const atr__step *first, const atr__step *second) {
  unsigned same = 0;
  for (size_t i = 1; i < second->n_in && i < 32; i++) same |= (unsigned)(second->in[i] == first->in[0]) << i;
  return same;
}

static const atr__cl_pair *find(const atr_plan *plan, const atr__step *first, const atr__step *second,
                                atr__cl_tensor *tensors) {
  atr__cl_query a, b;
  atr__plan_query(plan, first, tensors, tensors + first->n_in, &a);
  tensors += first->n_in + first->n_out;
  atr__plan_query(plan, second, tensors, tensors + second->n_in, &b);
  for (const atr__cl_pair *pair = first->op->pairs; pair->first; pair++)
    if (!strcmp(pair->first, first->row->algorithm) && !strcmp(pair->second, second->row->algorithm) &&
        pair->applies(&a, &b, reads_again(first, second)))
      return pair;
  return NULL;
}

atr_status atr__plan_pair(atr_plan *plan, atr_error *error) {
  atr__cl_tensor *tensors = NULL;
  size_t room = 0;
  atr_status status = ATR_OK;
  for (size_t k = 0; k + 1 < plan->n_steps && !plan->keep_all; k++) {
    atr__step *first = &plan->steps[k], *second = first + 1;
    if (!first->row || !second->row || first->op != second->op || !first->op->pairs || first->pair ||
        first->once != second->once || first->n_out != 1 || second->in[0] < 0 ||
        second->in[0] != first->out[0] || atr__plan_only_reader(plan, first->out[0]) != (int)k + 1)
      continue;
    if (atr__grow(&tensors, &room, first->n_in + first->n_out + second->n_in + second->n_out,
                  sizeof *tensors)) {
      status = atr__nomem(error, sizeof *tensors);
      break;
    }
    second->pair = find(plan, first, second, tensors);
    if (!second->pair) continue;
    first->out[0] = -1;
    first->scratch = -1;
    second->in[0] = first->in[0];
    first->reason = "with the next node";
    second->reason = "with the node before";
  }
  atr__free(tensors);
  return status;
}
