/* op.h: single operators on tensors, at once, without a model: ONNX's definitions, forward and backward.
 *
 * The first call with certain parameters, types and shapes compiles a plan of one node, which the context
 * keeps: later ones compile nothing and, where the result's tensor is given, allocate nothing on the device.
 * The last 64 such plans are kept; atr_context_destroy frees them. A network is faster as a model
 * (<atrous/build.h>): there kernels are fused and nothing waits in between.
 *
 * Rules of all of them. Every tensor is of the context given. A result is passed as the address of a tensor:
 * where that is NULL a tensor is made, which the caller destroys; else it must have the result's type and
 * shape, must not be one of the inputs, and is overwritten. Where an argument may be NULL itself, that is
 * said. On failure results are as before, or, once the device has begun, anything; a tensor made meanwhile is
 * gone and its pointer NULL. Calls block until the results are there. Any thread; calls of one context with
 * the same parameters, types and shapes take turns; one tensor is used by one thread at a time. Not from a
 * hook of the context. Statuses: ATR_E_PARAM (parameters, another context), ATR_E_SHAPE (shapes that do not
 * go together, an index from data out of range), ATR_E_UNSUPPORTED, ATR_E_LIMIT, ATR_E_NOMEM, ATR_E_DEVICE,
 * ATR_E_STRICT, ATR_E_CANCELLED. */
#ifndef ATROUS_OP_H
#define ATROUS_OP_H

#include <atrous/build.h>
#include <atrous/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Convolution: x [n][c][…] with one to three spatial axes, w [oc][c / groups][…], b [oc] or NULL, y
 * [n][oc][…]. Of the parameters groups, stride, dilation, pads and pad count; the filter's size and the
 * channels are w's. Since 0.1. */
ATR_TRY atr_conv_forward(atr_context *context, const atr_conv_params *params, atr_tensor *x, atr_tensor *w,
                         atr_tensor *b, atr_tensor **y, atr_error *error);
/* Its gradients from dy, y's gradient; dx, dw, db: each NULL where it is not wanted. Since 0.1. */
ATR_TRY atr_conv_backward(atr_context *context, const atr_conv_params *params, atr_tensor *x, atr_tensor *w,
                          atr_tensor *dy, atr_tensor **dx, atr_tensor **dw, atr_tensor **db,
                          atr_error *error);

/* Transposed convolution: x [n][c][…], w [c][oc / groups][…], b [oc] or NULL, y [n][oc][…], along an axis of
 * size stride·(in - 1) + output_padding + dilation·(filter - 1) + 1 - pads. */
typedef struct atr_conv_transpose_params {
  size_t size;
  int64_t groups, stride[3], dilation[3], output_padding[3];
  int64_t pads[6]; /* begin of every axis, then end of every axis */
} atr_conv_transpose_params;
#define ATR_CONV_TRANSPOSE_PARAMS_INIT                                                                       \
  {                                                                                                          \
    sizeof(atr_conv_transpose_params), 1, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 0, 0 }, {                           \
      0, 0, 0, 0, 0, 0                                                                                       \
    }                                                                                                        \
  }
/* Since 0.1. */
ATR_TRY atr_conv_transpose_forward(atr_context *context, const atr_conv_transpose_params *params,
                                   atr_tensor *x, atr_tensor *w, atr_tensor *b, atr_tensor **y,
                                   atr_error *error);
/* As atr_conv_backward. ATR_E_UNSUPPORTED where output_padding is not below stride: y then has a margin that
 * no element of x reaches. Since 0.1. */
ATR_TRY atr_conv_transpose_backward(atr_context *context, const atr_conv_transpose_params *params,
                                    atr_tensor *x, atr_tensor *w, atr_tensor *dy, atr_tensor **dx,
                                    atr_tensor **dw, atr_tensor **db, atr_error *error);

/* The greatest element of each window of x [n][c][…]; filter, stride, dilation, pads and pad count. indices
 * (NULL: not wanted): int64, where in all of x each came from. Since 0.1. */
ATR_TRY atr_max_pool_forward(atr_context *context, const atr_conv_params *params, atr_tensor *x,
                             atr_tensor **y, atr_tensor **indices, atr_error *error);
/* The gradient to x, which has this shape. Since 0.1. */
ATR_TRY atr_max_pool_backward(atr_context *context, const atr_conv_params *params, const atr_shape *shape,
                              atr_tensor *dy, atr_tensor *indices, atr_tensor **dx, atr_error *error);

/* The inverse of max pooling: each element of x goes where its index says, all else is 0; of several for one
 * place the last counts. y has the shape given, which must be that of the tensor that was pooled; NULL: the
 * smallest tensor that is pooled to x by this filter, stride and pads (explicit ones). Since 0.1. */
ATR_TRY atr_max_unpool_forward(atr_context *context, const atr_conv_params *params, atr_tensor *x,
                               atr_tensor *indices, const atr_shape *shape, atr_tensor **y, atr_error *error);
/* The gradient to x; takes a work tensor of dy's size meanwhile. Since 0.1. */
ATR_TRY atr_max_unpool_backward(atr_context *context, atr_tensor *dy, atr_tensor *indices, atr_tensor **dx,
                                atr_error *error);

/* Resizing of the spatial axes of [n][c][…], one to three of them. Names and meanings are those of ONNX's
 * Resize. */
