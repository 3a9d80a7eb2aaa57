/* expand.c: Expand: broadcasting written out. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/expand.h"

#include "op/grad.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  int64_t dim[ATR_RANK_MAX];
  size_t n;
  atr_status status = atr__infer_ints(infer, 1, dim, ATR_RANK_MAX, &n);
  if (status) return status;
  for (size_t i = 0; i < n; i++)
    if (dim[i] < 0)
      return atr__fail(infer->error, ATR_E_SHAPE, "Expand: dimension %zu of the shape is %lld", i,
                       (long long)dim[i]);
  const atr_shape want = atr__shape_of((int)n, dim);
  status = atr__shape_broadcast(&infer->in_shape[0], &want, infer->error, &infer->out_shape[0]);
  if (status) return atr__fail_in(infer->error, status, "Expand");
  infer->out_type[0] = infer->in_type[0];
  return ATR_OK;
}

static atr_status gradient(atr__grad *grad) {
  const int dy = atr__grad_dy(grad, 0);
  if (dy && atr__grad_wanted(grad, 0))
    atr__grad_set(grad, 0, atr__grad_unbroadcast(grad, dy, atr__grad_in(grad, 0)));
  return atr__grad_status(grad);
}

const atr__op atr__op_expand = {
  .name = "Expand",
  .domain = "",
  .stem = "expand",
  .since = 13,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(expand),
  ATR__CL(expand),
};
