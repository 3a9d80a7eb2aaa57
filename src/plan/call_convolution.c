/* call_convolution.c: the calls of <atrous/op.h> that slide a window: convolution, transposed convolution,
 * pooling. They only name operators and attributes; the operators check. */
#include "config.h"

#include <atrous/op.h>

#include "plan/call.h"
#include "tensor/tensor.h"

enum { FILTER = 2 }; /* bit of input 1 */

static const char org[] = "org.atrous";

static atr_attribute ints(const char *name, const int64_t *values, int n) {
  return (atr_attribute){ .name = name, .kind = ATR_ATTRIBUTE_INTS, .ints = values, .n = (size_t)n };
}
static atr_attribute integer(const char *name, int64_t value) {
  return (atr_attribute){ .name = name, .kind = ATR_ATTRIBUTE_INT, .i = value };
}

static atr__call_input tensor(const char *name, atr_tensor *t) {
  return (atr__call_input){ .name = name, .tensor = t };
}
static atr__call_input shape(const char *name, const atr_shape *s) {
  return (atr__call_input){ .name = name, .type = ATR_I64, .n = (size_t)s->rank, .data = s->dim };
}

/* The attributes of a window: those of the operator, with the arrays that they point to. */
typedef struct {
  int64_t filter[3], pads[6];
  atr_attribute list[6];
  size_t n;
} window;

static int sizes_ok(const int64_t *values, int n) {
  for (int i = 0; i < n; i++)
    if (values[i] < 1 || values[i] > INT32_MAX) return 0;
  return 1;
}

/* p's window over `axes` axes; filter: its lengths. Padding is written out, save SAME with strides, which
 * depends on the input. */
static atr_status make_window(const char *what, const atr_conv_params *p, const int64_t *filter, int axes,
                              atr_error *error, window *w) {
  w->n = 0;
  if (p->size != sizeof *p)
    return atr__fail(error, ATR_E_PARAM, "%s: atr_conv_params.size is %zu, must be %zu", what, p->size,
                     sizeof *p);
  if (axes < 1 || axes > 3)
    return atr__fail(error, ATR_E_SHAPE, "%s: x has %d spatial axes, must have 1 to 3", what, axes);
  if (!sizes_ok(filter, axes) || !sizes_ok(p->stride, axes) || !sizes_ok(p->dilation, axes))
    return atr__fail(error, ATR_E_PARAM, "%s: filter, stride and dilation must be at least 1", what);
  const int causal = p->pad == ATR_PAD_CAUSAL;
  int strided = 0;
  for (int i = 0; i < axes; i++) strided |= p->stride[i] > 1;
  for (int i = 0; i < 2 * axes; i++) w->pads[i] = p->pad == ATR_PAD_EXPLICIT ? p->pads[i] : 0;
  for (int i = 0; i < axes; i++) {
    const int64_t total = (filter[i] - 1) * p->dilation[i];
    w->filter[i] = filter[i];
    if (p->pad != ATR_PAD_SAME && !causal) continue;
    w->pads[i] = causal && !i ? total : total / 2;
    w->pads[axes + i] = causal && !i ? 0 : total - total / 2;
  }
  w->list[w->n++] = ints("kernel_shape", w->filter, axes);
  w->list[w->n++] = ints("strides", p->stride, axes);
  w->list[w->n++] = ints("dilations", p->dilation, axes);
  w->list[w->n++] =
      p->pad == ATR_PAD_SAME && strided
          ? (atr_attribute){ .name = "auto_pad", .kind = ATR_ATTRIBUTE_STRING, .s = "SAME_UPPER" }
          : ints("pads", w->pads, 2 * axes);
  return ATR_OK;
}

static atr_status conv_window(const atr_conv_params *p, const atr_tensor *x, const atr_tensor *w,
                              atr_error *error, window *to) {
  if (w->shape.rank != x->shape.rank)
    return atr__fail(error, ATR_E_SHAPE, "Conv: x has %d dimensions, the filter %d", x->shape.rank,
                     w->shape.rank);
  const atr_status status = make_window("Conv", p, w->shape.dim + 2, x->shape.rank - 2, error, to);
  if (!status) to->list[to->n++] = integer("group", p->groups);
  return status;
}

atr_status atr_conv_forward(atr_context *context, const atr_conv_params *params, atr_tensor *x, atr_tensor *w,
                            atr_tensor *b, atr_tensor **y, atr_error *error) {
  window v;
  const atr_status status = conv_window(params, x, w, error, &v);
  if (status) return status;
  const atr__tensor_call call = { .op = "Conv",
                                  .attributes = v.list,
                                  .n_attributes = v.n,
                                  .in = { tensor("x", x), tensor("w", w), tensor("b", b) },
                                  .n_in = 3,
                                  .weights = FILTER,
                                  .out_name = { "y" },
                                  .out = { y },
                                  .n_out = 1 };
  return atr__op_call(context, &call, error);
}