typedef enum atr_resize_mode { ATR_RESIZE_NEAREST, ATR_RESIZE_LINEAR, ATR_RESIZE_CUBIC } atr_resize_mode;
/* Where output o lies in the input, for a scale s (out / in where the sizes are given). */
typedef enum atr_resize_coordinates {
  ATR_RESIZE_HALF_PIXEL,           /* (o + ½) / s - ½ */
  ATR_RESIZE_HALF_PIXEL_SYMMETRIC, /* the same about the middle where s·in is no whole number */
  ATR_RESIZE_PYTORCH_HALF_PIXEL,   /* the same, but 0 where the output has size 1 */
  ATR_RESIZE_ALIGN_CORNERS,        /* o·(in - 1) / (out - 1) */
  ATR_RESIZE_ASYMMETRIC,           /* o / s */
  ATR_RESIZE_CROP /* of the part start … end of the input, 0 and 1 being the centres of its first and last
                     element (tf_crop_and_resize); outside the input the result is `outside` */
} atr_resize_coordinates;
typedef enum atr_resize_nearest {
  ATR_RESIZE_ROUND_PREFER_FLOOR,
  ATR_RESIZE_ROUND_PREFER_CEIL,
  ATR_RESIZE_FLOOR,
  ATR_RESIZE_CEIL
} atr_resize_nearest;
typedef struct atr_resize_params {
  size_t size;
  atr_resize_mode mode;
  atr_resize_coordinates coordinates;
  atr_resize_nearest nearest; /* which neighbour */
  int antialias;              /* a filter as wide as what it stands for, where the result is smaller */
  int exclude_outside;        /* weights outside the input are left out instead of given to the edge */
  float cubic;                /* the cubic's coefficient a */
  int64_t out[3];             /* the spatial sizes; all 0: by scale */
  float scale[3];
  float start[3], end[3], outside; /* ATR_RESIZE_CROP's */
} atr_resize_params;
#define ATR_RESIZE_PARAMS_INIT                                                                               \
  {                                                                                                          \
    sizeof(atr_resize_params), ATR_RESIZE_LINEAR, ATR_RESIZE_HALF_PIXEL, ATR_RESIZE_ROUND_PREFER_FLOOR, 0,   \
        0, -.75f, { 0, 0, 0 }, { 1, 1, 1 }, { 0, 0, 0 }, { 1, 1, 1 }, 0                                      \
  }
/* Since 0.1. */
ATR_TRY atr_resize_forward(atr_context *context, const atr_resize_params *params, atr_tensor *x,
                           atr_tensor **y, atr_error *error);
/* The gradient to x, which has this shape. Since 0.1. */
ATR_TRY atr_resize_backward(atr_context *context, const atr_resize_params *params, const atr_shape *shape,
                            atr_tensor *dy, atr_tensor **dx, atr_error *error);

/* y = alpha·a'·b' + beta·c for matrices; a' is a or, with trans_a, its transpose; c (NULL: none) is broadcast
 * to y's shape. Its gradients are products of the same kind. */
typedef struct atr_gemm_params {
  size_t size;
  float alpha, beta;
  int trans_a, trans_b;
} atr_gemm_params;
#define ATR_GEMM_PARAMS_INIT                                                                                 \
  { sizeof(atr_gemm_params), 1, 1, 0, 0 }
/* Since 0.1. */
ATR_TRY atr_gemm_forward(atr_context *context, const atr_gemm_params *params, atr_tensor *a, atr_tensor *b,
                         atr_tensor *c, atr_tensor **y, atr_error *error);

/* exp(x) over its sum along an axis (negative: from the end). Since 0.1. */
ATR_TRY atr_softmax_forward(atr_context *context, int axis, atr_tensor *x, atr_tensor **y, atr_error *error);
/* The gradient to x, from y itself and its gradient. Since 0.1. */
ATR_TRY atr_softmax_backward(atr_context *context, int axis, atr_tensor *y, atr_tensor *dy, atr_tensor **dx,
                             atr_error *error);

/* The recurrent layer h' = f(W·x + R·h + Wb + Rb) along x [t][n][features]: w [d][hid][features], r
 * [d][hid][hid], b (NULL: 0) [d][2·hid], Wb before Rb, h0 (NULL: 0) [d][n][hid], d being 2 for both
 * directions, else 1. y [t][d][n][hid] is every step's h, last [d][n][hid] the last one of each direction;
 * either may be NULL. */
typedef enum atr_rnn_direction { ATR_RNN_FORWARD, ATR_RNN_REVERSE, ATR_RNN_BIDIRECTIONAL } atr_rnn_direction;
typedef enum atr_rnn_activation { ATR_RNN_TANH, ATR_RNN_RELU, ATR_RNN_SIGMOID } atr_rnn_activation;
typedef struct atr_rnn_params {
  size_t size;
  atr_rnn_direction direction;
  atr_rnn_activation activation; /* of both directions */
  float clip;                    /* what enters f is kept within ± this; 0: not */
} atr_rnn_params;
#define ATR_RNN_PARAMS_INIT                                                                                  \
  { sizeof(atr_rnn_params), ATR_RNN_FORWARD, ATR_RNN_TANH, 0 }
/* Since 0.1. */
ATR_TRY atr_rnn_forward(atr_context *context, const atr_rnn_params *params, atr_tensor *x, atr_tensor *w,
                        atr_tensor *r, atr_tensor *b, atr_tensor *h0, atr_tensor **y, atr_tensor **last,
                        atr_error *error);
/* Its gradients, through time, from those of y and last (either may be NULL: 0); each result NULL where it is
 * not wanted. Since 0.1. */
ATR_TRY atr_rnn_backward(atr_context *context, const atr_rnn_params *params, atr_tensor *x, atr_tensor *w,
                         atr_tensor *r, atr_tensor *b, atr_tensor *h0, atr_tensor *dy, atr_tensor *dlast,
                         atr_tensor **dx, atr_tensor **dw, atr_tensor **dr, atr_tensor **db, atr_tensor **dh0,
                         atr_error *error);

#ifdef __cplusplus
}
#endif
#endif
