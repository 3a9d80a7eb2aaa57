/* tensor.c: tensors in a context's memory; see <atrous/tensor.h>. */
#include "config.h"

#include "tensor/tensor.h"

#include "base/alloc.h"
#include "tensor/shape.h"

static void free_buffer(atr_context *context, atr__buffer *buffer, uint64_t bytes, int wrapped) {
  if (!buffer) return;
  if (wrapped)
    context->backend->buffer_destroy(buffer);
  else
    atr__context_free(context, buffer, bytes);
}

atr_status atr__tensor_new(atr_context *context, atr__buffer *buffer, uint64_t bytes, int wrapped,
                           atr_type type, const atr_shape *shape, atr_error *error, atr_tensor **result) {
  atr_tensor *tensor = atr__calloc(1, sizeof *tensor);
  if (!tensor) {
    free_buffer(context, buffer, bytes, wrapped);
    return atr__nomem(error, sizeof *tensor);
  }
  tensor->context = context;
  tensor->buffer = buffer;
  tensor->bytes = bytes;
  tensor->wrapped = wrapped;
  tensor->type = type;
  tensor->shape = *shape;
  atomic_init(&tensor->references, 1);
  atr__context_retain(context);
  *result = tensor;
  return ATR_OK;
}

void atr__tensor_retain(atr_tensor *tensor) {
  atomic_fetch_add(&tensor->references, 1);
}

atr_status atr_tensor_create(atr_context *context, atr_type type, const atr_shape *shape, atr_error *error,
                             atr_tensor **tensor) {
  *tensor = NULL;
  int64_t count;
  atr_status status = atr__shape_count(shape, error, &count);
  if (status) return status;
  if (!atr_type_size(type))
    return atr__fail(error, ATR_E_PARAM, "element type %d is not supported", (int)type);
  const uint64_t bytes = ((uint64_t)count * atr_type_size(type) + 63) / 64 * 64 + (count ? 0 : 64);
  atr__buffer *buffer;
  status = atr__context_alloc(context, bytes, error, &buffer);
  return status ? status : atr__tensor_new(context, buffer, bytes, 0, type, shape, error, tensor);
}

atr_type atr_tensor_type(const atr_tensor *tensor) {
  return tensor->type;
}
atr_shape atr_tensor_shape(const atr_tensor *tensor) {
  return tensor->shape;
}

void atr_tensor_destroy(atr_tensor *tensor) {
  if (!tensor || atomic_fetch_sub(&tensor->references, 1) != 1) return;
  atr_context *context = tensor->context;
  free_buffer(context, tensor->buffer, tensor->bytes, tensor->wrapped);
  atr__free(tensor);
  atr__context_release(context);
}

static atr_status check_bytes(const atr_tensor *tensor, size_t bytes, atr_error *error) {
  const size_t own = (size_t)atr__shape_size(&tensor->shape) * atr_type_size(tensor->type);
  char text[ATR__SHAPE_TEXT];
  if (own == bytes) return ATR_OK;
  return atr__fail(error, ATR_E_PARAM, "the tensor is %s%s, %zu bytes; %zu were given",
                   atr_type_name(tensor->type), atr__shape_text(&tensor->shape, text), own, bytes);
}

atr_status atr_tensor_write(atr_tensor *tensor, const void *data, size_t bytes, atr_error *error) {
  atr_status status = check_bytes(tensor, bytes, error);
  if (status || !bytes) return status;
  atr_context *context = tensor->context;
  atr__mutex_lock(context->lock);
  status = context->backend->write(context->queue, tensor->buffer, 0, data, bytes, error);
  atr__mutex_unlock(context->lock);
  return status;
}

atr_status atr_tensor_read(atr_tensor *tensor, void *data, size_t bytes, atr_error *error) {
  atr_status status = check_bytes(tensor, bytes, error);
  if (status || !bytes) return status;
  atr_context *context = tensor->context;
  atr__mutex_lock(context->lock);
  status = context->backend->read(context->queue, tensor->buffer, 0, data, bytes, error);
  atr__mutex_unlock(context->lock);
  return status;
}
