/* pool_window.h: the geometry of a pooling window, shared by the pooling operators. Series, images and
 * volumes are all seen as [n][c][d][h][w] with dimensions of 1 in front, so one loop serves the three.
 *
 * Output sizes are ONNX's; with ceil_mode a last window that would start beyond the input and its leading
 * padding is dropped, as PyTorch does and ONNX says since opset 22. */
#ifndef ATR_OP_POOL_WINDOW_H
#define ATR_OP_POOL_WINDOW_H

#include "op/op.h"

typedef struct atr__pool_window {
  int64_t planes; /* n · c */
  int rank;       /* 1 to 3 spatial dimensions; below, they fill the last places */
  int64_t in[3], out[3], filter[3], stride[3], dilation[3], pad[3]; /* pad: in front */
  int64_t pad_end[3];
} atr__pool_window;

/* From the attributes kernel_shape, strides, pads, auto_pad, dilations, ceil_mode and the shape [n][c][…] of
 * the pooled tensor. Every window has at least one tap inside the input. */
atr_status atr__pool_window_infer(const atr__infer *infer, const atr_shape *x, atr__pool_window *window);

/* The one window of a global pooling: all of [d][h][w], seen as a series. */
atr_status atr__pool_window_global(const atr__infer *infer, const atr_shape *x, atr__pool_window *window);

/* The output's shape. */
atr_shape atr__pool_window_shape(const atr__pool_window *window, const atr_shape *x);

/* The taps [*first, *end) of the window at output position o along dimension k that lie inside the input. */
void atr__pool_window_taps(const atr__pool_window *window, int k, int64_t o, int64_t *first, int64_t *end);

/* The windows [*first, *last] along dimension k that reach over input position `at`; with a dilation not each
 * of them has a tap there. */
void atr__pool_window_over(const atr__pool_window *window, int k, int64_t at, int64_t *first, int64_t *last);

/* Launches: 18 words of argument block, words 1 to 18 of kernels/pool.clh. */
void atr__pool_window_push(atr__cl_emit *emit, const atr__pool_window *window);

/* The operator of a pooling, ONNX's, and of its gradient, of org.atrous: what they share is everything but
 * the numbers of inputs and outputs. A file that uses it has infer_forward(infer, global), infer_grad(infer,
 * global), gradient(grad, name of the gradient's operator) and atr__STEM_params. */
#define ATR__POOL_OPS(pool, symbol, onnx, opset, global, grad_inputs, outputs)                               \
  static atr_status infer_##symbol(atr__infer *i) {                                                          \
    return infer_forward(i, global);                                                                         \
  }                                                                                                          \
  static atr_status infer_##symbol##_grad(atr__infer *i) {                                                   \
    return infer_grad(i, global);                                                                            \
  }                                                                                                          \
  static atr_status gradient_##symbol(atr__grad *g) {                                                        \
    return gradient(g, onnx "Grad");                                                                         \
  }                                                                                                          \
  const atr__op atr__op_##symbol##_grad = {                                                                  \
    .name = onnx "Grad",                                                                                     \
    .domain = "org.atrous",                                                                                  \
    .stem = #pool,                                                                                           \
    .since = 1,                                                                                              \
    .min_in = grad_inputs,                                                                                   \
    .max_in = grad_inputs,                                                                                   \
    .min_out = 1,                                                                                            \
    .max_out = 1,                                                                                            \
    .params_size = sizeof(atr__##pool##_params),                                                             \
    .infer = infer_##symbol##_grad,                                                                          \
    .differentiable = ATR__DIFF_NO,                                                                          \
    ATR__HOST(pool##_grad),                                                                                  \
    ATR__CL(pool##_grad),                                                                                    \
  };                                                                                                         \
  const atr__op atr__op_##symbol = {                                                                         \
    .name = onnx,                                                                                            \
    .domain = "",                                                                                            \
    .stem = #pool,                                                                                           \
    .since = opset,                                                                                          \
    .min_in = 1,                                                                                             \
    .max_in = 1,                                                                                             \
    .min_out = 1,                                                                                            \
    .max_out = outputs,                                                                                      \
    .params_size = sizeof(atr__##pool##_params),                                                             \
    .infer = infer_##symbol,                                                                                 \
    .differentiable = ATR__DIFF_YES,                                                                         \
    .gradient = gradient_##symbol,                                                                           \
    ATR__HOST(pool),                                                                                         \
    ATR__CL(pool),                                                                                           \
  }

#endif
