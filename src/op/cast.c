/* cast.c: Cast and CastLike between all types. Floats are rounded to nearest, ties to even (overflow gives
 * infinity); to integers they lose their fraction towards zero and are clamped to the range (NaN gives 0);
 * between integers the low bits stay; bool is whether the number is not 0. Source: the ONNX operators of the
 * same names. */
#include "config.h"

#include "op/cast.h"

#include "op/grad.h"
#include "tensor/element.h"

static atr_status cast(atr__infer *infer, atr_type to) {
  const atr_type from = infer->in_type[0];
  if (!atr_type_size(from) || !atr_type_size(to))
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: from %s to %s (%d) is not supported",
                     infer->op->name, atr_type_name(from), atr_type_name(to), (int)to);
  ((atr__cast_params *)infer->params)->reals = atr__type_real(from) && atr__type_real(to);
  infer->out_type[0] = to;
  infer->out_shape[0] = infer->in_shape[0];
  return ATR_OK;
}

static atr_status infer_cast(atr__infer *infer) {
  const int64_t to = atr__attrs_int(infer->attrs, "to", 0);
  return cast(infer, to > 0 && to < 32 ? (atr_type)to : ATR_TYPE_NONE);
}
static atr_status infer_cast_like(atr__infer *infer) {
  return cast(infer, infer->in_type[1]);
}

/* Only a cast from float to float passes a gradient; through integers it is zero. */
static atr_status gradient(atr__grad *grad) {
  const int dy = atr__grad_dy(grad, 0);
  const atr__cast_params *p = atr__grad_params(grad);
  if (dy && p->reals && atr__grad_wanted(grad, 0)) atr__grad_set(grad, 0, dy);
  return atr__grad_status(grad);
}

const atr__op atr__op_cast = {
  .name = "Cast",
  .domain = "",
  .stem = "cast",
  .since = 13,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__cast_params),
  .infer = infer_cast,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(cast),
  ATR__CL(cast),
};

const atr__op atr__op_cast_like = {
  .name = "CastLike",
  .domain = "",
  .stem = "cast",
  .since = 15,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__cast_params),
  .infer = infer_cast_like,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(cast),
  ATR__CL(cast),
};
