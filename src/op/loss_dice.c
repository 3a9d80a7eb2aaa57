/* loss_dice.c: the Dice loss of shares against a target, and its gradient, in org.atrous.
 *
 * Dice (shares p [n][c][…], target t of the same shape, weight w of the same shape or absent: 1): for every
 * channel, over all samples and positions, I = Σ w·p·t and S = Σ w·(p + t); the loss is the mean over the
 * channels of 1 - (2·I + smooth) / (S + smooth), a channel with a divisor of 0 giving 0. smooth is an
 * attribute, 1 unless given. A tensor of fewer than two dimensions is one channel. Output 1 is [c][2], I and
 * S of every channel, saved for the gradient: dp = dloss/c · w·((2·I + smooth) / (S + smooth) - 2·t) / (S +
 * smooth). Gradients go to the shares only. Source: Milletari, Navab and Ahmadi, "V-Net", 2016. */
#include "config.h"

#include "op/loss_dice.h"

#include <math.h>

#include "op/grad.h"
#include "tensor/shape.h"

/* Inputs at (shares), at + 1 (target), at + 2 (weight, may be absent). */
static atr_status infer_inputs(atr__infer *infer, size_t at) {
  atr__loss_dice_params *p = infer->params;
  const atr_shape *shape = &infer->in_shape[at];
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  p->smooth = atr__attrs_float(infer->attrs, "smooth", 1);
  p->n = shape->rank > 1 ? shape->dim[0] : 1;
  p->c = shape->rank > 1 ? shape->dim[1] : 1;
  p->inner = shape->rank > 1 ? atr__shape_span(shape, 2, shape->rank) : atr__shape_size(shape);
  for (size_t i = at; i < infer->n_in && i < at + 3; i++) {
    if (i == at + 2 && infer->in_type[i] == ATR_TYPE_NONE) continue;
    const atr_status status = atr__infer_need_f32(infer, i);
    if (status) return status;
    if (!atr__shape_equal(&infer->in_shape[i], shape))
      return atr__fail(infer->error, ATR_E_SHAPE, "%s: the shares have shape %s, their %s %s",
                       infer->op->name, atr__shape_text(shape, a), i == at + 1 ? "target" : "weight",
                       atr__shape_text(&infer->in_shape[i], b));
  }
  if (p->c < 1) return atr__fail(infer->error, ATR_E_SHAPE, "%s: there are no channels", infer->op->name);
  if (!(p->smooth >= 0) || !(p->smooth < INFINITY))
    return atr__fail(infer->error, ATR_E_PARAM, "%s: smooth is %g, must be at least 0", infer->op->name,
                     (double)p->smooth);
  return ATR_OK;
}

static atr_status infer_forward(atr__infer *infer) {
  const atr_status status = infer_inputs(infer, 0);
  const atr__loss_dice_params *p = infer->params;
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = i ? (atr_shape){ 2, { p->c, 2 } } : (atr_shape){ 0, { 0 } };
  }
  return status;
}

/* dloss, sums, shares, target, weight */
static atr_status infer_grad(atr__infer *infer) {
  atr_status status = infer_inputs(infer, 2);
  const atr__loss_dice_params *p = infer->params;
  for (size_t i = 0; !status && i < 2; i++) {
    const int64_t want = i ? 2 * p->c : 1;
    status = atr__infer_need_f32(infer, i);
    if (!status && atr__shape_size(&infer->in_shape[i]) != want)
      status = atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu must be %lld numbers", infer->op->name, i,
                         (long long)want);
  }
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = infer->in_shape[2];
  return status;
}

static atr_status gradient(atr__grad *g) {
  const int dy = atr__grad_dy(g, 0);
  if (!dy || !atr__grad_wanted(g, 0)) return atr__grad_status(g);
  const int in[] = { dy, atr__grad_out(g, 1), atr__grad_in(g, 0), atr__grad_in(g, 1), atr__grad_in(g, 2) };
  atr__grad_set(g, 0, atr__grad_node(g, "org.atrous", "DiceGrad", in, in[4] ? 5 : 4, atr__grad_attrs(g), 1));
  return atr__grad_status(g);
}

const atr__op atr__op_dice_grad = {
  .name = "DiceGrad",
  .domain = "org.atrous",
  .stem = "loss_dice",
  .since = 1,
  .min_in = 4,
  .max_in = 5,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__loss_dice_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(loss_dice_grad),
  ATR__CL(loss_dice_grad),
};

const atr__op atr__op_dice = {
  .name = "Dice",
  .domain = "org.atrous",
  .stem = "loss_dice",
  .since = 1,
  .min_in = 2,
  .max_in = 3,
  .min_out = 1,
  .max_out = 2,
  .params_size = sizeof(atr__loss_dice_params),
  .infer = infer_forward,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(loss_dice),
  ATR__CL(loss_dice),
};
