/* where.c: Where: x where the condition holds, else y, all three broadcast. Source: the ONNX operator of the
 * same name. */
#include "config.h"

#include "op/where.h"

#include "op/axes.h"
#include "op/grad.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  if (infer->in_type[0] != ATR_BOOL)
    return atr__fail(infer->error, ATR_E_SHAPE, "Where: the condition is %s, must be bool",
                     atr_type_name(infer->in_type[0]));
  atr_status status = atr__infer_same_type(infer, 1, 2);
  atr_shape shape;
  if (!status) status = atr__shape_broadcast(&infer->in_shape[1], &infer->in_shape[2], infer->error, &shape);
  if (!status) status = atr__shape_broadcast(&shape, &infer->in_shape[0], infer->error, &infer->out_shape[0]);
  if (status) return atr__fail_in(infer->error, status, "Where");
  infer->out_type[0] = infer->in_type[1];
  return ATR_OK;
}

static atr_status gradient(atr__grad *grad) {
  const int dy = atr__grad_dy(grad, 0);
  for (size_t i = 1; dy && i < 3; i++) {
    if (!atr__grad_wanted(grad, i)) continue;
    const int zero = atr__grad_real(grad, 0);
    const int in[3] = { atr__grad_in(grad, 0), i == 1 ? dy : zero, i == 1 ? zero : dy };
    const int part = atr__grad_node(grad, "", "Where", in, 3, NULL, 1);
    atr__grad_set(grad, i, atr__grad_unbroadcast(grad, part, atr__grad_in(grad, i)));
  }
  return atr__grad_status(grad);
}

const atr__op atr__op_where = {
  .name = "Where",
  .domain = "",
  .stem = "where",
  .since = 16,
  .min_in = 3,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(where),
  ATR__CL(where),
};
