/* tensor.h: a tensor in a context's memory, the library's own or an application's buffer. */
#ifndef ATR_TENSOR_TENSOR_H
#define ATR_TENSOR_TENSOR_H

#include <stdatomic.h>

#include <atrous/tensor.h>

#include "backend/backend.h"

struct atr_tensor {
  atr_context *context;
  atr__buffer *buffer;
  uint64_t bytes; /* of the buffer; counted against the context's limit where it is the library's own */
  int wrapped;    /* the memory is the application's */
  atr_type type;
  atr_shape shape;
  atomic_int references;
};

/* Takes over the buffer, also on failure. */
atr_status atr__tensor_new(atr_context *context, atr__buffer *buffer, uint64_t bytes, int wrapped,
                           atr_type type, const atr_shape *shape, atr_error *error, atr_tensor **tensor);
void atr__tensor_retain(atr_tensor *tensor);

#endif
