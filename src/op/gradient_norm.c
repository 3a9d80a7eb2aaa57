/* gradient_norm.c: how large the gradients are, and what follows from it, in org.atrous.
 *
 * GradientNorm (n tensors) -> [n][2]: for each the sum of the squares of its elements, and the number of
 * elements that are not finite; elements are added in parts of fixed order.
 * ClipFactor (loss, scalars, norms) -> gate [4] (see optimizer.h): norm = sqrt(Σ sums of squares); open is 1
 * where the loss and the norm are finite; factor = min(1, limit / (norm + 1e-6)) where a limit is set,
 * else 1. Source: Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks", 2013;
 * the 1e-6 is PyTorch's clip_grad_norm_. */
#include "config.h"

#include "op/gradient_norm.h"

#include "op/optimizer.h"
#include "tensor/shape.h"

static atr_status infer_norm(atr__infer *infer) {
  atr__gradient_norm_params *p = infer->params;
  for (size_t i = 0; i < infer->n_in; i++) {
    const atr_status status = atr__infer_need_f32(infer, i);
    if (status) return status;
    const int64_t count = atr__shape_size(&infer->in_shape[i]);
    if (count > p->most) p->most = count;
  }
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = (atr_shape){ 2, { (int64_t)infer->n_in, 2 } };
  return ATR_OK;
}

static atr_status infer_clip(atr__infer *infer) {
  atr__clip_factor_params *p = infer->params;
  for (size_t i = 0; i < 3; i++) {
    const atr_status status = atr__infer_need_f32(infer, i);
    if (status) return status;
  }
  p->n = atr__shape_size(&infer->in_shape[2]) / 2;
  if (atr__shape_size(&infer->in_shape[0]) != 1 || atr__shape_size(&infer->in_shape[1]) != ATR__STEP_SCALARS)
    return atr__fail(infer->error, ATR_E_SHAPE, "ClipFactor: the loss must be one number, the scalars %d",
                     ATR__STEP_SCALARS);
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = (atr_shape){ 1, { ATR__GATE_SIZE } };
  return ATR_OK;
}

static int64_t flops_norm(const void *params, const atr_shape *in, const atr_shape *out) {
  (void)in;
  return 2 * ((const atr__gradient_norm_params *)params)->most * out->dim[0];
}

const atr__op atr__op_gradient_norm = {
  .name = "GradientNorm",
  .domain = "org.atrous",
  .stem = "gradient_norm",
  .since = 1,
  .min_in = 1,
  .max_in = -1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__gradient_norm_params),
  .infer = infer_norm,
  .differentiable = ATR__DIFF_NO,
  .flops = flops_norm,
  ATR__HOST(gradient_norm),
  ATR__CL(gradient_norm),
};

const atr__op atr__op_clip_factor = {
  .name = "ClipFactor",
  .domain = "org.atrous",
  .stem = "gradient_norm",
  .since = 1,
  .min_in = 3,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__clip_factor_params),
  .infer = infer_clip,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(clip_factor),
  ATR__CL(clip_factor),
};
