/* conv.c: convolution in one, two or three dimensions with stride, dilation, groups and padding on each side.
 *
 * y[n,oc,o] = b[oc] + sum over ic of the group, then taps k, of w[oc,ic,k] · x[n,ic, o·stride + k·dilation -
 * pad]; out = floor((in + pads - (dilation·(filter - 1) + 1)) / stride) + 1. Canonical order of accumulation:
 * from the bias, ic outermost, then taps ascending, the last dimension innermost; taps in the padding are
 * skipped. Source: ONNX Conv-11. The gradients are operators of their own, see conv_grad.c. */
#include "config.h"

#include "op/conv.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "op/grad.h"
#include "tensor/shape.h"

atr_status atr__conv_ints(atr__infer *infer, const char *name, size_t n, int64_t otherwise, int64_t low,
                          int64_t *values) {
  size_t given;
  const int64_t *list = atr__attrs_ints(infer->attrs, name, &given);
  for (size_t i = 0; i < n; i++) values[i] = otherwise;
  if (!list) return ATR_OK;
  if (given != n)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: %s has %zu values, must have %zu for this input",
                     infer->op->name, name, given, n);
  for (size_t i = 0; i < n; i++) {
    if (list[i] < low)
      return atr__fail(infer->error, ATR_E_PARAM, "%s: %s[%zu] is %" PRId64 ", must be at least %" PRId64,
                       infer->op->name, name, i, list[i], low);
    if (list[i] > ATR__COORDINATE_MAX)
      return atr__fail(infer->error, ATR_E_LIMIT, "%s: %s[%zu] is %" PRId64 ", must be at most %d",
                       infer->op->name, name, i, list[i], ATR__COORDINATE_MAX);
    values[i] = list[i];
  }
  return ATR_OK;
}

atr_status atr__conv_auto_pad(atr__infer *infer, atr__auto_pad *result) {
  static const char *const name[] = { "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER" };
  const char *text = atr__attrs_string(infer->attrs, "auto_pad", "NOTSET");
  for (int i = 0; i < 4; i++)
    if (!strcmp(text, name[i])) {
      *result = (atr__auto_pad)i;
      return ATR_OK;
    }
  return atr__fail(infer->error, ATR_E_PARAM,
                   "%s: auto_pad is \"%.40s\", must be NOTSET, VALID, SAME_UPPER or SAME_LOWER",
                   infer->op->name, text);
}

static atr_status check_channels(atr__infer *infer, const atr_shape *x, const atr_shape *w, int64_t group) {
  const char *op = infer->op->name;
  if (group < 1)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: group is %" PRId64 ", must be at least 1", op, group);
  if (x->dim[1] % group)
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: %" PRId64 " input channels cannot be divided into %" PRId64 " groups", op,
                     x->dim[1], group);
  if (w->dim[0] % group)
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: %" PRId64 " output channels cannot be divided into %" PRId64 " groups", op,
                     w->dim[0], group);
  if (w->dim[1] != x->dim[1] / group)
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: the input has %" PRId64 " channels in %" PRId64
                     " group(s), so the filter must take %" PRId64 ", but it takes %" PRId64,
                     op, x->dim[1], group, x->dim[1] / group, w->dim[1]);
  return ATR_OK;
}

/* Output length and padding before, along one dimension. */
static atr_status extent(atr__infer *infer, int axis, atr__auto_pad mode, int64_t in, int64_t filter,
                         int64_t stride, int64_t dilation, int64_t after, int64_t *pad, int64_t *out) {
  const char *op = infer->op->name;
  if (filter < 1)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: the filter has length %" PRId64 " along spatial axis %d",
                     op, filter, axis);
  int64_t window;
  if (atr__mul_i64(dilation, filter - 1, &window) || window >= ATR__COORDINATE_MAX)
    return atr__fail(infer->error, ATR_E_LIMIT,
                     "%s: filter length %" PRId64 " with dilation %" PRId64
                     " along spatial axis %d reaches too far",
                     op, filter, dilation, axis);
  window += 1;
  if (mode == ATR__PAD_SAME_UPPER || mode == ATR__PAD_SAME_LOWER) {
    *out = atr__ceil_div(in, stride);
    const int64_t total = in ? atr__max_i64(0, (*out - 1) * stride + window - in) : 0;
    *pad = mode == ATR__PAD_SAME_UPPER ? total / 2 : total - total / 2;
    return ATR_OK;
  }
  if (mode == ATR__PAD_VALID) *pad = after = 0;
  const int64_t padded = in + *pad + after;
  if (window > padded)
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: along spatial axis %d the window of %" PRId64 " (filter %" PRId64
                     ", dilation %" PRId64 ") is larger than the padded input of %" PRId64 " (%" PRId64
                     " + %" PRId64 " + %" PRId64 ")",
                     op, axis, window, filter, dilation, padded, *pad, in, after);
  *out = (padded - window) / stride + 1;
  return ATR_OK;
}

