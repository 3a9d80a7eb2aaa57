/* normalization_scale.c: BatchNormalization for prediction as one factor and one summand a channel: of scale,
 * bias, mean, var and, where the convolution in front has one, its bias (ours, domain org.atrous):
 * factor = scale / sqrt(var + epsilon), summand = bias + (convolution's bias - mean) · factor.
 * The planner puts it where a convolution does the rest at its end (plan/fuse.c); it has no gradient, because
 * training keeps the two apart. */
#include "config.h"

#include "op/normalization_scale.h"

#include "tensor/shape.h"

static atr_status infer_scale(atr__infer *infer) {
  atr__normalization_scale_params *p = infer->params;
  p->epsilon = atr__attrs_float(infer->attrs, "epsilon", 1e-5f);
  p->c = atr__shape_size(&infer->in_shape[0]);
  for (size_t i = 0; i < infer->n_in; i++) {
    if (infer->in_type[i] == ATR_TYPE_NONE) continue;
    atr_status status = atr__infer_need_f32(infer, i);
    if (!status && i < 4) status = atr__infer_need_rank(infer, i, 1, 1);
    if (status) return status;
    const int64_t channels = atr__shape_size(&infer->in_shape[i]); /* a bias may be [c][1][1], too */
    if (channels != p->c)
      return atr__fail(infer->error, ATR_E_SHAPE, "NormalizationScale: input %zu has %lld channels, not %lld",
                       i, (long long)channels, (long long)p->c);
  }
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = infer->in_shape[0];
  }
  return ATR_OK;
}

const atr__op atr__op_normalization_scale = {
  .name = "NormalizationScale",
  .domain = "org.atrous",
  .stem = "normalization_scale",
  .since = 1,
  .min_in = 4,
  .max_in = 5,
  .min_out = 2,
  .max_out = 2,
  .params_size = sizeof(atr__normalization_scale_params),
  .infer = infer_scale,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(normalization_scale),
  ATR__CL(normalization_scale),
};
