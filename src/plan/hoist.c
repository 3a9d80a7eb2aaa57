/* hoist.c: steps that depend on weights and constants alone come first and run once for new weights, not at
 * every run: a normalization's factors, a transposed weight. Their results live as long as the run. Not where
 * the plan changes weights. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "plan/plan.h"

/* A caller may put a tensor of its own in an output's place. */
static int is_output(const atr_plan *plan, int slot) {
  for (size_t i = 0; i < plan->n_outputs; i++)
    if (plan->outputs[i].slot == slot) return 1;
  return 0;
}

static int may_hoist(const atr_plan *plan, const atr__step *step, const unsigned char *hoisted) {
  int weights = 0;
  for (size_t i = 0; i < step->n_in; i++) {
    if (step->in[i] < 0) continue;
    const atr__slot *slot = &plan->slots[step->in[i]];
    if (slot->home == ATR__HOME_PARAM || hoisted[step->in[i]])
      weights = 1;
    else if (!slot->known)
      return 0;
  }
  for (size_t i = 0; i < step->n_out; i++)
    if (step->out[i] >= 0 &&
        (plan->slots[step->out[i]].home != ATR__HOME_ARENA || is_output(plan, step->out[i])))
      return 0;
  return weights;
}

atr_status atr__plan_hoist(atr_plan *plan, atr_error *error) {
  if (plan->n_written || !plan->n_steps) return ATR_OK;
  unsigned char *hoisted = atr__calloc(plan->n_slots, 1);
  atr__step *later = atr__calloc(plan->n_steps, sizeof *later);
  atr_status status = ATR_OK;
  if (!hoisted || !later) {
    status = atr__nomem(error, plan->n_steps * sizeof *later);
    goto fail;
  }
  size_t n_once = 0, n_later = 0;
  for (size_t k = 0; k < plan->n_steps; k++) {
    atr__step *step = &plan->steps[k];
    if (!may_hoist(plan, step, hoisted)) {
      later[n_later++] = *step;
      continue;
    }
    for (size_t i = 0; i < step->n_out; i++)
      if (step->out[i] >= 0) hoisted[step->out[i]] = 1;
    step->once = 1;
    plan->steps[n_once++] = *step;
  }
  memcpy(plan->steps + n_once, later, n_later * sizeof *later);
fail:
  atr__free(hoisted);
  atr__free(later);
  return status;
}
