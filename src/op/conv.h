/* conv.h: what the parts of convolution and of its gradients share: the geometry.
 *
 * Every convolution has three spatial dimensions here: 2-D has depth 1, 1-D has depth and height 1 (leading
 * dimensions 1, strides and dilations 1, pads 0). The gradients carry the geometry of the convolution they
 * belong to; a transposed convolution that of the convolution whose input's gradient it is: its input is
 * `oc` and `out`, its output `c` and `in`. */
#ifndef ATR_OP_CONV_H
#define ATR_OP_CONV_H

#include <math.h>

#include "base/checked.h"
#include "op/op.h"

typedef enum atr__activation { ATR__ACT_NONE, ATR__ACT_RELU, ATR__ACT_CLIP } atr__activation;

typedef struct atr__conv_params {
  int spatial;                /* 1, 2 or 3: how many of the last dimensions are the user's */
  atr__activation activation; /* of the output of Conv and ConvTranspose; the planner's fuse pass sets it */
  float low, high;            /* of ATR__ACT_CLIP */
  int64_t n, c, oc, group;
  int64_t in[3], out[3], filter[3]; /* d h w */
  int64_t stride[3], dilation[3];   /* 1 where it makes no difference (one output, one tap) */
  int64_t pad[3];                   /* before the first; what is behind the last follows from `out` */
} atr__conv_params;

/* Pads, strides and dilations are bounded so that every coordinate fits 32 bits. */
enum { ATR__COORDINATE_MAX = 1 << 30 };

typedef enum atr__auto_pad {
  ATR__PAD_NOTSET,
  ATR__PAD_VALID,
  ATR__PAD_SAME_UPPER,
  ATR__PAD_SAME_LOWER
} atr__auto_pad;

/* A list of n integers from an attribute, `otherwise` in each where it is absent; and auto_pad. */
atr_status atr__conv_ints(atr__infer *infer, const char *name, size_t n, int64_t otherwise, int64_t low,
                          int64_t *values);
atr_status atr__conv_auto_pad(atr__infer *infer, atr__auto_pad *result);
/* Inputs of Conv and ConvTranspose that only the planner gives: a tensor added to the output before it is
 * clipped, and a factor a channel (input 2 is then the summand of the normalization that was joined; see
 * conv_epilogue.clh). */
enum { ATR__CONV_RESIDUAL = 3, ATR__CONV_FACTOR };

/* What the output is clipped to. */
static inline float atr__conv_low(const atr__conv_params *p) {
  return p->activation == ATR__ACT_RELU ? 0 : p->activation == ATR__ACT_CLIP ? p->low : -INFINITY;
}
static inline float atr__conv_high(const atr__conv_params *p) {
  return p->activation == ATR__ACT_CLIP ? p->high : INFINITY;
}

/* Fills the geometry from the attributes of `infer`, which are Conv's, and two shapes; y is the output's
 * shape. Sentences name the values that do not fit. */
atr_status atr__conv_geometry(atr__infer *infer, const atr_shape *x, const atr_shape *w, atr__conv_params *p,
                              atr_shape *y);
/* Multiplications and additions, the same for the forward pass and for both of the large gradients. */
int64_t atr__conv_flops(const void *params, const atr_shape *in, const atr_shape *out);

/* The outputs o in [0, out) with 0 <= o·stride + shift < in. */
static inline void atr__conv_valid(int64_t shift, int64_t stride, int64_t in, int64_t out, int64_t *low,
                                   int64_t *high) {
  *low = shift < 0 ? atr__ceil_div(-shift, stride) : 0;
  *high = atr__min_i64(out, atr__floor_div(in - 1 - shift, stride) + 1);
}

ATR__DECLARE_OP(conv);
extern const struct atr__cl_pair atr__conv_pairs[];
ATR__DECLARE_OP(conv_grad_input);
ATR__DECLARE_OP(conv_grad_filter);
ATR__DECLARE_OP(conv_grad_bias);
ATR__DECLARE_OP(conv_transpose);

/* Launches of the input's gradient for any device, which is the transposed convolution too, with what is
 * behind that. */
void atr__conv_push_input(atr__cl_emit *emit, const atr__cl_query *query, int transposed);
/* Launches: the 22 words of geometry with which every baseline kernel of convolution starts (conv.clh). */
void atr__conv_push(atr__cl_emit *emit, const atr__conv_params *p, int64_t count);
/* The eight words of conv_epilogue.clh, of Conv and ConvTranspose; NULL: none of it. */
void atr__conv_push_epilogue(atr__cl_emit *emit, const atr__conv_params *p);

#endif
