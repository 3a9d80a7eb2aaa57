/* tensor.h: element types, shapes, and tensors that live on a context's device.
 *
 * Layouts at the interface are dense and row-major: the last dimension is contiguous. Images are NCHW
 * ([n][c][h][w]) unless a plan was asked for NHWC; series are [n][c][t]. */
#ifndef ATROUS_TENSOR_H
#define ATROUS_TENSOR_H

#include <atrous/context.h>
#include <atrous/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ONNX's numbers (TensorProto.DataType). Tensors of every type can be stored, moved (Reshape, Concat, Gather
 * …) and cast. Floats are computed in f32: models read from files have their f16, bf16 and f64 ports
 * converted at the edge, models built in C do it by Cast. Integers are computed as they are. */
typedef enum atr_type {
  ATR_TYPE_NONE = 0,
  ATR_F32 = 1,
  ATR_U8 = 2,
  ATR_I8 = 3,
  ATR_U16 = 4,
  ATR_I16 = 5,
  ATR_I32 = 6,
  ATR_I64 = 7,
  ATR_BOOL = 9, /* one byte, 0 or 1 */
  ATR_F16 = 10, /* IEEE 754 binary16, two bytes */
  ATR_F64 = 11,
  ATR_U32 = 12,
  ATR_U64 = 13,
  ATR_BF16 = 16 /* the upper half of an f32 */
} atr_type;

enum { ATR_RANK_MAX = 8 };

/* A shape: rank 0 is a scalar; any dimension may be 0; -1 is a free dimension, allowed only in models. */
typedef struct atr_shape {
  int rank;
  int64_t dim[8];
} atr_shape;

/* The size of one element in bytes, 0 for ATR_TYPE_NONE and unknown numbers. Any thread. Since 0.1. */
ATR_API size_t atr_type_size(atr_type type);

/* The type's name as NumPy writes it ("float32"), "?" for unknown numbers. Static; any thread. Since 0.1. */
ATR_API const char *atr_type_name(atr_type type);

/* A tensor in a context's memory, for binding to runs (atr_run_bind). One thread at a time uses it. */
typedef struct atr_tensor atr_tensor;

/* A tensor of zeros. *tensor is freed by atr_tensor_destroy; the context must outlive it. Any thread.
 * ATR_E_PARAM (type), ATR_E_SHAPE, ATR_E_LIMIT, ATR_E_NOMEM, ATR_E_DEVICE. Since 0.1. */
ATR_TRY atr_tensor_create(atr_context *context, atr_type type, const atr_shape *shape, atr_error *error,
                          atr_tensor **tensor);
/* Copies all its values in or out, row-major, exactly its size. Block, but know nothing of what a run has
 * enqueued on a queue of its own: read after atr_run_read of that run, or after its event. ATR_E_PARAM
 * (size), ATR_E_DEVICE. Since 0.1. */
ATR_TRY atr_tensor_write(atr_tensor *tensor, const void *data, size_t bytes, atr_error *error);
ATR_TRY atr_tensor_read(atr_tensor *tensor, void *data, size_t bytes, atr_error *error);
/* Its type and shape. Any thread. Since 0.1. */
ATR_API atr_type atr_tensor_type(const atr_tensor *tensor);
ATR_API atr_shape atr_tensor_shape(const atr_tensor *tensor);
/* Runs it is bound to keep it. NULL: nothing. Since 0.1. */
ATR_API void atr_tensor_destroy(atr_tensor *tensor);

#ifdef __cplusplus
}
#endif
#endif
