/* blob.c: constant tensors in host memory; see blob.h. */
#include "tensor/blob.h"

#include <string.h>

#include "base/alloc.h"
#include "tensor/shape.h"

atr_status atr__blob_create(atr_type type, const atr_shape *shape, const void *data, atr_error *error,
                            atr__blob **result) {
  *result = NULL;
  int64_t count;
  atr_status status = atr__shape_count(shape, error, &count);
  if (status) return status;
  const size_t size = atr_type_size(type);
  if (!size) return atr__fail(error, ATR_E_UNSUPPORTED, "element type %d is not supported", (int)type);
  atr__blob *blob = atr__calloc(1, sizeof *blob);
  if (!blob) return atr__nomem(error, sizeof *blob);
  *blob = (atr__blob){ type, *shape, count, (size_t)count * size, NULL, 1 };
  blob->data = atr__calloc_aligned(blob->bytes);
  if (!blob->data) {
    status = atr__nomem(error, blob->bytes);
    atr__free(blob);
    return status;
  }
  if (data && blob->bytes) memcpy(blob->data, data, blob->bytes);
  *result = blob;
  return ATR_OK;
}

atr__blob *atr__blob_retain(const atr__blob *constant) {
  atr__blob *blob = (atr__blob *)constant; /* the count is not part of the value */
  if (blob) __atomic_fetch_add(&blob->references, 1, __ATOMIC_RELAXED);
  return blob;
}

void atr__blob_release(atr__blob *blob) {
  if (!blob || __atomic_sub_fetch(&blob->references, 1, __ATOMIC_ACQ_REL)) return;
  atr__free_aligned(blob->data);
  atr__free(blob);
}

int64_t atr__blob_int(const atr__blob *blob, int64_t i) {
  switch (blob->type) {
  case ATR_I64: return ((const int64_t *)blob->data)[i];
  case ATR_I32: return ((const int32_t *)blob->data)[i];
  case ATR_U8:
  case ATR_BOOL: return ((const uint8_t *)blob->data)[i];
  case ATR_I8: return ((const int8_t *)blob->data)[i];
  default: return (int64_t)atr__blob_real(blob, i);
  }
}

double atr__blob_real(const atr__blob *blob, int64_t i) {
  switch (blob->type) {
  case ATR_F32: return ((const float *)blob->data)[i];
  case ATR_F64: return ((const double *)blob->data)[i];
  case ATR_F16:
  case ATR_TYPE_NONE: return 0;
  default: return (double)atr__blob_int(blob, i);
  }
}
