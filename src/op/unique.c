/* unique.c: Unique: the slices of an axis, or all elements, without repetition; where each was first, which
 * each became, and how often it is there. How many they are is the outputs' size: the input must be known
 * when the plan is made, and the result is computed then. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/unique.h"

#include "base/alloc.h"
#include "op/index.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  atr__unique_params *p = infer->params;
  const atr_shape *in = &infer->in_shape[0];
  const int flat = !atr__attrs_find(infer->attrs, "axis");
  int axis = 0;
  atr_status status = ATR_OK;
  if (!flat)
    status = atr__axis(atr__attrs_int(infer->attrs, "axis", 0), in->rank, "axis", infer->error, &axis);
  if (status) return atr__fail_in(infer->error, status, "Unique");
  if (!atr__is_number(infer->in_type[0]) && infer->in_type[0] != ATR_BOOL)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "Unique: input 0 is %s, which is not supported",
                     atr_type_name(infer->in_type[0]));
  p->sorted = atr__attrs_int(infer->attrs, "sorted", 1) != 0;
  p->outer = flat ? 1 : atr__shape_span(in, 0, axis);
  p->extent = flat ? atr__shape_size(in) : in->dim[axis];
  p->inner = flat ? 1 : atr__shape_span(in, axis + 1, in->rank);
  const atr__blob *x = atr__infer_known(infer, 0, NULL);
  if (!x) return ATR_E_UNSUPPORTED;
  int64_t *group = atr__calloc((size_t)p->extent + 1, 2 * sizeof *group);
  if (!group)
    return atr__fail(infer->error, ATR_E_NOMEM, "out of memory: Unique of %lld", (long long)p->extent);
  status = atr__unique_find_host_f32(p, x->type, x->data, infer->error, group, group + p->extent, &p->found);
  atr__free(group);
  infer->out_type[0] = infer->in_type[0];
  infer->out_shape[0] = flat ? atr__shape_of(1, &p->found) : *in;
  infer->out_shape[0].dim[axis] = p->found;
  for (size_t i = 1; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_I64;
    infer->out_shape[i] = atr__shape_of(1, i == 2 ? &p->extent : &p->found);
  }
  return status;
}

const atr__op atr__op_unique = {
  .name = "Unique",
  .domain = "",
  .stem = "unique",
  .since = 11,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 4,
  .params_size = sizeof(atr__unique_params),
  .infer = infer,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(unique),
  ATR__HOST_ONLY,
};
