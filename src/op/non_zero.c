/* non_zero.c: NonZero: where a tensor's elements are not zero, one row a dimension. How many they are is the
 * output's size: the input must be known when the plan is made, and the result is computed then. Source: the
 * ONNX operator of the same name. */
#include "config.h"

#include "op/non_zero.h"

#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  const atr__blob *x = atr__infer_known(infer, 0, NULL);
  if (!x) return ATR_E_UNSUPPORTED;
  int64_t dim[2] = { x->shape.rank ? x->shape.rank : 1, 0 };
  for (int64_t i = 0; i < x->count; i++) {
    const double value = atr__blob_real(x, i);
    dim[1] += value < 0 || value > 0 || value != value;
  }
  infer->out_type[0] = ATR_I64;
  infer->out_shape[0] = atr__shape_of(2, dim);
  return ATR_OK;
}

const atr__op atr__op_non_zero = {
  .name = "NonZero",
  .domain = "",
  .stem = "non_zero",
  .since = 13,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .infer = infer,
  .differentiable = ATR__DIFF_ZERO,
  ATR__HOST(non_zero),
  ATR__HOST_ONLY,
};
