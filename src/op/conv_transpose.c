/* conv_transpose.c: transposed convolution in one, two or three dimensions: the gradient of a convolution to
 * its input, with a bias.
 *
 * y[n,oc,i·stride + k·dilation - pad] = b[oc] + sum of w[c,oc,k] · x[n,c,i] over the channels c of the group
 * and every (i, k) that meet there. Along an axis natural = stride·(in - 1) + output_padding +
 * dilation·(filter - 1) + 1 and out = natural - pads. With output_shape, or with auto_pad SAME (out =
 * stride·in), pads follow from the size: half of natural - out on each side, an odd one behind with
 * SAME_UPPER, else in front; where out is more than natural, what is beyond it is bias alone. Canonical
 * order: from the bias, channels outermost, then positions of x ascending. Source: ONNX ConvTranspose-11. The
 * gradients are ordinary nodes: dx is Conv of dy, dw ConvGradFilter with dy for x. */
#include "config.h"

#include <inttypes.h>

#include "op/conv.h"
#include "op/grad.h"
#include "tensor/shape.h"

static atr_status check_channels(atr__infer *infer, const atr_shape *x, const atr_shape *w, int64_t group) {
  const char *op = infer->op->name;
  if (group < 1)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: group is %" PRId64 ", must be at least 1", op, group);
  if (w->dim[0] != x->dim[1])
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: the input has %" PRId64 " channels, but the filter takes %" PRId64, op, x->dim[1],
                     w->dim[0]);
  if (x->dim[1] % group)
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: %" PRId64 " input channels cannot be divided into %" PRId64 " groups", op,
                     x->dim[1], group);
  return ATR_OK;
}

/* What the attributes say of one axis; out -1: it follows from the pads. */
typedef struct {
  atr__auto_pad mode;
  int axis;
  int64_t in, filter, stride, dilation, extra, before, after, out;
} axis_of;

static atr_status extent(atr__infer *infer, const axis_of *a, int64_t *pad, int64_t *out) {
  const char *op = infer->op->name;
  const int same = a->mode == ATR__PAD_SAME_UPPER || a->mode == ATR__PAD_SAME_LOWER;
  int64_t window, reach;
  if (a->filter < 1 || a->in < 1)
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: along spatial axis %d the input has length %" PRId64 " and the filter %" PRId64
                     "; both must be at least 1",
                     op, a->axis, a->in, a->filter);
  if (atr__mul_i64(a->dilation, a->filter - 1, &window) || atr__mul_i64(a->stride, a->in - 1, &reach) ||
      window >= ATR__COORDINATE_MAX || reach >= ATR__COORDINATE_MAX)
    return atr__fail(infer->error, ATR_E_LIMIT,
                     "%s: %" PRId64 " positions with stride %" PRId64 " and %" PRId64
                     " taps with dilation %" PRId64 " along spatial axis %d reach too far",
                     op, a->in, a->stride, a->filter, a->dilation, a->axis);
  reach += window + 1;
  const int64_t natural = reach + a->extra;
  if (a->out >= 0 || same) {
    *out = a->out >= 0 ? a->out : a->in * a->stride;
    const int64_t total = atr__max_i64(0, natural - *out);
    *pad = a->mode == ATR__PAD_SAME_UPPER ? total / 2 : total - total / 2;
  } else {
    *pad = a->mode == ATR__PAD_VALID ? 0 : a->before;
    *out = natural - *pad - (a->mode == ATR__PAD_VALID ? 0 : a->after);
  }
  if (*out < 1)
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: along spatial axis %d the padding of %" PRId64 " and %" PRId64
                     " leaves nothing of the output of %" PRId64,
                     op, a->axis, a->before, a->after, natural);
  if (*pad >= reach)
    return atr__fail(infer->error, ATR_E_PARAM,
                     "%s: along spatial axis %d padding of %" PRId64 " in front takes away all %" PRId64
                     " positions that the input reaches",
                     op, a->axis, *pad, reach);
  return ATR_OK;
}

static atr_status geometry(atr__infer *infer, const atr_shape *x, const atr_shape *w, atr__conv_params *p,
                           atr_shape *y) {
  int64_t unused, pads[6] = { 0 }, kernel[3], extra[3], size[3];
  atr__auto_pad mode = ATR__PAD_NOTSET;
  if (x->rank < 3 || x->rank > 5 || w->rank != x->rank) {
    char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
    return atr__fail(
        infer->error, ATR_E_SHAPE,
        "%s: input %s and filter %s must have the same rank, 3 to 5 ([n,c,…] and [c,oc/group,…])",
        infer->op->name, atr__shape_text(x, a), atr__shape_text(w, b));
  }
  const size_t spatial = (size_t)x->rank - 2, first = 3 - spatial;
  *p = (atr__conv_params){ .spatial = (int)spatial, .n = x->dim[0], .oc = x->dim[1] };
  p->group = atr__attrs_int(infer->attrs, "group", 1);
  for (size_t i = 0; i < first; i++) p->in[i] = p->out[i] = p->filter[i] = p->stride[i] = p->dilation[i] = 1;
  atr_status status;
  if ((status = check_channels(infer, x, w, p->group)) || (status = atr__conv_auto_pad(infer, &mode)) ||
      (status = atr__conv_ints(infer, "strides", spatial, 1, 1, p->stride + first)) ||
      (status = atr__conv_ints(infer, "dilations", spatial, 1, 1, p->dilation + first)) ||
      (status = atr__conv_ints(infer, "pads", 2 * spatial, 0, 0, pads)) ||
      (status = atr__conv_ints(infer, "output_padding", spatial, 0, 0, extra)) ||
      (status = atr__conv_ints(infer, "output_shape", spatial, -1, 1, size)) ||
      (status = atr__conv_ints(infer, "kernel_shape", spatial, -1, 1, kernel)))
    return status;
  if (atr__mul_i64(w->dim[1], p->group, &p->c))
    return atr__fail(infer->error, ATR_E_LIMIT, "%s: %" PRId64 " groups of %" PRId64 " output channels",
                     infer->op->name, p->group, w->dim[1]);
  *y = (atr_shape){ x->rank, { p->n, p->c } };
  for (size_t i = 0; i < spatial; i++) {
    const size_t k = first + i;
    p->filter[k] = w->dim[2 + i];
    p->out[k] = x->dim[2 + i];
    if (kernel[i] != -1 && kernel[i] != p->filter[k])
      return atr__fail(infer->error, ATR_E_SHAPE,
                       "%s: kernel_shape[%zu] is %" PRId64 ", but the filter has length %" PRId64 " there",
                       infer->op->name, i, kernel[i], p->filter[k]);
    const axis_of axis = { mode,           (int)i,   p->out[k], p->filter[k],      p->stride[k],
                           p->dilation[k], extra[i], pads[i],   pads[spatial + i], size[i] };
    if ((status = extent(infer, &axis, &p->pad[k], &p->in[k]))) return status;
    if (p->filter[k] == 1) p->dilation[k] = 1;
    if (p->out[k] == 1) p->stride[k] = 1;
    y->dim[2 + i] = p->in[k];
  }
  return atr__shape_count(y, infer->error, &unused);
}