atr_status atr__conv_geometry(atr__infer *infer, const atr_shape *x, const atr_shape *w, atr__conv_params *p,
                              atr_shape *y) {
  int64_t unused;
  if (x->rank < 3 || x->rank > 5 || w->rank != x->rank) {
    char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
    return atr__fail(
        infer->error, ATR_E_SHAPE,
        "%s: input %s and filter %s must have the same rank, 3 to 5 ([n,c,…] and [oc,c/group,…])",
        infer->op->name, atr__shape_text(x, a), atr__shape_text(w, b));
  }
  atr_status status = atr__shape_count(x, infer->error, &unused);
  if (!status) status = atr__shape_count(w, infer->error, &unused);
  if (status) return status;

  const size_t spatial = (size_t)x->rank - 2, first = 3 - spatial;
  int64_t pads[6] = { 0 }, kernel[3];
  atr__auto_pad mode = ATR__PAD_NOTSET;
  p->spatial = (int)spatial;
  p->n = x->dim[0];
  p->c = x->dim[1];
  p->oc = w->dim[0];
  p->group = atr__attrs_int(infer->attrs, "group", 1);
  for (size_t i = 0; i < first; i++) {
    p->in[i] = p->out[i] = p->filter[i] = p->stride[i] = p->dilation[i] = 1;
    p->pad[i] = 0;
  }
  if ((status = check_channels(infer, x, w, p->group)) || (status = atr__conv_auto_pad(infer, &mode)) ||
      (status = atr__conv_ints(infer, "strides", spatial, 1, 1, p->stride + first)) ||
      (status = atr__conv_ints(infer, "dilations", spatial, 1, 1, p->dilation + first)) ||
      (status = atr__conv_ints(infer, "pads", 2 * spatial, 0, 0, pads)) ||
      (status = atr__conv_ints(infer, "kernel_shape", spatial, -1, 1, kernel)))
    return status;

  y->rank = x->rank;
  y->dim[0] = p->n;
  y->dim[1] = p->oc;
  for (size_t i = 0; i < spatial; i++) {
    const size_t k = first + i;
    p->in[k] = x->dim[2 + i];
    p->filter[k] = w->dim[2 + i];
    p->pad[k] = pads[i];
    if (kernel[i] != -1 && kernel[i] != p->filter[k])
      return atr__fail(infer->error, ATR_E_SHAPE,
                       "%s: kernel_shape[%zu] is %" PRId64 ", but the filter has length %" PRId64 " there",
                       infer->op->name, i, kernel[i], p->filter[k]);
    if ((status = extent(infer, (int)i, mode, p->in[k], p->filter[k], p->stride[k], p->dilation[k],
                         pads[spatial + i], &p->pad[k], &p->out[k])))
      return status;
    if (p->filter[k] == 1) p->dilation[k] = 1;
    if (p->out[k] == 1) p->stride[k] = 1;
    y->dim[2 + i] = p->out[k];
  }
  return atr__shape_count(y, infer->error, &unused);
}

int64_t atr__conv_flops(const void *params, const atr_shape *in, const atr_shape *out) {
  (void)in, (void)out;
  const atr__conv_params *p = params;
  return 2 * p->n * p->oc * (p->c / p->group) * p->filter[0] * p->filter[1] * p->filter[2] * p->out[0] *
         p->out[1] * p->out[2];
}

static atr_status infer(atr__infer *infer) {
  atr_status status = atr__infer_need_f32(infer, 0);
  if (!status) status = atr__infer_need_f32(infer, 1);
  if (!status)
    status = atr__conv_geometry(infer, &infer->in_shape[0], &infer->in_shape[1], infer->params,
                                &infer->out_shape[0]);
  if (status) return status;
  infer->out_type[0] = ATR_F32;
  if (infer->n_in < 3 || infer->in_type[2] == ATR_TYPE_NONE) return ATR_OK;
  if ((status = atr__infer_need_f32(infer, 2))) return status;
  const atr_shape *b = &infer->in_shape[2];
  if (b->rank == 1 && b->dim[0] == infer->in_shape[1].dim[0]) return ATR_OK;
  char text[ATR__SHAPE_TEXT];
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: the bias has shape %s, must be [%" PRId64 "]",
                   infer->op->name, atr__shape_text(b, text), infer->in_shape[1].dim[0]);
}

static atr_status gradient(atr__grad *grad) {
  const int dy = atr__grad_dy(grad, 0), x = atr__grad_in(grad, 0), w = atr__grad_in(grad, 1);
  if (!dy) return atr__grad_status(grad);
  if (atr__grad_wanted(grad, 0)) {
    const int in[] = { dy, w, atr__grad_shape_of(grad, x) };
    atr__grad_set(grad, 0,
                  atr__grad_node(grad, "org.atrous", "ConvGradInput", in, 3, atr__grad_attrs(grad), 1));
  }
  if (atr__grad_wanted(grad, 1)) {
    const int in[] = { x, dy, atr__grad_shape_of(grad, w) };
    atr__grad_set(grad, 1,
                  atr__grad_node(grad, "org.atrous", "ConvGradFilter", in, 3, atr__grad_attrs(grad), 1));
  }
  if (atr__grad_inputs(grad) > 2 && atr__grad_in(grad, 2) && atr__grad_wanted(grad, 2))
    atr__grad_set(grad, 2, atr__grad_node(grad, "org.atrous", "ConvGradBias", &dy, 1, NULL, 1));
  return atr__grad_status(grad);
}

const atr__op atr__op_conv = {
  .name = "Conv",
  .domain = "",
  .stem = "conv",
  .since = 11,
  .min_in = 2,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__conv_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  .flops = atr__conv_flops,
  ATR__HOST(conv),
  ATR__CL(conv),
#ifdef ATR_HAVE_OPENCL
  .pairs = atr__conv_pairs,
#endif
};
