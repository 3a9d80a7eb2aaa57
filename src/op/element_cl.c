/* element_cl.c: the types of elements in kernels; see cl.h. */
#include "op/cl.h"

const char *atr__cl_type(atr_type type) {
  switch (type) {
  case ATR_F32: return "float";
  case ATR_I64: return "long";
  case ATR_F64:
  case ATR_U64: return "ulong";
  case ATR_I32: return "int";
  case ATR_U32: return "uint";
  case ATR_I16: return "short";
  case ATR_F16:
  case ATR_BF16:
  case ATR_U16: return "ushort";
  case ATR_I8: return "char";
  case ATR_U8:
  case ATR_BOOL:
  case ATR_TYPE_NONE: break;
  }
  return "uchar";
}
