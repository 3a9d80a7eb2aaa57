/* dropout.c: Dropout and its gradient.
 *
 * Where training_mode (input 2) is true, each element is 0 with probability ratio and x / (1 - ratio)
 * otherwise; else y = x. Output 1 is the mask of what was kept. Random numbers are counter-based
 * (base/random.h): element i takes word i mod 4 of block i / 4 of the stream `step` under the key `seed`, so
 * the same seed and step give the same mask on every device. The step is an optional input 3 of ours, int32
 * [2], its low and high word. ratio and training_mode must be known when the plan is made. DropoutGrad (dy,
 * mask) with the attribute ratio. Source: ONNX Dropout-13; Srivastava and others, "Dropout", 2014. */
#include "config.h"

#include "op/dropout.h"

#include <math.h>

#include "op/grad.h"
#include "tensor/shape.h"

/* A scalar input known at plan time; `otherwise` where it is absent. */
static atr_status scalar(const atr__infer *infer, size_t input, const char *what, double otherwise,
                         double *value) {
  *value = otherwise;
  if (input >= infer->n_in || infer->in_type[input] == ATR_TYPE_NONE) return ATR_OK;
  const atr__blob *blob = atr__infer_known(infer, input, what);
  if (!blob) return ATR_E_UNSUPPORTED;
  if (blob->count != 1)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: %s has %lld elements, must have 1", infer->op->name,
                     what, (long long)blob->count);
  *value = atr__blob_real(blob, 0);
  return ATR_OK;
}

static atr_status ratio_is(const atr__infer *infer, double ratio) {
  atr__dropout_params *p = infer->params;
  if (!(ratio >= 0 && ratio < 1))
    return atr__fail(infer->error, ATR_E_PARAM, "%s: ratio is %g, must be in [0, 1)", infer->op->name, ratio);
  p->threshold = (uint32_t)ceil(ratio * 16777216.0);
  p->scale = (float)(1 / (1 - ratio));
  return ATR_OK;
}

static atr_status infer_forward(atr__infer *infer) {
  atr__dropout_params *p = infer->params;
  double ratio, training;
  atr_status status;
  if ((status = atr__infer_need_f32(infer, 0))) return status;
  if ((status = scalar(infer, 1, "ratio", 0.5, &ratio))) return status;
  if ((status = scalar(infer, 2, "training_mode", 0, &training))) return status;
  if ((status = ratio_is(infer, ratio))) return status;
  if (infer->n_in > 3 && infer->in_type[3] != ATR_TYPE_NONE &&
      (infer->in_type[3] != ATR_I32 || infer->in_shape[3].rank != 1 || infer->in_shape[3].dim[0] != 2))
    return atr__fail(infer->error, ATR_E_SHAPE, "Dropout: the step must be int32 [2], its low and high word");
  p->training = training != 0 && p->threshold > 0;
  p->key = (uint64_t)atr__attrs_int(infer->attrs, "seed", 0);
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = i ? ATR_BOOL : ATR_F32;
    infer->out_shape[i] = infer->in_shape[0];
  }
  return ATR_OK;
}

static atr_status gradient(atr__grad *g) {
  const int dy = atr__grad_dy(g, 0);
  const atr__dropout_params *p = atr__grad_params(g);
  if (!dy || !atr__grad_wanted(g, 0)) return atr__grad_status(g);
  if (!p->training) {
    atr__grad_set(g, 0, dy);
    return atr__grad_status(g);
  }
  double ratio = 0.5;
  if (atr__grad_inputs(g) > 1 && atr__grad_in(g, 1))
    ratio = atr__blob_real(atr__grad_known(g, atr__grad_in(g, 1)), 0); /* infer has seen that it is known */
  const int in[] = { dy, atr__grad_out(g, 1) };
  atr__attrs attrs = { 0 };
  const atr_status status = atr__attrs_set_float(&attrs, "ratio", (float)ratio);
  if (!status) atr__grad_set(g, 0, atr__grad_node(g, "org.atrous", "DropoutGrad", in, 2, &attrs, 1));
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(g);
}

static atr_status infer_grad(atr__infer *infer) {
  const atr_status status = atr__infer_need_f32(infer, 0);
  if (status) return status;
  if (infer->in_type[1] != ATR_BOOL || !atr__shape_equal(&infer->in_shape[0], &infer->in_shape[1])) {
    char dy[ATR__SHAPE_TEXT], mask[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "DropoutGrad: dy has shape %s, the mask is %s %s",
                     atr__shape_text(&infer->in_shape[0], dy), atr_type_name(infer->in_type[1]),
                     atr__shape_text(&infer->in_shape[1], mask));
  }
  const atr_status bad = ratio_is(infer, (double)atr__attrs_float(infer->attrs, "ratio", 0.5f));
  return bad ? bad : atr__infer_same(infer);
}

const atr__op atr__op_dropout_grad = {
  .name = "DropoutGrad",
  .domain = "org.atrous",
  .stem = "dropout",
  .since = 1,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__dropout_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  .inplace = 1,
  ATR__HOST(dropout_grad),
  ATR__CL(dropout_grad),
};

const atr__op atr__op_dropout = {
  .name = "Dropout",
  .domain = "",
  .stem = "dropout",
  .since = 13,
  .min_in = 1,
  .max_in = 4,
  .min_out = 1,
  .max_out = 2,
  .params_size = sizeof(atr__dropout_params),
  .infer = infer_forward,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  .inplace = 1,
  ATR__HOST(dropout),
  ATR__CL(dropout),
};
