/* shape.c: Shape (all or some dimensions) and Size. Known when a plan is made, so that they are folded
 * wherever they can be. Source: the ONNX operators of the same names. */
#include "config.h"

#include "op/shape.h"

#include "base/checked.h"
#include "tensor/shape.h"

/* start and end count from the back where negative and are clamped. */
static int bound(int64_t at, int rank) {
  if (at < 0) at = at < -rank ? 0 : at + rank;
  return (int)atr__min_i64(at, rank);
}

static atr_status infer_shape(atr__infer *infer) {
  atr__shape_params *p = infer->params;
  const int rank = infer->in_shape[0].rank;
  p->from = bound(atr__attrs_int(infer->attrs, "start", 0), rank);
  p->to = bound(atr__attrs_int(infer->attrs, "end", rank), rank);
  if (p->to < p->from) p->to = p->from;
  const int64_t n = p->to - p->from;
  infer->out_type[0] = ATR_I64;
  infer->out_shape[0] = atr__shape_of(1, &n);
  return ATR_OK;
}

static atr_status infer_size(atr__infer *infer) {
  *(atr__shape_params *)infer->params = (atr__shape_params){ 1, 0 };
  infer->out_type[0] = ATR_I64;
  infer->out_shape[0] = atr__shape_of(0, NULL);
  return ATR_OK;
}

int atr__shape_values(const atr__shape_params *p, const atr_shape *in, int64_t values[ATR_RANK_MAX]) {
  if (p->from > p->to) {
    values[0] = atr__shape_size(in);
    return 1;
  }
  for (int i = p->from; i < p->to; i++) values[i - p->from] = in->dim[i];
  return p->to - p->from;
}

const atr__op atr__op_shape = {
  .name = "Shape",
  .domain = "",
  .stem = "shape",
  .since = 15,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__shape_params),
  .infer = infer_shape,
  .differentiable = ATR__DIFF_ZERO,
  ATR__HOST(shape),
  ATR__CL(shape),
};

const atr__op atr__op_size = {
  .name = "Size",
  .domain = "",
  .stem = "shape",
  .since = 13,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__shape_params),
  .infer = infer_size,
  .differentiable = ATR__DIFF_ZERO,
  ATR__HOST(shape),
  ATR__CL(shape),
};
