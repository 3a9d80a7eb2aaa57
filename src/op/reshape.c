/* reshape.c: operators that change the shape and nothing else: Reshape, Flatten, Squeeze, Unsqueeze and
 * Identity. The planner may let the output share its input's storage; else the elements are copied. Source:
 * the ONNX operators of the same names. */
#include "config.h"

#include "op/reshape.h"

#include "base/checked.h"
#include "op/axes.h"
#include "op/grad.h"
#include "tensor/shape.h"

static atr_status infer_reshape(atr__infer *infer) {
  const atr_shape *in = &infer->in_shape[0];
  int64_t want[ATR_RANK_MAX];
  size_t n;
  atr_status status = atr__infer_ints(infer, 1, want, ATR_RANK_MAX, &n);
  if (status) return status;
  const int allow_zero = atr__attrs_int(infer->attrs, "allowzero", 0) != 0;
  char from[ATR__SHAPE_TEXT], to[ATR__SHAPE_TEXT];
  atr_shape shape = atr__shape_of((int)n, want);
  int64_t rest = 1;
  int open = -1;
  for (int i = 0; i < shape.rank; i++) {
    if (shape.dim[i] == 0 && !allow_zero) {
      if (i >= in->rank)
        return atr__fail(
            infer->error, ATR_E_SHAPE,
            "Reshape: dimension %d of the new shape is 0 (copy), but the input %s has no such dimension", i,
            atr__shape_text(in, from));
      shape.dim[i] = in->dim[i];
    } else if (shape.dim[i] == -1) {
      if (open >= 0)
        return atr__fail(infer->error, ATR_E_SHAPE,
                         "Reshape: dimensions %d and %d of the new shape are both -1", open, i);
      open = i;
      continue;
    } else if (shape.dim[i] < 0)
      return atr__fail(infer->error, ATR_E_SHAPE, "Reshape: dimension %d of the new shape is %lld", i,
                       (long long)shape.dim[i]);
    if (atr__mul_i64(rest, shape.dim[i], &rest)) rest = -1;
    if (rest < 0) break;
  }
  const int64_t count = atr__shape_size(in);
  if (open >= 0 && rest > 0 && count % rest == 0)
    shape.dim[open] = count / rest;
  else if (open >= 0 || rest != count)
    return atr__fail(infer->error, ATR_E_SHAPE, "Reshape: %s does not have the element count of %s",
                     atr__shape_text(in, from), atr__shape_text(&shape, to));
  infer->out_type[0] = infer->in_type[0];
  infer->out_shape[0] = shape;
  return ATR_OK;
}

static atr_status infer_flatten(atr__infer *infer) {
  const atr_shape *in = &infer->in_shape[0];
  const int64_t axis = atr__attrs_int(infer->attrs, "axis", 1);
  if (axis < -in->rank || axis > in->rank)
    return atr__fail(infer->error, ATR_E_PARAM, "Flatten: axis %lld is outside [-%d, %d]", (long long)axis,
                     in->rank, in->rank);
  const int at = (int)(axis < 0 ? axis + in->rank : axis);
  const int64_t dim[2] = { atr__shape_span(in, 0, at), atr__shape_span(in, at, in->rank) };
  infer->out_type[0] = infer->in_type[0];
  infer->out_shape[0] = atr__shape_of(2, dim);
  return ATR_OK;
}

static atr_status infer_squeeze(atr__infer *infer) {
  const atr_shape *in = &infer->in_shape[0];
  atr__axes axes;
  atr_status status = atr__infer_axes(infer, 1, in->rank, &axes);
  if (status) return status;
  atr_shape shape = atr__shape_of(0, NULL);
  for (int i = 0; i < in->rank; i++) {
    const int squeezed = axes.given ? (int)(axes.mask >> i & 1) : in->dim[i] == 1;
    if (squeezed && in->dim[i] != 1)
      return atr__fail(infer->error, ATR_E_SHAPE, "Squeeze: dimension %d is %lld, only 1 can be dropped", i,
                       (long long)in->dim[i]);
    if (!squeezed) shape.dim[shape.rank++] = in->dim[i];
  }
  infer->out_type[0] = infer->in_type[0];
  infer->out_shape[0] = shape;
  return ATR_OK;
}

static atr_status infer_unsqueeze(atr__infer *infer) {
  const atr_shape *in = &infer->in_shape[0];
  /* Axes refer to the output, whose rank depends on how many there are. */
  size_t n = 0;
  const int64_t *attr = atr__attrs_ints(infer->attrs, "axes", &n);
  if (!attr) {
    if (!atr__infer_has(infer, 1)) return atr__fail(infer->error, ATR_E_PARAM, "Unsqueeze: axes are missing");
    int64_t values[ATR_RANK_MAX];
    atr_status status = atr__infer_ints(infer, 1, values, ATR_RANK_MAX, &n);
    if (status) return status;
  }
  if (n > (size_t)(ATR_RANK_MAX - in->rank))
    return atr__fail(infer->error, ATR_E_SHAPE, "Unsqueeze: %zu new dimensions make rank %d more than %d", n,
                     in->rank, (int)ATR_RANK_MAX);
  atr__axes axes;
  atr_status status = atr__infer_axes(infer, 1, in->rank + (int)n, &axes);
  if (status) return status;
  atr_shape shape = atr__shape_of(0, NULL);
  shape.rank = in->rank + (int)n;
  for (int i = 0, from = 0; i < shape.rank; i++) shape.dim[i] = axes.mask >> i & 1 ? 1 : in->dim[from++];
  infer->out_type[0] = infer->in_type[0];
  infer->out_shape[0] = shape;
  return ATR_OK;
}

static atr_status gradient(atr__grad *grad) {
  const int dy = atr__grad_dy(grad, 0);
  if (!dy || !atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  const atr_shape shape = *atr__grad_shape(grad, atr__grad_in(grad, 0));
  atr__grad_set(grad, 0, atr__grad_reshape(grad, dy, &shape));
  return atr__grad_status(grad);
}

static atr_status gradient_identity(atr__grad *grad) {
  if (atr__grad_dy(grad, 0)) atr__grad_set(grad, 0, atr__grad_dy(grad, 0));
  return atr__grad_status(grad);
}

#define RESHAPE(symbol, onnx, opset, least_in, most_in, infer_function, gradient_function)                   \
  const atr__op atr__op_##symbol = {                                                                         \
    .name = onnx,                                                                                            \
    .domain = "",                                                                                            \
    .stem = "reshape",                                                                                       \
    .since = opset,                                                                                          \
    .min_in = least_in,                                                                                      \
    .max_in = most_in,                                                                                       \
    .min_out = 1,                                                                                            \
    .max_out = 1,                                                                                            \
    .infer = infer_function,                                                                                 \
    .differentiable = ATR__DIFF_YES,                                                                         \
    .gradient = gradient_function,                                                                           \
    .inplace = 1,                                                                                            \
    ATR__HOST(reshape),                                                                                      \
    ATR__CL(reshape),                                                                                        \
  }
RESHAPE(reshape, "Reshape", 14, 2, 2, infer_reshape, gradient);
RESHAPE(flatten, "Flatten", 13, 1, 1, infer_flatten, gradient);
RESHAPE(squeeze, "Squeeze", 13, 1, 2, infer_squeeze, gradient);
RESHAPE(unsqueeze, "Unsqueeze", 13, 1, 2, infer_unsqueeze, gradient);
RESHAPE(identity, "Identity", 16, 1, 1, atr__infer_same, gradient_identity);
