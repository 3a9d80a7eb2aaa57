/* index.c: what the operators that choose by indices share; see index.h. */
#include "config.h"

#include "op/index.h"

atr_status atr__infer_need_index(atr__infer *infer, size_t input) {
  if (infer->in_type[input] == ATR_I64 || infer->in_type[input] == ATR_I32) return ATR_OK;
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: the indices are %s, must be int64 or int32",
                   infer->op->name, atr_type_name(infer->in_type[input]));
}

const char *atr__kernel_type(atr_type type) {
  switch (type) {
  case ATR_F32: return "float";
  case ATR_I64: return "long";
  case ATR_I32: return "int";
  case ATR_I8: return "char";
  case ATR_U8: return "uchar";
  default: return NULL;
  }
}

const char *atr__kernel_word(atr_type type) {
  switch (atr_type_size(type)) {
  case 8: return "long";
  case 4: return "int";
  case 2: return "ushort";
  case 1: return "uchar";
  default: return NULL;
  }
}
