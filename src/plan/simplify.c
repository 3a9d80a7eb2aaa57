/* simplify.c: steps that a prediction can do without: Identity, Dropout outside training, Pad that pads
 * nothing, and Pad in front of what pads by itself: a convolution, a pooling; and convolutions of columns
 * become ones of rows. Nothing is left out where every tensor is to be kept. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "op/average_pool.h"
#include "op/conv.h"
#include "op/dropout.h"
#include "op/max_pool.h"
#include "op/pad.h"
#include "op/unary.h"
#include "plan/plan.h"
#include "tensor/shape.h"

static int is_output(const atr_plan *plan, int slot) {
  for (size_t i = 0; i < plan->n_outputs; i++)
    if (plan->outputs[i].slot == slot) return 1;
  return 0;
}

static int is_read(const atr_plan *plan, int slot) {
  for (size_t k = 0; k < plan->n_steps; k++)
    for (size_t i = 0; i < plan->steps[k].n_in; i++)
      if (plan->steps[k].in[i] == slot) return 1;
  return is_output(plan, slot);
}

static void read_instead(atr_plan *plan, int slot, int other) {
  for (size_t k = 0; k < plan->n_steps; k++)
    for (size_t i = 0; i < plan->steps[k].n_in; i++)
      if (plan->steps[k].in[i] == slot) plan->steps[k].in[i] = other;
}

/* Whether the step's output 0 is its input 0, and nothing else is wanted of it. */
static int passes_on(const atr_plan *plan, const atr__step *step) {
  for (size_t i = 1; i < step->n_out; i++)
    if (step->out[i] >= 0 && is_read(plan, step->out[i])) return 0;
  if (atr__step_is(step, "Identity")) return 1;
  if (atr__step_is(step, "Dropout")) return !((const atr__dropout_params *)step->params)->training;
  if (!atr__step_is(step, "Pad")) return 0;
  const atr__pad_params *p = step->params;
  int64_t sum = 0;
  for (int d = 0; d < ATR_RANK_MAX; d++) sum |= p->before[d];
  return !sum && atr__shape_equal(&plan->slots[step->in[0]].shape, &plan->slots[step->out[0]].shape);
}

/* Its readers read what it reads, or its writer writes what it writes. Returns whether the step went. */
static int leave_out(atr_plan *plan, size_t index) {
  const atr__step *step = &plan->steps[index];
  if (step->in[0] < 0 || step->out[0] < 0 || !passes_on(plan, step)) return 0;
  const int in = step->in[0], out = step->out[0];
  if (plan->slots[out].home != ATR__HOME_ARENA) return 0;
  if (!is_output(plan, out)) {
    /* A weight may have another value by the time the reader runs. */
    if (plan->slots[in].home == ATR__HOME_PARAM && plan->n_written) return 0;
    read_instead(plan, out, in);
  } else {
    const int from = atr__plan_writer(plan, in);
    if (from < 0 || is_output(plan, in) || plan->slots[in].home != ATR__HOME_ARENA) return 0;
    for (size_t i = 0; i < plan->steps[from].n_out; i++)
      if (plan->steps[from].out[i] == in) plan->steps[from].out[i] = out;
    read_instead(plan, in, out);
  }
  atr__plan_remove_step(plan, index);
  return 1;
}

/* What a Pad adds on both sides of the last three dimensions, where it does nothing else. */
static int spatial(const atr_plan *plan, const atr__step *pad, int64_t before[3], int64_t after[3]) {
  const atr_shape *in = &plan->slots[pad->in[0]].shape, *out = &plan->slots[pad->out[0]].shape;
  const atr__pad_params *p = pad->params;
  if (p->mode != ATR__PAD_MODE_CONSTANT || plan->slots[pad->in[0]].type != ATR_F32 || in->rank < 3 ||
      in->rank > 5)
    return 0;
  for (int k = 0; k < 3; k++) before[k] = after[k] = 0;
  for (int d = 0; d < in->rank; d++) {
    const int64_t more = out->dim[d] - in->dim[d] - p->before[d];
    if (d < 2 ? p->before[d] || more : p->before[d] < 0 || more < 0) return 0;
    if (d < 2) continue;
    before[d - in->rank + 3] = p->before[d];
    after[d - in->rank + 3] = more;
  }
  return 1;
}

/* Taken in by a convolution: its own padding is zeros as well. */
static int into_conv(const atr__step *pad, const int64_t before[3], const int64_t after[3], atr__step *step,
                     int change) {
  atr__conv_params *p = step->params;
  const atr__pad_params *constant = pad->params;
  if (constant->bits) return 0;
  for (int k = 0; k < 3; k++) {
    const int64_t reach = (p->filter[k] - 1) * p->dilation[k] + 1;
    if ((before[k] || after[k]) && (before[k] + p->pad[k] >= reach || p->in[k] <= before[k] + after[k]))
      return 0;
  }
  for (int k = 0; change && k < 3; k++) {
    p->pad[k] += before[k];
    p->in[k] -= before[k] + after[k];
  }
  return 1;
}

