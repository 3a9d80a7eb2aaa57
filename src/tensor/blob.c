/* blob.c: constant tensors in host memory; see blob.h. */
#include "tensor/blob.h"

#include <string.h>

#include "base/alloc.h"
#include "tensor/element.h"
#include "tensor/shape.h"

/* `data` is copied, taken over, or NULL: zeros. */
static atr_status create(atr_type type, const atr_shape *shape, void *data, int take_over, atr_error *error,
                         atr__blob **result) {
  *result = NULL;
  int64_t count;
  atr_status status = atr__shape_count(shape, error, &count);
  if (status) return status;
  const size_t size = atr_type_size(type);
  if (!size) return atr__fail(error, ATR_E_UNSUPPORTED, "element type %d is not supported", (int)type);
  atr__blob *blob = atr__calloc(1, sizeof *blob);
  if (!blob) return atr__nomem(error, sizeof *blob);
  *blob = (atr__blob){ type, *shape, count, (size_t)count * size, data, 1 };
  if (!take_over) blob->data = data ? atr__malloc_aligned(blob->bytes) : atr__calloc_aligned(blob->bytes);
  if (!blob->data) {
    status = atr__nomem(error, blob->bytes);
    atr__free(blob);
    return status;
  }
  if (data && !take_over && blob->bytes) memcpy(blob->data, data, blob->bytes);
  *result = blob;
  return ATR_OK;
}

atr_status atr__blob_create(atr_type type, const atr_shape *shape, const void *data, atr_error *error,
                            atr__blob **blob) {
  return create(type, shape, (void *)data, 0, error, blob); /* read only there */
}

atr_status atr__blob_adopt(atr_type type, const atr_shape *shape, void *data, atr_error *error,
                           atr__blob **blob) {
  return create(type, shape, data, 1, error, blob);
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
  int64_t whole;
  if (atr__type_real(blob->type)) {
    atr__element_set_real(ATR_I64, &whole, 0, atr__blob_real(blob, i));
    return whole;
  }
  return atr__element_int(blob->type, blob->data, i);
}

double atr__blob_real(const atr__blob *blob, int64_t i) {
  return atr__element_real(blob->type, blob->data, i);
}
