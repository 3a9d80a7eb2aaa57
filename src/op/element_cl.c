/* element_cl.c: the types and the bulk of elements in kernels; see cl.h. */
#include "op/cl.h"

#include "tensor/shape.h"

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

int atr__cl_streams(const atr__cl_query *query) {
  const atr__cl_device *device = query->device;
  uint64_t bytes = (uint64_t)atr__shape_size(&query->out[0].shape) * atr_type_size(query->out[0].type);
  for (size_t i = 0; i < query->n_in; i++)
    bytes += (uint64_t)atr__shape_size(&query->in[i].shape) * atr_type_size(query->in[i].type);
  return device->device_class == ATR__CLASS_CPU && device->cache_bytes && bytes >= device->cache_bytes;
}
