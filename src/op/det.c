/* det.c: Det: determinants of square matrices by elimination with the greatest pivot of each column, one
 * thread a matrix. It has no gradient. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/det.h"

#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  const atr_shape *in = &infer->in_shape[0];
  atr_status status = atr__infer_need_f32(infer, 0);
  if (!status) status = atr__infer_need_rank(infer, 0, 2, ATR_RANK_MAX);
  if (status) return status;
  if (in->dim[in->rank - 1] != in->dim[in->rank - 2]) {
    char text[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "Det: the matrices of %s are not square",
                     atr__shape_text(in, text));
  }
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = atr__shape_of(in->rank - 2, in->dim);
  return ATR_OK;
}

const atr__op atr__op_det = {
  .name = "Det",
  .domain = "",
  .stem = "det",
  .since = 11,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .infer = infer,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(det),
  ATR__CL(det),
};
