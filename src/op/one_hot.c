/* one_hot.c: OneHot: a new axis that has one value where its index is that of the input, and another
 * elsewhere. Negative indices count from the end; one outside [-depth, depth) chooses nothing. Source: the
 * ONNX operator of the same name. */
#include "config.h"

#include "op/one_hot.h"

#include "tensor/element.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  atr__one_hot_params *p = infer->params;
  const atr_shape *indices = &infer->in_shape[0];
  const atr_type type = infer->in_type[0];
  if (type != ATR_F32 && !atr__type_integer(type))
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "OneHot: the indices are %s, which is not supported",
                     atr_type_name(type));
  if (indices->rank == ATR_RANK_MAX)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "OneHot: the output has more than %d dimensions",
                     ATR_RANK_MAX);
  if (infer->in_shape[2].rank != 1 || infer->in_shape[2].dim[0] != 2) {
    char text[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "OneHot: the values have shape %s, must have [2]",
                     atr__shape_text(&infer->in_shape[2], text));
  }
  const atr__blob *depth = atr__infer_known(infer, 1, "the depth");
  if (!depth) return ATR_E_UNSUPPORTED;
  p->depth = depth->count == 1 ? atr__blob_int(depth, 0) : -1;
  if (p->depth < 0 || p->depth > INT32_MAX)
    return atr__fail(infer->error, ATR_E_SHAPE, "OneHot: the depth must be one number that is not negative");
  const atr_status status =
      atr__axis(atr__attrs_int(infer->attrs, "axis", -1), indices->rank + 1, "axis", infer->error, &p->axis);
  if (status) return atr__fail_in(infer->error, status, "OneHot");
  atr_shape *out = &infer->out_shape[0];
  *out = *indices;
  out->rank++;
  for (int d = out->rank - 1; d > p->axis; d--) out->dim[d] = out->dim[d - 1];
  out->dim[p->axis] = p->depth;
  infer->out_type[0] = infer->in_type[2];
  return ATR_OK;
}

const atr__op atr__op_one_hot = {
  .name = "OneHot",
  .domain = "",
  .stem = "one_hot",
  .since = 11,
  .min_in = 3,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__one_hot_params),
  .infer = infer,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(one_hot),
  ATR__CL(one_hot),
};
