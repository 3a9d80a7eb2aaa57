/* range.c: Range: start, start + delta and so on, before limit. How many there are must be known when the
 * plan is made, so its three operands are constants or follow from shapes, and the host computes it, mostly
 * when the plan is made. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/range.h"

#include <math.h>

#include "op/axes.h"
#include "tensor/element.h"
#include "tensor/shape.h"

static atr_status count_whole(atr__infer *infer, const int64_t v[3], uint64_t *n) {
  *n = 0;
  if (!v[2]) return atr__fail(infer->error, ATR_E_PARAM, "Range: delta is 0");
  const uint64_t way = v[2] > 0 ? (uint64_t)v[1] - (uint64_t)v[0] : (uint64_t)v[0] - (uint64_t)v[1];
  const uint64_t step = v[2] > 0 ? (uint64_t)v[2] : 0 - (uint64_t)v[2];
  if (v[2] > 0 ? v[1] > v[0] : v[1] < v[0]) *n = (way - 1) / step + 1;
  return ATR_OK;
}

static atr_status infer(atr__infer *infer) {
  static const char *const names[3] = { "start", "limit", "delta" };
  const atr_type type = infer->in_type[0];
  int64_t whole[3];
  double real[3];
  if (type != ATR_F32 && (!atr__type_integer(type) || type == ATR_U64))
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "Range: numbers of type %s are not supported",
                     atr_type_name(type));
  for (size_t i = 0; i < 3; i++) {
    const atr_status status = atr__infer_same_type(infer, 0, i);
    if (status) return status;
    const atr__blob *blob = atr__infer_known(infer, i, names[i]);
    if (!blob) return ATR_E_UNSUPPORTED;
    if (blob->count != 1)
      return atr__fail(infer->error, ATR_E_SHAPE, "Range: %s has %lld numbers, must be one", names[i],
                       (long long)blob->count);
    whole[i] = atr__blob_int(blob, 0);
    real[i] = atr__blob_real(blob, 0);
  }
  uint64_t n = 0;
  if (type != ATR_F32) {
    const atr_status status = count_whole(infer, whole, &n);
    if (status) return status;
  } else {
    const double steps = ceil((real[1] - real[0]) / real[2]);
    if (!isfinite(steps))
      return atr__fail(infer->error, ATR_E_PARAM, "Range: from %.9g to %.9g by %.9g has no end", real[0],
                       real[1], real[2]);
    n = steps > 0 ? steps < INT32_MAX ? (uint64_t)steps : (uint64_t)INT32_MAX + 1 : 0;
  }
  if (n > INT32_MAX) return atr__fail(infer->error, ATR_E_LIMIT, "Range: more than 2^31 - 1 numbers");
  const int64_t dim = (int64_t)n;
  infer->out_type[0] = type;
  infer->out_shape[0] = atr__shape_of(1, &dim);
  return ATR_OK;
}

const atr__op atr__op_range = {
  .name = "Range",
  .domain = "",
  .stem = "range",
  .since = 11,
  .min_in = 3,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .infer = infer,
  .differentiable = ATR__DIFF_ZERO,
  ATR__HOST(range),
  ATR__HOST_ONLY,
};
