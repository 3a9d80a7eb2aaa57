/* pool_window.c: checks and sizes of a pooling window; see pool_window.h. Source: ONNX MaxPool and
 * AveragePool. */
#include "config.h"

#include "op/pool_window.h"

#include <string.h>

#include "base/checked.h"
#include "tensor/shape.h"

/* The values of an attribute with one entry a spatial dimension, or all `otherwise` where it is absent. */
static atr_status list(const atr__infer *infer, const char *name, size_t need, int64_t otherwise,
                       int64_t least, int64_t *to) {
  size_t n;
  const int64_t *values = atr__attrs_ints(infer->attrs, name, &n);
  if (values && n != need)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: %s has %zu entries, must have %zu", infer->op->name,
                     name, n, need);
  for (size_t i = 0; i < need; i++) {
    to[i] = values ? values[i] : otherwise;
    if (to[i] < least || to[i] > INT32_MAX)
      return atr__fail(infer->error, ATR_E_PARAM, "%s: %s[%zu] is %lld, must be %lld or more%s",
                       infer->op->name, name, i, (long long)to[i], (long long)least,
                       to[i] > least ? " and below 2^31" : "");
  }
  return ATR_OK;
}

static atr_status one_dimension(const atr__infer *infer, const char *auto_pad, int ceil_mode, int k,
                                atr__pool_window *w) {
  const char *name = infer->op->name;
  const int shown = k - (3 - w->rank);
  const int64_t in = w->in[k], stride = w->stride[k];
  const int64_t reach = (w->filter[k] - 1) * w->dilation[k] + 1; /* both below 2^31 */
  if (in < 1)
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: spatial dimension %d of the input is %lld, nothing to pool", name, shown,
                     (long long)in);
  const int upper = !strcmp(auto_pad, "SAME_UPPER");
  if (upper || !strcmp(auto_pad, "SAME_LOWER")) {
    w->out[k] = atr__ceil_div(in, stride);
    const int64_t total = atr__max_i64(0, (w->out[k] - 1) * stride + reach - in);
    w->pad[k] = upper ? total / 2 : total - total / 2;
    w->pad_end[k] = total - w->pad[k];
  } else {
    const int64_t room = in + w->pad[k] + w->pad_end[k] - reach;
    if (room < 0)
      return atr__fail(
          infer->error, ATR_E_SHAPE,
          "%s: the window reaches over %lld elements of spatial dimension %d, which has %lld with its "
          "padding",
          name, (long long)reach, shown, (long long)(room + reach));
    w->out[k] = (ceil_mode ? atr__ceil_div(room, stride) : room / stride) + 1;
    if (ceil_mode && (w->out[k] - 1) * stride >= in + w->pad[k]) w->out[k]--;
  }
  if (in + w->pad[k] + w->pad_end[k] > INT32_MAX || reach > INT32_MAX)
    return atr__fail(infer->error, ATR_E_LIMIT,
                     "%s: spatial dimension %d exceeds 2^31 elements with its padding", name, shown);
  if (w->pad[k] >= reach || w->pad_end[k] >= reach)
    return atr__fail(
        infer->error, ATR_E_PARAM,
        "%s: padding of %lld and %lld in spatial dimension %d; it must be less than the window's "
        "reach of %lld",
        name, (long long)w->pad[k], (long long)w->pad_end[k], shown, (long long)reach);
  /* A dilated window may step over a short input; its neighbours in the padding cannot. */
  for (int64_t o = 0; w->dilation[k] > 1 && o < w->out[k] && o * stride < w->pad[k]; o++) {
    int64_t first, end;
    atr__pool_window_taps(w, k, o, &first, &end);
    if (first >= end)
      return atr__fail(infer->error, ATR_E_PARAM,
                       "%s: the dilated window at position %lld of spatial dimension %d meets only padding",
                       name, (long long)o, shown);
  }
  return ATR_OK;
}

