/* fuse.c: joins steps that one kernel can do: Conv or ConvTranspose and the addition of a weight a channel,
 * the BatchNormalization, the addition of a tensor and the Clip behind it; one of these or BatchNormalization
 * and the Relu that alone reads its output; and the gradients of the latter pair. Nothing is fused where
 * every tensor is to be kept. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "op/batch_normalization.h"
#include "op/unary.h"
#include "plan/plan.h"
#include "tensor/shape.h"

int atr__step_is(const atr__step *step, const char *name) {
  return !*step->op->domain && !strcmp(step->op->name, name);
}

int atr__plan_only_reader(const atr_plan *plan, int slot) {
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

void atr__plan_remove_step(atr_plan *plan, size_t index) {
  atr__step *step = &plan->steps[index];
  atr__free(step->node);
  atr__free(step->what);
  atr__free(step->params);
  atr__free(step->in);
  atr__free(step->out);
  plan->n_steps--;
  memmove(step, step + 1, (plan->n_steps - index) * sizeof *step);
}

int atr__plan_writer(const atr_plan *plan, int slot) {
  for (size_t k = 0; k < plan->n_steps; k++)
    for (size_t i = 0; i < plan->steps[k].n_out; i++)
      if (plan->steps[k].out[i] == slot) return (int)k;
  return -1;
}

/* Either takes what is joined in the same inputs and parameters. */
static int is_conv(const atr__step *step) {
  return atr__step_is(step, "Conv") || atr__step_is(step, "ConvTranspose");
}

/* A convolution, nothing joined to it but perhaps (normalized) a normalization. */
static int is_bare_conv(const atr_plan *plan, int index, int normalized) {
  if (index < 0 || !is_conv(&plan->steps[index])) return 0;
  const atr__step *step = &plan->steps[index];
  return ((const atr__conv_params *)step->params)->activation == ATR__ACT_NONE &&
         (step->n_in <= ATR__CONV_RESIDUAL ||
          (step->in[ATR__CONV_RESIDUAL] < 0 && (normalized || step->in[ATR__CONV_FACTOR] < 0)));
}

/* Room for the inputs that only the planner gives. */
static atr_status widen(atr__step *conv, atr_error *error) {
  const size_t n = ATR__CONV_FACTOR + 1;
  int *in = conv->n_in < n ? atr__realloc_array(conv->in, n, sizeof *in) : conv->in;
  if (!in) return atr__nomem(error, n * sizeof *in);
  conv->in = in;
  while (conv->n_in < n) conv->in[conv->n_in++] = -1;
  return ATR_OK;
}

/* Whether a tensor has one element for each channel of `of`, and is broadcast along all else. */
static int is_of_channels(const atr_shape *shape, const atr_shape *of) {
  const int spatial = of->rank - 2, at = shape->rank - 1 - spatial;
  if (at < 0 || at > 1 || shape->dim[at] != of->dim[1]) return 0;
  return atr__shape_size(shape) == of->dim[1];
}

/* The sum of a weight a channel and the output of a Conv without bias that it alone reads: it is the bias, as
 * some exporters write it. Sets *removed. */
static atr_status join_bias(atr_plan *plan, size_t index, int *removed, atr_error *error) {
  const atr__step *add = &plan->steps[index];
  *removed = 0;
  if (!atr__step_is(add, "Add") || add->n_in != 2 || plan->n_written || plan->math == ATR_MATH_EXACT)
    return ATR_OK;
  for (int i = 0; i < 2; i++) {
    const int from = atr__plan_writer(plan, add->in[i]), other = add->in[1 - i];
    const atr__slot *weight = &plan->slots[other];
    if (!is_bare_conv(plan, from, 0) || (plan->steps[from].n_in > 2 && plan->steps[from].in[2] >= 0) ||
        atr__plan_only_reader(plan, add->in[i]) != (int)index || weight->home != ATR__HOME_PARAM ||
        !is_of_channels(&weight->shape, &plan->slots[add->out[0]].shape))
      continue;
    const atr_status status = widen(&plan->steps[from], error);
    if (status) return status;
    plan->steps[from].in[2] = other;
    plan->steps[from].out[0] = add->out[0];
    atr__plan_remove_step(plan, index);
    *removed = 1;
    return ATR_OK;
  }
  return ATR_OK;
}

/* BatchNormalization for prediction and the Conv whose output it alone reads: the convolution gets a factor
 * and a summand a channel, which a step of their own makes from the weights. Sets *removed. */
static atr_status join_normalization(atr_plan *plan, size_t index, int *removed, atr_error *error) {
  const atr__step *norm = &plan->steps[index];
  *removed = 0;
  if (!atr__step_is(norm, "BatchNormalization") || plan->n_written || plan->math == ATR_MATH_EXACT)
    return ATR_OK;
  const atr__batch_normalization_params *p = norm->params;
  const int from = atr__plan_writer(plan, norm->in[0]);
  if (p->training || p->activation != ATR__ACT_NONE || !is_bare_conv(plan, from, 0) ||
      atr__plan_only_reader(plan, norm->in[0]) != (int)index)
    return ATR_OK;
  for (size_t i = 1; i < norm->n_out; i++)
    if (norm->out[i] >= 0 && plan->slots[norm->out[i]].home != ATR__HOME_NONE) return ATR_OK;
  const atr__step *conv = &plan->steps[from];
  const int in[] = { norm->in[1], norm->in[2], norm->in[3], norm->in[4], conv->n_in > 2 ? conv->in[2] : -1 };
  int out[2];
  atr__attrs attrs = { 0 };
  if (atr__attrs_set_float(&attrs, "epsilon", p->epsilon)) return atr__nomem(error, sizeof attrs);
  atr_status status = atr__plan_add_step(plan, (size_t)from, atr__op_find("org.atrous", "NormalizationScale"),
                                         norm->node, &attrs, in, 5, out, 2, error);
  atr__attrs_free(&attrs);
  if (!status) status = widen(&plan->steps[from + 1], error);
  if (status) return status;
  atr__step *joined = &plan->steps[from + 1];
  joined->in[2] = out[1];
  joined->in[ATR__CONV_FACTOR] = out[0];
  joined->out[0] = plan->steps[index + 1].out[0];
  atr__plan_remove_step(plan, index + 1);
  *removed = 1;
  return ATR_OK;
}