/* A window with more padding, if it still meets an element wherever it stands. */
static int widen(atr__pool_window *w, const int64_t before[3], const int64_t after[3]) {
  for (int k = 0; k < 3; k++) {
    const int64_t reach = (w->filter[k] - 1) * w->dilation[k] + 1;
    w->in[k] -= before[k] + after[k];
    w->pad[k] += before[k];
    w->pad_end[k] += after[k];
    if (w->in[k] < 1 || w->pad[k] >= reach || w->pad_end[k] >= reach) return 0;
    for (int64_t o = 0; o < w->out[k]; o++) {
      int64_t first, end;
      atr__pool_window_taps(w, k, o, &first, &end);
      if (first >= end) return 0;
    }
  }
  return 1;
}

static int not_negative(const atr_plan *plan, int slot) {
  const int from = atr__plan_writer(plan, slot);
  if (from < 0) return 0;
  const atr__step *step = &plan->steps[from];
  return atr__step_is(step, "Relu") || atr__step_is(step, "Sigmoid") || atr__step_is(step, "HardSigmoid") ||
         atr__step_is(step, "Softmax") ||
         (atr__step_is(step, "Clip") && ((const atr__unary_params *)step->params)->a >= 0);
}

/* By the greatest of a window: minus infinity never is, nor is zero where nothing is negative. */
static int into_max_pool(const atr_plan *plan, const atr__step *pad, const int64_t before[3],
                         const int64_t after[3], atr__step *step, int change) {
  const atr__pad_params *constant = pad->params;
  atr__max_pool_params p = *(const atr__max_pool_params *)step->params;
  if (step->n_out > 1 && step->out[1] >= 0 && is_read(plan, step->out[1])) return 0;
  if (!(isinf(constant->real) && constant->real < 0) && (constant->bits || !not_negative(plan, pad->in[0])))
    return 0;
  if (!widen(&p.window, before, after)) return 0;
  if (change) *(atr__max_pool_params *)step->params = p;
  return 1;
}

/* By a mean that counts padding, or has had none of its own. */
static int into_average_pool(const atr__step *pad, const int64_t before[3], const int64_t after[3],
                             atr__step *step, int change) {
  atr__average_pool_params p = *(const atr__average_pool_params *)step->params;
  int64_t own = 0;
  for (int k = 0; k < 3; k++) own |= p.window.pad[k] | p.window.pad_end[k];
  if (((const atr__pad_params *)pad->params)->bits || (own && !p.include_pad)) return 0;
  p.include_pad = 1;
  if (!widen(&p.window, before, after)) return 0;
  if (change) *(atr__average_pool_params *)step->params = p;
  return 1;
}

static int take_in(const atr_plan *plan, const atr__step *pad, const int64_t before[3],
                   const int64_t after[3], atr__step *step, int change) {
  if (step->in[0] != pad->out[0]) return 0;
  for (size_t i = 1; i < step->n_in; i++)
    if (step->in[i] == pad->out[0]) return 0;
  if (atr__step_is(step, "MaxPool")) return into_max_pool(plan, pad, before, after, step, change);
  if (atr__step_is(step, "AveragePool")) return into_average_pool(pad, before, after, step, change);
  return atr__step_is(step, "Conv") && into_conv(pad, before, after, step, change);
}

/* All readers take the padding in, or none. */
static int join_pad(atr_plan *plan, size_t index) {
  const atr__step pad = plan->steps[index];
  int64_t before[3], after[3];
  if (!atr__step_is(&pad, "Pad") || pad.out[0] < 0 || plan->slots[pad.out[0]].home != ATR__HOME_ARENA ||
      is_output(plan, pad.out[0]) || !spatial(plan, &pad, before, after) ||
      (plan->slots[pad.in[0]].home == ATR__HOME_PARAM && plan->n_written))
    return 0;
  for (int change = 0; change < 2; change++)
    for (size_t k = 0; k < plan->n_steps; k++)
      for (size_t i = 0; i < plan->steps[k].n_in; i++)
        if (plan->steps[k].in[i] == pad.out[0]) {
          if (!take_in(plan, &pad, before, after, &plan->steps[k], change)) return 0;
          break;
        }
  read_instead(plan, pad.out[0], pad.in[0]);
  atr__plan_remove_step(plan, index);
  return 1;
}

/* A plane of one column lies in memory as one of one row does, filters likewise: and tiles are cut out of
 * rows. */
static void lay_column(atr__step *step) {
  if (!atr__step_is(step, "Conv") && step->op != atr__op_find("org.atrous", "ConvGradInput") &&
      step->op != atr__op_find("org.atrous", "ConvGradFilter"))
    return;
  atr__conv_params *p = step->params;
  for (int turn = 0; turn < 2; turn++) {
    if (p->in[2] != 1 || p->out[2] != 1 || p->filter[2] != 1 || p->pad[2] || p->in[0] * p->in[1] == 1) return;
    int64_t *const list[] = { p->in, p->out, p->filter, p->stride, p->dilation, p->pad };
    for (int i = 0; i < 6; i++) {
      list[i][2] = list[i][1];
      list[i][1] = list[i][0];
      list[i][0] = i < 5;
    }
    p->spatial--;
  }
}

void atr__plan_simplify(atr_plan *plan) {
  if (plan->keep_all) return;
  for (size_t k = 0; k < plan->n_steps; k++) k -= (size_t)leave_out(plan, k);
  for (size_t k = 0; k < plan->n_steps; k++) k -= (size_t)join_pad(plan, k);
  for (size_t k = 0; k < plan->n_steps; k++) lay_column(&plan->steps[k]);
}