static atr_status bias_gradient(atr_context *context, atr_tensor *dy, atr_tensor **db, atr_error *error) {
  const atr__tensor_call call = { .domain = org,
                                  .op = "ConvGradBias",
                                  .in = { tensor("dy", dy) },
                                  .n_in = 1,
                                  .out_name = { "db" },
                                  .out = { db },
                                  .n_out = 1 };
  return db ? atr__op_call(context, &call, error) : ATR_OK;
}

/* dw of a convolution of `from` that gave something with the gradient `back`. */
static atr_status filter_gradient(atr_context *context, const window *v, atr__call_input from,
                                  atr__call_input back, const atr_tensor *w, atr_tensor **dw,
                                  atr_error *error) {
  const atr__tensor_call call = { .domain = org,
                                  .op = "ConvGradFilter",
                                  .attributes = v->list,
                                  .n_attributes = v->n,
                                  .in = { from, back, shape("shape", &w->shape) },
                                  .n_in = 3,
                                  .out_name = { "dw" },
                                  .out = { dw },
                                  .n_out = 1 };
  return dw ? atr__op_call(context, &call, error) : ATR_OK;
}

atr_status atr_conv_backward(atr_context *context, const atr_conv_params *params, atr_tensor *x,
                             atr_tensor *w, atr_tensor *dy, atr_tensor **dx, atr_tensor **dw, atr_tensor **db,
                             atr_error *error) {
  window v;
  atr_status status = conv_window(params, x, w, error, &v);
  if (status) return status;
  const atr__tensor_call call = { .domain = org,
                                  .op = "ConvGradInput",
                                  .attributes = v.list,
                                  .n_attributes = v.n,
                                  .in = { tensor("dy", dy), tensor("w", w), shape("shape", &x->shape) },
                                  .n_in = 3,
                                  .weights = FILTER,
                                  .out_name = { "dx" },
                                  .out = { dx },
                                  .n_out = 1 };
  if (dx) status = atr__op_call(context, &call, error);
  if (!status) status = filter_gradient(context, &v, tensor("x", x), tensor("dy", dy), w, dw, error);
  return status ? status : bias_gradient(context, dy, db, error);
}

static atr_status transpose_window(const atr_conv_transpose_params *p, const atr_tensor *x,
                                   const atr_tensor *w, atr_error *error, window *to) {
  if (p->size != sizeof *p)
    return atr__fail(error, ATR_E_PARAM, "ConvTranspose: atr_conv_transpose_params.size is %zu, must be %zu",
                     p->size, sizeof *p);
  if (w->shape.rank != x->shape.rank)
    return atr__fail(error, ATR_E_SHAPE, "ConvTranspose: x has %d dimensions, the filter %d", x->shape.rank,
                     w->shape.rank);
  atr_conv_params same = ATR_CONV_PARAMS_INIT;
  for (int i = 0; i < 3; i++) {
    same.stride[i] = p->stride[i];
    same.dilation[i] = p->dilation[i];
    same.pads[i] = p->pads[i];
    same.pads[3 + i] = p->pads[3 + i];
  }
  const int axes = x->shape.rank - 2;
  const atr_status status = make_window("ConvTranspose", &same, w->shape.dim + 2, axes, error, to);
  if (status) return status;
  to->list[1] = ints("strides", p->stride, axes); /* `same` does not outlive this */
  to->list[2] = ints("dilations", p->dilation, axes);
  to->list[to->n++] = integer("group", p->groups);
  return ATR_OK;
}

atr_status atr_conv_transpose_forward(atr_context *context, const atr_conv_transpose_params *params,
                                      atr_tensor *x, atr_tensor *w, atr_tensor *b, atr_tensor **y,
                                      atr_error *error) {
  window v;
  const atr_status status = transpose_window(params, x, w, error, &v);
  if (status) return status;
  v.list[v.n++] = ints("output_padding", params->output_padding, x->shape.rank - 2);
  const atr__tensor_call call = { .op = "ConvTranspose",
                                  .attributes = v.list,
                                  .n_attributes = v.n,
                                  .in = { tensor("x", x), tensor("w", w), tensor("b", b) },
                                  .n_in = 3,
                                  .weights = FILTER,
                                  .out_name = { "y" },
                                  .out = { y },
                                  .n_out = 1 };
  return atr__op_call(context, &call, error);
}

/* y is the gradient of a convolution to its input: so dx is that convolution of dy, and dw its filter's
 * gradient. */
