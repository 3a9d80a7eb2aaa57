/* tensor.h: element types, shapes, and tensors that live on a context's device.
 *
 * Layouts at the interface are dense and row-major: the last dimension is contiguous. Images are NCHW
 * ([n][c][h][w]) unless a plan was asked for NHWC; series are [n][c][t]. */
#ifndef ATROUS_TENSOR_H
#define ATROUS_TENSOR_H

#include <atrous/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ONNX's numbers (TensorProto.DataType). Kernels compute in f32; the integer types carry indices, labels and
 * shapes. */
typedef enum atr_type {
  ATR_TYPE_NONE = 0,
  ATR_F32 = 1,
  ATR_U8 = 2,
  ATR_I8 = 3,
  ATR_I32 = 6,
  ATR_I64 = 7,
  ATR_BOOL = 9, /* one byte, 0 or 1 */
  ATR_F16 = 10,
  ATR_F64 = 11
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

#ifdef __cplusplus
}
#endif
#endif
