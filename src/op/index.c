/* index.c: what the operators that choose by indices share; see index.h. */
#include "config.h"

#include "op/index.h"

#include "tensor/element.h"

atr_status atr__infer_need_index(atr__infer *infer, size_t input) {
  if (infer->in_type[input] == ATR_I64 || infer->in_type[input] == ATR_I32) return ATR_OK;
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: the indices are %s, must be int64 or int32",
                   infer->op->name, atr_type_name(infer->in_type[input]));
}

int atr__is_number(atr_type type) {
  return type == ATR_F32 || atr__type_integer(type);
}
