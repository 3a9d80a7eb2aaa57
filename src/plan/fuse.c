/* fuse.c: joins steps that one kernel can do: Conv and the Relu that alone reads its output. Nothing is fused
 * where every tensor is to be kept. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "op/conv.h"
#include "plan/plan.h"

static int is(const atr__step *step, const char *name) {
  return !*step->op->domain && !strcmp(step->op->name, name);
}

/* The one step that reads the slot, or -1 where there are none or several, or the user may read it. */
static int only_reader(const atr_plan *plan, int slot) {
  int reader = -1;
  for (size_t i = 0; i < plan->n_outputs; i++)
    if (plan->outputs[i].slot == slot) return -1;
  for (size_t k = 0; k < plan->n_steps; k++)
    for (size_t i = 0; i < plan->steps[k].n_in; i++)
      if (plan->steps[k].in[i] == slot) {
        if (reader >= 0) return -1;
        reader = (int)k;
      }
  return reader;
}

static void remove_step(atr_plan *plan, size_t index) {
  atr__step *step = &plan->steps[index];
  atr__free(step->node);
  atr__free(step->params);
  atr__free(step->in);
  atr__free(step->out);
  plan->n_steps--;
  memmove(step, step + 1, (plan->n_steps - index) * sizeof *step);
}

atr_status atr__plan_fuse(atr_plan *plan, atr_error *error) {
  (void)error;
  if (plan->keep_all) return ATR_OK;
  for (size_t k = 0; k < plan->n_steps; k++) {
    atr__step *conv = &plan->steps[k];
    if (!is(conv, "Conv") || plan->slots[conv->out[0]].home != ATR__HOME_ARENA) continue;
    const int reader = only_reader(plan, conv->out[0]);
    if (reader < 0 || !is(&plan->steps[reader], "Relu") ||
        plan->slots[plan->steps[reader].out[0]].home != ATR__HOME_ARENA)
      continue;
    ((atr__conv_params *)conv->params)->activation = ATR__ACT_RELU;
    conv->out[0] = plan->steps[reader].out[0];
    remove_step(plan, (size_t)reader);
  }
  return ATR_OK;
}
