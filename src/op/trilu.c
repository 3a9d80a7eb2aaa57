/* trilu.c: Trilu: the upper or lower triangle of matrices, zeros elsewhere; EyeLike: ones on a diagonal of a
 * matrix of the input's shape. The diagonal of Trilu is an operand, read while running. Source: the ONNX
 * operators of the same names. */
#include "config.h"

#include "op/trilu.h"

#include "op/axes.h"
#include "op/grad.h"
#include "tensor/element.h"
#include "tensor/shape.h"

static atr_status infer_trilu(atr__infer *infer) {
  atr__trilu_params *p = infer->params;
  const atr_status status = atr__infer_need_rank(infer, 0, 2, ATR_RANK_MAX);
  if (status) return status;
  p->upper = atr__attrs_int(infer->attrs, "upper", 1) != 0;
  if (atr__infer_has(infer, 1) &&
      (infer->in_type[1] != ATR_I64 || atr__shape_size(&infer->in_shape[1]) != 1)) {
    char text[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "Trilu: k is %s%s, must be one int64",
                     atr_type_name(infer->in_type[1]), atr__shape_text(&infer->in_shape[1], text));
  }
  return atr__infer_same(infer);
}

static atr_status gradient(atr__grad *grad) {
  const atr__trilu_params *p = atr__grad_params(grad);
  const int in[2] = { atr__grad_dy(grad, 0), atr__grad_in(grad, 1) };
  if (!in[0] || !atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  atr__attrs attrs = { 0 };
  const atr_status status = atr__attrs_set_int(&attrs, "upper", p->upper);
  if (!status) atr__grad_set(grad, 0, atr__grad_node(grad, "", "Trilu", in, in[1] ? 2 : 1, &attrs, 1));
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(grad);
}

const atr__op atr__op_trilu = {
  .name = "Trilu",
  .domain = "",
  .stem = "trilu",
  .since = 14,
  .min_in = 1,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__trilu_params),
  .infer = infer_trilu,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(trilu),
  ATR__CL(trilu),
};

static atr_status infer_eye_like(atr__infer *infer) {
  atr__trilu_params *p = infer->params;
  const int64_t type = atr__attrs_int(infer->attrs, "dtype", infer->in_type[0]);
  const atr_status status = atr__infer_need_rank(infer, 0, 2, 2);
  if (status) return status;
  if (type <= 0 || type > 31 || !atr_type_size((atr_type)type))
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "EyeLike: dtype %lld is not supported",
                     (long long)type);
  p->k = atr__attrs_int(infer->attrs, "k", 0);
  if (p->k < -INT32_MAX || p->k > INT32_MAX)
    return atr__fail(infer->error, ATR_E_PARAM, "EyeLike: k is %lld", (long long)p->k);
  infer->out_type[0] = (atr_type)type;
  infer->out_shape[0] = infer->in_shape[0];
  atr__element_set_real((atr_type)type, &p->one, 0, 1);
  p->one = atr__element_bits((atr_type)type, &p->one, 0);
  return ATR_OK;
}

const atr__op atr__op_eye_like = {
  .name = "EyeLike",
  .domain = "",
  .stem = "trilu",
  .since = 9,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__trilu_params),
  .infer = infer_eye_like,
  .differentiable = ATR__DIFF_ZERO,
  ATR__HOST(eye_like),
  ATR__CL(eye_like),
};