atr_status atr__pool_window_infer(const atr__infer *infer, const atr_shape *x, atr__pool_window *w) {
  const int rank = x->rank - 2;
  if (rank < 1 || rank > 3) {
    char text[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: the input has shape %s; it must be [n,c] and 1 to 3 dimensions", infer->op->name,
                     atr__shape_text(x, text));
  }
  *w = (atr__pool_window){ .rank = rank, .planes = x->dim[0] * x->dim[1] };
  for (int k = 0; k < 3; k++) {
    w->in[k] = w->out[k] = w->filter[k] = w->stride[k] = w->dilation[k] = 1;
    if (k >= 3 - rank) w->in[k] = x->dim[k - (3 - rank) + 2];
  }
  const int at = 3 - rank;
  const size_t n = (size_t)rank;
  if (!atr__attrs_find(infer->attrs, "kernel_shape"))
    return atr__fail(infer->error, ATR_E_PARAM, "%s: kernel_shape is missing", infer->op->name);
  const char *auto_pad = atr__attrs_string(infer->attrs, "auto_pad", "NOTSET");
  const int notset = !strcmp(auto_pad, "NOTSET");
  if (!notset && strcmp(auto_pad, "SAME_UPPER") && strcmp(auto_pad, "SAME_LOWER") &&
      strcmp(auto_pad, "VALID"))
    return atr__fail(infer->error, ATR_E_PARAM,
                     "%s: auto_pad is not one of NOTSET, SAME_UPPER, SAME_LOWER, VALID", infer->op->name);
  int64_t pads[6];
  atr_status status;
  if ((status = list(infer, "kernel_shape", n, 1, 1, w->filter + at))) return status;
  if ((status = list(infer, "strides", n, 1, 1, w->stride + at))) return status;
  if ((status = list(infer, "dilations", n, 1, 1, w->dilation + at))) return status;
  if ((status = list(infer, "pads", 2 * n, 0, 0, pads))) return status;
  for (int k = 0; k < rank && notset; k++) {
    w->pad[at + k] = pads[k];
    w->pad_end[at + k] = pads[rank + k];
  }
  const int ceil_mode = atr__attrs_int(infer->attrs, "ceil_mode", 0) != 0;
  for (int k = at; k < 3; k++)
    if ((status = one_dimension(infer, auto_pad, ceil_mode, k, w))) return status;
  return ATR_OK;
}

atr_status atr__pool_window_global(const atr__infer *infer, const atr_shape *x, atr__pool_window *w) {
  *w = (atr__pool_window){ .planes = x->dim[0] * x->dim[1], .rank = 3 };
  for (int k = 0; k < 3; k++) w->stride[k] = w->dilation[k] = w->out[k] = w->in[k] = w->filter[k] = 1;
  w->in[2] = w->filter[2] = atr__shape_span(x, 2, x->rank);
  if (w->in[2] > 0) return ATR_OK;
  char text[ATR__SHAPE_TEXT];
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: an input of shape %s has nothing to pool", infer->op->name,
                   atr__shape_text(x, text));
}

atr_shape atr__pool_window_shape(const atr__pool_window *w, const atr_shape *x) {
  atr_shape shape = *x;
  for (int k = 0; k < w->rank; k++) shape.dim[2 + k] = w->out[3 - w->rank + k];
  return shape;
}

void atr__pool_window_taps(const atr__pool_window *w, int k, int64_t o, int64_t *first, int64_t *end) {
  const int64_t start = o * w->stride[k] - w->pad[k], step = w->dilation[k];
  if (step == 1) { /* most: divisions are slow */
    *first = start < 0 ? -start : 0;
    *end = atr__min_i64(w->filter[k], w->in[k] - start);
    return;
  }
  *first = start < 0 ? atr__ceil_div(-start, step) : 0;
  *end = atr__min_i64(w->filter[k], atr__floor_div(w->in[k] - 1 - start, step) + 1);
}

void atr__pool_window_over(const atr__pool_window *w, int k, int64_t at, int64_t *first, int64_t *last) {
  *first = atr__max_i64(0, atr__ceil_div(at + w->pad[k] - (w->filter[k] - 1) * w->dilation[k], w->stride[k]));
  *last = atr__min_i64(w->out[k] - 1, (at + w->pad[k]) / w->stride[k]);
}
