/* split.c: Split: a tensor cut along an axis, the opposite of Concat. Sizes come from input "split" (or, as
 * before opset 13, an attribute), else the axis is cut in equal parts, the last one smaller where it must be.
 * Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/split.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "op/axes.h"
#include "op/grad.h"
#include "tensor/shape.h"

/* Size of part i of n equal parts of `extent`. */
static int64_t equal_part(int64_t extent, size_t n, size_t i) {
  const int64_t part = atr__ceil_div(extent, (int64_t)n);
  return atr__max_i64(0, atr__min_i64(part, extent - part * (int64_t)i));
}

static atr_status infer(atr__infer *infer) {
  atr__split_params *p = infer->params;
  const atr_shape *in = &infer->in_shape[0];
  atr_status status =
      atr__axis(atr__attrs_int(infer->attrs, "axis", 0), in->rank, "axis", infer->error, &p->axis);
  if (status) return atr__fail_in(infer->error, status, "Split");
  const int64_t extent = in->dim[p->axis],
                parts = atr__attrs_int(infer->attrs, "num_outputs", (int64_t)infer->n_out);
  const atr__blob *list = atr__infer_has(infer, 1) ? atr__infer_known(infer, 1, NULL) : NULL;
  size_t n = 0;
  const int64_t *attr = atr__attrs_ints(infer->attrs, "split", &n);
  if (atr__infer_has(infer, 1)) {
    if (!list) return ATR_E_UNSUPPORTED;
    if (list->type != ATR_I64 && list->type != ATR_I32)
      return atr__fail(infer->error, ATR_E_SHAPE, "Split: input 1 is %s, must be int64 or int32",
                       atr_type_name(list->type));
    n = (size_t)list->count;
  }
  if ((list || attr) && n != infer->n_out)
    return atr__fail(infer->error, ATR_E_SHAPE, "Split: %zu sizes for %zu outputs", n, infer->n_out);
  if (parts != (int64_t)infer->n_out)
    return atr__fail(infer->error, ATR_E_PARAM, "Split: num_outputs is %lld for %zu outputs",
                     (long long)parts, infer->n_out);
  p->parts = (int)infer->n_out;
  int64_t sum = 0;
  for (size_t i = 0; i < infer->n_out; i++) {
    const int64_t size = list   ? atr__blob_int(list, (int64_t)i)
                         : attr ? attr[i]
                                : equal_part(extent, infer->n_out, i);
    if (size < 0 || atr__add_i64(sum, size, &sum))
      return atr__fail(infer->error, ATR_E_SHAPE, "Split: size %zu is %lld", i, (long long)size);
    infer->out_type[i] = infer->in_type[0];
    infer->out_shape[i] = *in;
    infer->out_shape[i].dim[p->axis] = size;
  }
  if (sum != extent)
    return atr__fail(infer->error, ATR_E_SHAPE, "Split: the sizes add up to %lld, axis %d has %lld",
                     (long long)sum, p->axis, (long long)extent);
  return ATR_OK;
}

/* Concat of the outputs' gradients, zeros where none arrived. */
static atr_status gradient(atr__grad *grad) {
  const atr__split_params *p = atr__grad_params(grad);
  const size_t n = (size_t)p->parts;
  if (!atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  int *parts = atr__calloc(n, sizeof *parts);
  if (!parts) return ATR_E_NOMEM;
  for (size_t i = 0; i < n; i++) {
    parts[i] = atr__grad_dy(grad, i);
    if (!parts[i]) {
      const int shape = atr__grad_shape_of(grad, atr__grad_out(grad, i));
      parts[i] = atr__grad_node(grad, "", "ConstantOfShape", &shape, 1, NULL, 1);
    }
  }
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_set_int(&attrs, "axis", p->axis);
  if (!status) atr__grad_set(grad, 0, atr__grad_node(grad, "", "Concat", parts, n, &attrs, 1));
  atr__attrs_free(&attrs);
  atr__free(parts);
  return status ? status : atr__grad_status(grad);
}

const atr__op atr__op_split = {
  .name = "Split",
  .domain = "",
  .stem = "split",
  .since = 18,
  .min_in = 1,
  .max_in = 2,
  .min_out = 1,
  .max_out = -1,
  .params_size = sizeof(atr__split_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(split),
  ATR__CL(split),
};
