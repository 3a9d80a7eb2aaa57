/* infer_help.c: checks that many operators' inference shares; see op.h. */
#include "op/op.h"
#include "tensor/shape.h"

atr_status atr__infer_need_f32(atr__infer *infer, size_t input) {
  if (infer->in_type[input] == ATR_F32) return ATR_OK;
  return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: input %zu is %s, only float32 is supported",
                   infer->op->name, input, atr_type_name(infer->in_type[input]));
}

atr_status atr__infer_need_rank(atr__infer *infer, size_t input, int low, int high) {
  const int rank = infer->in_shape[input].rank;
  if (rank >= low && rank <= high) return ATR_OK;
  char text[ATR__SHAPE_TEXT];
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu has shape %s; its rank must be %d to %d",
                   infer->op->name, input, atr__shape_text(&infer->in_shape[input], text), low, high);
}

const atr__blob *atr__infer_known(const atr__infer *infer, size_t input, const char *what) {
  const atr__blob *blob = infer->in_const[input];
  if (blob) return blob;
  if (infer->asks) *infer->asks = input + 1;
  if (what)
    atr__fail(infer->error, ATR_E_UNSUPPORTED,
              "%s: %s is computed while running; it must be known when the plan is made", infer->op->name,
              what);
  else
    atr__fail(infer->error, ATR_E_UNSUPPORTED,
              "%s: input %zu is computed while running; it must be known when the plan is made",
              infer->op->name, input);
  return NULL;
}

atr_status atr__infer_ints(atr__infer *infer, size_t input, int64_t *values, size_t room, size_t *n) {
  *n = 0;
  const atr__blob *blob = atr__infer_known(infer, input, NULL);
  if (!blob) return ATR_E_UNSUPPORTED;
  if (blob->type != ATR_I64 && blob->type != ATR_I32)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu is %s, must be int64 or int32",
                     infer->op->name, input, atr_type_name(blob->type));
  if (blob->shape.rank > 1 || (uint64_t)blob->count > room) {
    char text[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu has shape %s, must be a vector of at most %zu",
                     infer->op->name, input, atr__shape_text(&blob->shape, text), room);
  }
  for (int64_t i = 0; i < blob->count; i++) values[i] = atr__blob_int(blob, i);
  *n = (size_t)blob->count;
  return ATR_OK;
}

atr_status atr__infer_same(atr__infer *infer) {
  infer->out_type[0] = infer->in_type[0];
  infer->out_shape[0] = infer->in_shape[0];
  return ATR_OK;
}
