/* reverse_sequence.c: ReverseSequence: the first steps of each sequence of a batch in reverse, as many as its
 * length says, the others as they are. It is its own gradient. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/reverse_sequence.h"

#include "op/grad.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  atr__reverse_sequence_params *p = infer->params;
  const atr_shape *in = &infer->in_shape[0], *lengths = &infer->in_shape[1];
  const int64_t batch = atr__attrs_int(infer->attrs, "batch_axis", 1),
                time = atr__attrs_int(infer->attrs, "time_axis", 0);
  const atr_status status = atr__infer_need_rank(infer, 0, 2, ATR_RANK_MAX);
  if (status) return status;
  if (batch < 0 || batch > 1 || time < 0 || time > 1 || batch == time)
    return atr__fail(infer->error, ATR_E_PARAM,
                     "ReverseSequence: batch_axis %lld and time_axis %lld must be 0 and 1, or 1 and 0",
                     (long long)batch, (long long)time);
  if (infer->in_type[1] != ATR_I64)
    return atr__fail(infer->error, ATR_E_SHAPE, "ReverseSequence: the lengths are %s, must be int64",
                     atr_type_name(infer->in_type[1]));
  if (lengths->rank != 1 || lengths->dim[0] != in->dim[batch]) {
    char text[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "ReverseSequence: the lengths have shape %s, must have [%lld]",
                     atr__shape_text(lengths, text), (long long)in->dim[batch]);
  }
  p->time_axis = (int)time;
  return atr__infer_same(infer);
}

static atr_status gradient(atr__grad *grad) {
  const atr__reverse_sequence_params *p = atr__grad_params(grad);
  const int dy = atr__grad_dy(grad, 0);
  if (!dy || !atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  const int in[2] = { dy, atr__grad_in(grad, 1) };
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_set_int(&attrs, "time_axis", p->time_axis);
  if (!status) status = atr__attrs_set_int(&attrs, "batch_axis", 1 - p->time_axis);
  if (!status) atr__grad_set(grad, 0, atr__grad_node(grad, "", "ReverseSequence", in, 2, &attrs, 1));
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(grad);
}

const atr__op atr__op_reverse_sequence = {
  .name = "ReverseSequence",
  .domain = "",
  .stem = "reverse_sequence",
  .since = 10,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__reverse_sequence_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(reverse_sequence),
  ATR__CL(reverse_sequence),
};
