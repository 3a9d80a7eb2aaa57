/* compress.c: Compress: the slices of an axis, or of all elements in a row, for which a condition holds. How
 * many they are is the output's size: the condition must be known when the plan is made. The gradient is that
 * of Gather. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/compress.h"

#include "base/alloc.h"
#include "op/grad.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  atr__compress_params *p = infer->params;
  const atr_shape *in = &infer->in_shape[0], *given = &infer->in_shape[1];
  int axis = 0;
  if (infer->in_type[1] != ATR_BOOL || given->rank != 1) {
    char text[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "Compress: the condition is %s %s, must be a vector of bool",
                     atr_type_name(infer->in_type[1]), atr__shape_text(given, text));
  }
  const int flat = !atr__attrs_find(infer->attrs, "axis");
  if (!flat) {
    const atr_status status =
        atr__axis(atr__attrs_int(infer->attrs, "axis", 0), in->rank, "axis", infer->error, &axis);
    if (status) return atr__fail_in(infer->error, status, "Compress");
  }
  p->outer = flat ? 1 : atr__shape_span(in, 0, axis);
  p->extent = flat ? atr__shape_size(in) : in->dim[axis];
  p->inner = flat ? 1 : atr__shape_span(in, axis + 1, in->rank);
  if (given->dim[0] > p->extent)
    return atr__fail(infer->error, ATR_E_SHAPE, "Compress: a condition of %lld for %lld elements",
                     (long long)given->dim[0], (long long)p->extent);
  const atr__blob *condition = atr__infer_known(infer, 1, "the condition");
  if (!condition) return ATR_E_UNSUPPORTED;
  for (int64_t i = 0; i < condition->count; i++) p->kept += atr__blob_int(condition, i) != 0;
  infer->out_type[0] = infer->in_type[0];
  infer->out_shape[0] = flat ? atr__shape_of(1, &p->kept) : *in;
  infer->out_shape[0].dim[axis] = p->kept;
  return ATR_OK;
}

static atr_status gradient(atr__grad *grad) {
  const atr__compress_params p = *(const atr__compress_params *)atr__grad_params(grad);
  const int dy = atr__grad_dy(grad, 0), x = atr__grad_in(grad, 0);
  const atr__blob *condition = atr__grad_known(grad, atr__grad_in(grad, 1));
  if (!dy || !atr__grad_wanted(grad, 0) || !condition) return atr__grad_status(grad);
  int64_t *chosen = atr__calloc((size_t)p.kept + 1, sizeof *chosen), n = 0;
  if (!chosen) return ATR_E_NOMEM;
  for (int64_t i = 0; i < condition->count && n < p.kept; i++)
    if (atr__blob_int(condition, i)) chosen[n++] = i;
  const atr_shape shape = *atr__grad_shape(grad, x);
  const int64_t rows[3] = { p.outer, p.kept, p.inner };
  const atr_shape three = atr__shape_of(3, rows);
  const int in[2] = { atr__grad_reshape(grad, dy, &three), atr__grad_ints(grad, chosen, (size_t)n) };
  atr__free(chosen);
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_set_int(&attrs, "axis", 1);
  if (!status) status = atr__attrs_set_int(&attrs, "extent", p.extent);
  if (!status) {
    const int dx = atr__grad_node(grad, "org.atrous", "GatherGrad", in, 2, &attrs, 1);
    atr__grad_set(grad, 0, atr__grad_reshape(grad, dx, &shape));
  }
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(grad);
}

const atr__op atr__op_compress = {
  .name = "Compress",
  .domain = "",
  .stem = "compress",
  .since = 11,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__compress_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(compress),
  ATR__CL(compress),
};