static atr_status infer(atr__infer *infer) {
  atr_status status = atr__infer_need_f32(infer, 0);
  if (!status) status = atr__infer_need_f32(infer, 1);
  if (!status)
    status = geometry(infer, &infer->in_shape[0], &infer->in_shape[1], infer->params, &infer->out_shape[0]);
  if (status) return status;
  infer->out_type[0] = ATR_F32;
  if (infer->n_in < 3 || infer->in_type[2] == ATR_TYPE_NONE) return ATR_OK;
  if ((status = atr__infer_need_f32(infer, 2))) return status;
  const atr_shape *b = &infer->in_shape[2];
  if (b->rank == 1 && b->dim[0] == infer->out_shape[0].dim[1]) return ATR_OK;
  char text[ATR__SHAPE_TEXT];
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: the bias has shape %s, must be [%" PRId64 "]",
                   infer->op->name, atr__shape_text(b, text), infer->out_shape[0].dim[1]);
}

/* dy without what no position of x reaches, where a convolution of the whole would have more outputs than x
 * (output_padding or output_shape of a stride or more); pads: those of the convolution. */
static int reached(atr__grad *grad, const atr__conv_params *p, int dy, int64_t pads[6]) {
  const int first = 3 - p->spatial;
  int64_t start[3], end[3], axis[3];
  size_t n = 0;
  for (int i = 0; i < p->spatial; i++) {
    const int k = first + i;
    const int64_t window = p->dilation[k] * (p->filter[k] - 1) + 1;
    const int64_t reach = (p->out[k] - 1) * p->stride[k] + window - p->pad[k];
    pads[i] = p->pad[k];
    pads[p->spatial + i] = atr__max_i64(0, reach - p->in[k]);
    if (p->in[k] - reach < p->stride[k]) continue;
    start[n] = 0;
    end[n] = reach;
    axis[n++] = 2 + i;
  }
  if (!n) return dy;
  const int in[] = { dy, atr__grad_ints(grad, start, n), atr__grad_ints(grad, end, n),
                     atr__grad_ints(grad, axis, n) };
  return atr__grad_node(grad, "", "Slice", in, 4, NULL, 1);
}

static atr_status gradient(atr__grad *grad) {
  const int whole = atr__grad_dy(grad, 0), x = atr__grad_in(grad, 0), w = atr__grad_in(grad, 1);
  const atr__conv_params p = *(const atr__conv_params *)atr__grad_params(grad);
  const int first = 3 - p.spatial;
  const size_t n = (size_t)p.spatial;
  int64_t pads[6];
  if (!whole) return atr__grad_status(grad);
  const int for_x = atr__grad_wanted(grad, 0), for_w = atr__grad_wanted(grad, 1);
  const int for_b = atr__grad_inputs(grad) > 2 && atr__grad_in(grad, 2) && atr__grad_wanted(grad, 2);
  const int dy = for_x || for_w ? reached(grad, &p, whole, pads) : 0;
  atr__attrs attrs = { 0 };
  atr_status status = ATR_OK;
  if (dy && ((status = atr__attrs_set_ints(&attrs, "strides", p.stride + first, n)) ||
             (status = atr__attrs_set_ints(&attrs, "dilations", p.dilation + first, n)) ||
             (status = atr__attrs_set_ints(&attrs, "pads", pads, 2 * n)) ||
             (status = atr__attrs_set_int(&attrs, "group", p.group)))) {
    atr__attrs_free(&attrs);
    return status;
  }
  if (for_x && dy) atr__grad_set(grad, 0, atr__grad_node(grad, "", "Conv", (int[]){ dy, w }, 2, &attrs, 1));
  if (for_w && dy) {
    const int in[] = { dy, x, atr__grad_shape_of(grad, w) };
    atr__grad_set(grad, 1, atr__grad_node(grad, "org.atrous", "ConvGradFilter", in, 3, &attrs, 1));
  }
  if (for_b) atr__grad_set(grad, 2, atr__grad_node(grad, "org.atrous", "ConvGradBias", &whole, 1, NULL, 1));
  atr__attrs_free(&attrs);
  return atr__grad_status(grad);
}

const atr__op atr__op_conv_transpose = {
  .name = "ConvTranspose",
  .domain = "",
  .stem = "conv_transpose",
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
  ATR__HOST(conv_transpose),
  ATR__CL(conv_transpose),
};
