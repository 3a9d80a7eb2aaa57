/* optimizer.c: one step of gradient descent for one tensor, in org.atrous.
 *
 * SgdStep, AdamStep, AdamWStep, RmspropStep, AdagradStep (parameter, gradient, scalars, gate, states …) give
 * the new parameter and states, which in training have the old ones' storage. scalars and gate: see
 * optimizer.h. A closed gate leaves everything as it was. With g = clamp(gradient·factor, ±clip value): SGD
 * d = g + decay·p; v = momentum·v + d; d = nesterov ? d + momentum·v : v; p -= lr·d (no v: p -= lr·d) Adam g
 * += decay·p; m = β1·m + (1-β1)·g; v = β2·v + (1-β2)·g²; p -= size·m / (sqrt(v)·root2 + ε) AdamW    the same
 * with p multiplied by 1 - lr·decay first, and no decay in g RMSprop  g += decay·p; s = α·s + (1-α)·g²; d = g
 * / (sqrt(s) + ε); with momentum u = momentum·u + d and d = u; p -= lr·d. centered: m = α·m + (1-α)·g, and
 * the root is of max(s - m², 0). States s, then u, then m, each if there is one. Adagrad  g += decay·p; s +=
 * g²; p -= size·g / (sqrt(s) + ε) Commit (old, new, gate) is new where the gate is open, else old: for
 * running statistics. Source: Kingma and Ba, "Adam", 2015; Loshchilov and Hutter, "Decoupled weight decay",
 * 2019; Hinton, lecture 6e, 2012; Duchi, Hazan and Singer, "Adaptive subgradient methods", 2011; PyTorch's
 * formulas, also for SGD's momentum. */
#include "config.h"

#include "op/optimizer.h"

#include "tensor/shape.h"

static atr_status infer(atr__infer *infer, atr__step_kind kind, size_t first_state) {
  atr__optimizer_params *p = infer->params;
  const size_t gate = first_state - 1;
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  p->kind = kind;
  p->nesterov = atr__attrs_int(infer->attrs, "nesterov", 0) != 0;
  p->centered = kind == ATR__STEP_RMSPROP && atr__attrs_int(infer->attrs, "centered", 0) != 0;
  p->states = (int)(infer->n_in - first_state);
  p->count = atr__shape_size(&infer->in_shape[0]);
  for (size_t i = 0; i < infer->n_in; i++) {
    const atr_status status = atr__infer_need_f32(infer, i);
    if (status) return status;
    const int64_t exact = i == gate ? ATR__GATE_SIZE : i == 2 && gate == 3 ? ATR__STEP_SCALARS : 0;
    if (exact ? atr__shape_size(&infer->in_shape[i]) != exact
              : !atr__shape_equal(&infer->in_shape[i], &infer->in_shape[0]))
      return atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu has shape %s, the parameter %s",
                       infer->op->name, i, atr__shape_text(&infer->in_shape[i], a),
                       atr__shape_text(&infer->in_shape[0], b));
  }
  if (p->centered && p->states < 2)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: there is no state for the mean of the gradients",
                     infer->op->name);
  if (kind == ATR__STEP_RMSPROP && !p->centered && p->states > 2)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: %d states, at most 2 go without centered",
                     infer->op->name, p->states);
  if (infer->n_out != 1 + (size_t)p->states)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: %zu outputs for %d states", infer->op->name,
                     infer->n_out, p->states);
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = infer->in_shape[0];
  }
  return ATR_OK;
}
static atr_status infer_sgd_step(atr__infer *i) {
  return infer(i, ATR__STEP_SGD, 4);
}
static atr_status infer_adam_step(atr__infer *i) {
  return infer(i, ATR__STEP_ADAM, 4);
}
static atr_status infer_adamw_step(atr__infer *i) {
  return infer(i, ATR__STEP_ADAMW, 4);
}
static atr_status infer_rmsprop_step(atr__infer *i) {
  return infer(i, ATR__STEP_RMSPROP, 4);
}
static atr_status infer_adagrad_step(atr__infer *i) {
  return infer(i, ATR__STEP_ADAGRAD, 4);
}
static atr_status infer_commit(atr__infer *i) {
  return infer(i, ATR__STEP_COMMIT, 3);
}

#define STEP(symbol, op, least, most, outputs)                                                               \
  const atr__op atr__op_##symbol = {                                                                         \
    .name = op,                                                                                              \
    .domain = "org.atrous",                                                                                  \
    .stem = "optimizer",                                                                                     \
    .since = 1,                                                                                              \
    .min_in = least,                                                                                         \
    .max_in = most,                                                                                          \
    .min_out = outputs,                                                                                      \
    .max_out = most - least + outputs,                                                                       \
    .params_size = sizeof(atr__optimizer_params),                                                            \
    .infer = infer_##symbol,                                                                                 \
    .differentiable = ATR__DIFF_NO,                                                                          \
    ATR__HOST(optimizer),                                                                                    \
    ATR__CL(optimizer),                                                                                      \
  }

STEP(sgd_step, "SgdStep", 4, 5, 1);
STEP(adam_step, "AdamStep", 6, 6, 3);
STEP(adamw_step, "AdamWStep", 6, 6, 3);
STEP(rmsprop_step, "RmspropStep", 5, 7, 2);
STEP(adagrad_step, "AdagradStep", 5, 5, 2);
STEP(commit, "Commit", 3, 3, 1);
