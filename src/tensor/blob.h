/* blob.h: a constant tensor in host memory, counted by reference: initial weights, attributes, folded values.
 */
#ifndef ATR_TENSOR_BLOB_H
#define ATR_TENSOR_BLOB_H

#include <atrous/tensor.h>

#include "base/status.h"

typedef struct atr__blob {
  atr_type type;
  atr_shape shape;
  int64_t count;
  size_t bytes;
  void *data;     /* row-major, 64-byte aligned; never changed once shared */
  int references; /* atomic */
} atr__blob;

/* data NULL: zeros. ATR_E_SHAPE, ATR_E_LIMIT, ATR_E_NOMEM. */
atr_status atr__blob_create(atr_type type, const atr_shape *shape, const void *data, atr_error *error,
                            atr__blob **blob);
/* The same around a block of atr__malloc_aligned that holds the values, which the blob takes over; not on
 * failure. */
atr_status atr__blob_adopt(atr_type type, const atr_shape *shape, void *data, atr_error *error,
                           atr__blob **blob);
atr__blob *atr__blob_retain(const atr__blob *blob); /* NULL stays NULL */
void atr__blob_release(atr__blob *blob);

/* Element i of an integer or float blob as a number, converted. */
int64_t atr__blob_int(const atr__blob *blob, int64_t i);
double atr__blob_real(const atr__blob *blob, int64_t i);

#endif