/* The sum of two tensors of one shape, one of which is the output of a Conv and read by nothing else: the
 * convolution adds the other one, in the sum's place. Sets *removed. */
static atr_status join_residual(atr_plan *plan, size_t index, int *removed, atr_error *error) {
  const atr__step *add = &plan->steps[index];
  *removed = 0;
  if (!atr__step_is(add, "Add") || add->n_in != 2 || add->in[0] == add->in[1] || plan->n_written)
    return ATR_OK;
  int conv = -1, other = -1;
  for (int i = 0; i < 2; i++) {
    const int from = atr__plan_writer(plan, add->in[i]);
    if (!atr__shape_equal(&plan->slots[add->in[i]].shape, &plan->slots[add->out[0]].shape)) return ATR_OK;
    if (is_bare_conv(plan, from, 1) && atr__plan_only_reader(plan, add->in[i]) == (int)index && from > conv) {
      conv = from;
      other = add->in[1 - i];
    }
  }
  if (conv < 0) return ATR_OK;
  const atr_status status = widen(&plan->steps[conv], error);
  if (status) return status;
  atr__step step = plan->steps[conv];
  step.in[ATR__CONV_RESIDUAL] = other;
  step.out[0] = plan->steps[index].out[0];
  atr__plan_remove_step(plan, index);
  memmove(&plan->steps[conv], &plan->steps[conv + 1], (index - 1 - (size_t)conv) * sizeof step);
  plan->steps[index - 1] = step;
  *removed = 1;
  return ATR_OK;
}

/* Conv, ConvTranspose or BatchNormalization, and the Relu behind it, or one of the first two and Clip. */
static void join_activation(atr_plan *plan, size_t index) {
  atr__step *step = &plan->steps[index];
  const int conv = is_conv(step);
  if ((!conv && !atr__step_is(step, "BatchNormalization")) ||
      plan->slots[step->out[0]].home != ATR__HOME_ARENA)
    return;
  const int reader = atr__plan_only_reader(plan, step->out[0]);
  if (reader < 0) return;
  const int clip = conv && atr__step_is(&plan->steps[reader], "Clip");
  if ((!clip && !atr__step_is(&plan->steps[reader], "Relu")) ||
      plan->slots[plan->steps[reader].out[0]].home != ATR__HOME_ARENA)
    return;
  if (clip) {
    const atr__unary_params *bounds = plan->steps[reader].params;
    atr__conv_params *p = step->params;
    p->activation = ATR__ACT_CLIP;
    p->low = (float)bounds->a;
    p->high = (float)bounds->b;
  } else if (conv)
    ((atr__conv_params *)step->params)->activation = ATR__ACT_RELU;
  else
    ((atr__batch_normalization_params *)step->params)->activation = ATR__ACT_RELU;
  step->out[0] = plan->steps[reader].out[0];
  atr__plan_remove_step(plan, (size_t)reader);
}

/* BatchNormalizationGrad and the gradient of the Relu before it, where that Relu was joined: sets *removed.
 */
static atr_status join_relu_grad(atr_plan *plan, size_t index, int *removed, atr_error *error) {
  atr__step *grad = &plan->steps[index];
  *removed = 0;
  if (grad->op != atr__op_find("org.atrous", "BatchNormalizationGrad") || grad->n_in != 5) return ATR_OK;
  const int before = atr__plan_writer(plan, grad->in[0]);
  if (before < 0 || plan->steps[before].op != atr__op_find("org.atrous", "UnaryGrad") ||
      ((const atr__unary_params *)plan->steps[before].params)->kind != ATR__UNARY_RELU ||
      atr__plan_only_reader(plan, grad->in[0]) != (int)index)
    return ATR_OK;
  const int from = atr__plan_writer(plan, plan->steps[before].in[1]);
  if (from < 0 || !atr__step_is(&plan->steps[from], "BatchNormalization")) return ATR_OK;
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
  atr__plan_remove_step(plan, (size_t)before);
  *removed = 1;
  return ATR_OK;
}

atr_status atr__plan_fuse(atr_plan *plan, atr_error *error) {
  if (plan->keep_all) return ATR_OK;
  /* In this order: that in which they follow a convolution. */
  atr_status (*const join[])(atr_plan *, size_t, int *, atr_error *) = { join_bias, join_normalization,
                                                                         join_residual };
  for (size_t i = 0; i < sizeof join / sizeof *join; i++)
    for (size_t k = 0; k < plan->n_steps; k++) {
      int removed;
      const atr_status status = join[i](plan, k, &removed, error);
      if (status) return status;
      k -= (size_t)removed;
    }
  for (size_t k = 0; k < plan->n_steps; k++) join_activation(plan, k);
  for (size_t k = 0; k < plan->n_steps; k++) {
    int removed;
    const atr_status status = join_relu_grad(plan, k, &removed, error);
    if (status) return status;
    k -= (size_t)removed;
  }
  return ATR_OK;
}
