/* quantize.h: what the quantized operators share: which scale an element has, and how a number becomes an
 * integer: rounded to the nearest, halves to even, plus the zero point, clamped to the type's range. */
#ifndef ATR_OP_QUANTIZE_H
#define ATR_OP_QUANTIZE_H

#include "op/op.h"

/* Element i, at (o, a, r) of [..][axis][inner], has scale o · outer_stride + a / block · axis_stride + r ·
 * inner_stride. */
typedef struct atr__quantize_params {
  int64_t axis, inner, block;
  int64_t outer_stride, axis_stride, inner_stride;
  int blocked,
      axis_at; /* what the gradient asks: one scale a block, and the axis of one a channel (-1: one) */
} atr__quantize_params;

ATR__DECLARE_OP(quantize_linear);
ATR__DECLARE_OP(dequantize_linear);
ATR__DECLARE_OP(dynamic_quantize_linear);

static inline int atr__is_byte(atr_type type) {
  return type == ATR_U8 || type == ATR_I8;
}
static inline int atr__is_short(atr_type type) {
  return type == ATR_U16 || type == ATR_I16;
}
/* The range of a type of 8 or 16 bits. */
static inline int atr__quantize_low(atr_type type) {
  return type == ATR_I8 ? -128 : type == ATR_I16 ? -32768 : 0;
}
static inline int atr__quantize_high(atr_type type) {
  return type == ATR_I8 ? 127 : type == ATR_I16 ? 32767 : type == ATR_U16 ? 65535 : 255;
}

/* The type of an input must be uint8 or int8, float32, or that of another; sentences name the input. */
atr_status atr__quantize_need_byte(atr__infer *infer, size_t input);
atr_status atr__quantize_need_type(atr__infer *infer, size_t input, atr_type type);
/* An input of one element. */
atr_status atr__quantize_need_one(atr__infer *infer, size_t input);

/* quantize_cl.c: how OpenCL C calls the type. */
const char *atr__quantize_cl_type(atr_type type);

#endif
