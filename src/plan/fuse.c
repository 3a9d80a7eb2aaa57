/* fuse.c: joins steps that one kernel can do: Conv, ConvTranspose or BatchNormalization and the Relu that
 * alone reads its output, and the gradients of the latter pair. Nothing is fused where every tensor is to be
 * kept. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "op/batch_normalization.h"
#include "op/unary.h"
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

/* Conv, ConvTranspose or BatchNormalization, and the Relu behind it. */
static void join_relu(atr_plan *plan, size_t index) {
  atr__step *step = &plan->steps[index];
  const int conv = is(step, "Conv") || is(step, "ConvTranspose");
  if ((!conv && !is(step, "BatchNormalization")) || plan->slots[step->out[0]].home != ATR__HOME_ARENA) return;
  const int reader = only_reader(plan, step->out[0]);
  if (reader < 0 || !is(&plan->steps[reader], "Relu") ||
      plan->slots[plan->steps[reader].out[0]].home != ATR__HOME_ARENA)
    return;
  if (conv)
    ((atr__conv_params *)step->params)->activation = ATR__ACT_RELU;
  else
    ((atr__batch_normalization_params *)step->params)->activation = ATR__ACT_RELU;
  step->out[0] = plan->steps[reader].out[0];
  remove_step(plan, (size_t)reader);
}

static int writer(const atr_plan *plan, int slot) {
  for (size_t k = 0; k < plan->n_steps; k++)
    for (size_t i = 0; i < plan->steps[k].n_out; i++)
      if (plan->steps[k].out[i] == slot) return (int)k;
  return -1;
}

/* BatchNormalizationGrad and the gradient of the Relu before it, where that Relu was joined: sets *removed.
 */
static atr_status join_relu_grad(atr_plan *plan, size_t index, int *removed, atr_error *error) {
  atr__step *grad = &plan->steps[index];
  *removed = 0;
  if (grad->op != atr__op_find("org.atrous", "BatchNormalizationGrad") || grad->n_in != 5) return ATR_OK;
  const int before = writer(plan, grad->in[0]);
  if (before < 0 || plan->steps[before].op != atr__op_find("org.atrous", "UnaryGrad") ||
      ((const atr__unary_params *)plan->steps[before].params)->kind != ATR__UNARY_RELU ||
      only_reader(plan, grad->in[0]) != (int)index)
    return ATR_OK;
  const int from = writer(plan, plan->steps[before].in[1]);
  if (from < 0 || !is(&plan->steps[from], "BatchNormalization")) return ATR_OK;
  const atr__step *norm = &plan->steps[from];
  const atr__batch_normalization_params *p = norm->params;
  if (p->activation != ATR__ACT_RELU || norm->out[0] != plan->steps[before].in[1] || norm->n_out != 5 ||
      grad->in[1] != norm->in[0] || grad->in[2] != norm->in[1] || grad->in[3] != norm->out[3] ||
      grad->in[4] != norm->out[4])
    return ATR_OK;
  int *in = atr__realloc_array(grad->in, 6, sizeof *in);
  if (!in) return atr__nomem(error, 6 * sizeof *in);
  grad->in = in;
  grad->n_in = 6;
  in[0] = plan->steps[before].in[0];
  in[5] = norm->in[2];
  ((atr__batch_normalization_params *)grad->params)->activation = ATR__ACT_RELU;
  remove_step(plan, (size_t)before);
  *removed = 1;
  return ATR_OK;
}

atr_status atr__plan_fuse(atr_plan *plan, atr_error *error) {
  if (plan->keep_all) return ATR_OK;
  for (size_t k = 0; k < plan->n_steps; k++) join_relu(plan, k);
  for (size_t k = 0; k < plan->n_steps; k++) {
    int removed;
    const atr_status status = join_relu_grad(plan, k, &removed, error);
    if (status) return status;
    k -= (size_t)removed;
  }
  return ATR_OK;
}