atr_status atr_conv_transpose_backward(atr_context *context, const atr_conv_transpose_params *params,
                                       atr_tensor *x, atr_tensor *w, atr_tensor *dy, atr_tensor **dx,
                                       atr_tensor **dw, atr_tensor **db, atr_error *error) {
  window v;
  atr_status status = transpose_window(params, x, w, error, &v);
  if (status) return status;
  for (int i = 0; i < x->shape.rank - 2; i++)
    if (params->output_padding[i] >= params->stride[i])
      return atr__fail(error, ATR_E_UNSUPPORTED,
                       "ConvTranspose: an output_padding of %lld for a stride of %lld has no gradient here",
                       (long long)params->output_padding[i], (long long)params->stride[i]);
  const atr__tensor_call call = { .op = "Conv",
                                  .attributes = v.list,
                                  .n_attributes = v.n,
                                  .in = { tensor("dy", dy), tensor("w", w) },
                                  .n_in = 2,
                                  .weights = FILTER,
                                  .out_name = { "dx" },
                                  .out = { dx },
                                  .n_out = 1 };
  if (dx) status = atr__op_call(context, &call, error);
  if (!status) status = filter_gradient(context, &v, tensor("dy", dy), tensor("x", x), w, dw, error);
  return status ? status : bias_gradient(context, dy, db, error);
}

atr_status atr_max_pool_forward(atr_context *context, const atr_conv_params *params, atr_tensor *x,
                                atr_tensor **y, atr_tensor **indices, atr_error *error) {
  window v;
  const atr_status status = make_window("MaxPool", params, params->filter, x->shape.rank - 2, error, &v);
  if (status) return status;
  const atr__tensor_call call = { .op = "MaxPool",
                                  .attributes = v.list,
                                  .n_attributes = v.n,
                                  .in = { tensor("x", x) },
                                  .n_in = 1,
                                  .out_name = { "y", "indices" },
                                  .out = { y, indices },
                                  .n_out = 2 };
  return atr__op_call(context, &call, error);
}

atr_status atr_max_pool_backward(atr_context *context, const atr_conv_params *params, const atr_shape *of_x,
                                 atr_tensor *dy, atr_tensor *indices, atr_tensor **dx, atr_error *error) {
  window v;
  const atr_status status = make_window("MaxPool", params, params->filter, of_x->rank - 2, error, &v);
  if (status) return status;
  const atr__tensor_call call = { .domain = org,
                                  .op = "MaxPoolGrad",
                                  .attributes = v.list,
                                  .n_attributes = v.n,
                                  .in = { tensor("dy", dy), tensor("indices", indices),
                                          shape("shape", of_x) },
                                  .n_in = 3,
                                  .out_name = { "dx" },
                                  .out = { dx },
                                  .n_out = 1 };
  return atr__op_call(context, &call, error);
}

atr_status atr_max_unpool_forward(atr_context *context, const atr_conv_params *params, atr_tensor *x,
                                  atr_tensor *indices, const atr_shape *of_y, atr_tensor **y,
                                  atr_error *error) {
  window v;
  const atr_status status = make_window("MaxUnpool", params, params->filter, x->shape.rank - 2, error, &v);
  if (status) return status;
  if (!of_y && (params->pad == ATR_PAD_SAME || params->pad == ATR_PAD_CAUSAL))
    return atr__fail(error, ATR_E_PARAM, "MaxUnpool: without y's shape the padding must be given as pads");
  const atr_attribute list[] = { v.list[0], v.list[1], ints("pads", v.pads, 2 * (x->shape.rank - 2)) };
  const atr__call_input none = { 0 };
  const atr__tensor_call call = { .op = "MaxUnpool",
                                  .attributes = list,
                                  .n_attributes = 3,
                                  .in = { tensor("x", x), tensor("indices", indices),
                                          of_y ? shape("shape", of_y) : none },
                                  .n_in = 3,
                                  .out_name = { "y" },
                                  .out = { y },
                                  .n_out = 1 };
  return atr__op_call(context, &call, error);
}

atr_status atr_max_unpool_backward(atr_context *context, atr_tensor *dy, atr_tensor *indices, atr_tensor **dx,
                                   atr_error *error) {
  atr_tensor *source = NULL; /* which element of x each of y's is */
  const atr__tensor_call find = { .domain = org,
                                  .op = "MaxUnpoolSource",
                                  .in = { tensor("indices", indices), shape("shape", &dy->shape) },
                                  .n_in = 2,
                                  .out_name = { "source" },
                                  .out = { &source },
                                  .n_out = 1 };
  atr_status status = atr__op_call(context, &find, error);
  if (status) return status;
  const atr__tensor_call call = { .domain = org,
                                  .op = "MaxUnpoolGrad",
                                  .in = { tensor("dy", dy), tensor("indices", indices),
                                          tensor("source", source) },
                                  .n_in = 3,
                                  .out_name = { "dx" },
                                  .out = { dx },
                                  .n_out = 1 };
  status = atr__op_call(context, &call, error);
  atr_tensor_destroy(source);
  return status;
}
