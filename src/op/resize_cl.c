/* resize_cl.c: launches of kernels/resize.cl.
 *
 * Taps go into the argument block as tables, so the arithmetic of coordinates lives in one place (resize.c)
 * and the same kernel serves every mode; transposed tables make it the gradient. Rows: double_linear, for
 * CPUs and widths doubled linearly about half pixels (the decoder of a U-Net), in vectors along the row;
 * baseline. */
#include "op/resize.h"

#include "base/checked.h"
#include "tensor/shape.h"

/* Pushes one axis's table: where the taps of each of `to` positions start (to + 1 words), then pairs
 * (position, weight). Transposed: the positions are inputs, and their taps the outputs that read them. */
static void table(atr__cl_emit *e, const atr__resize_params *p, int axis, int transposed) {
  const int64_t in = p->in[axis], out = p->out[axis], to = transposed ? in : out;
  int64_t index[ATR__RESIZE_TAPS], next = 0, total = 0;
  double weight[ATR__RESIZE_TAPS];
  if (!transposed) {
    for (int64_t o = 0; o <= to; o++) {
      atr__cl_int(e, total);
      if (o < to) total += atr__resize_taps(p, axis, o, index, weight);
    }
    for (int64_t o = 0; o < to; o++) {
      const int n = atr__resize_taps(p, axis, o, index, weight);
      for (int k = 0; k < n; k++) {
        atr__cl_int(e, index[k]);
        atr__cl_float(e, (float)weight[k]);
      }
    }
    return;
  }
  /* Taps ascend with o, so the outputs that read position i lie between the first whose last tap reaches i
   * and the first whose first tap is beyond it. Two passes: counts, then pairs. */
  for (int pass = 0; pass < 2; pass++) {
    next = 0;
    if (!pass) atr__cl_int(e, 0);
    for (int64_t i = 0; i < in; i++) {
      while (next < out) {
        const int n = atr__resize_taps(p, axis, next, index, weight);
        if (index[n - 1] >= i) break;
        next++;
      }
      for (int64_t o = next; o < out; o++) {
        const int n = atr__resize_taps(p, axis, o, index, weight);
        if (index[0] > i + 3) break; /* a cubic's later tap may reach back by three */
        for (int k = 0; k < n; k++) {
          if (index[k] != i) continue;
          total++;
          if (!pass) continue;
          atr__cl_int(e, o);
          atr__cl_float(e, (float)weight[k]);
        }
      }
      if (!pass) atr__cl_int(e, total);
    }
  }
}

/* The number of taps of an axis, over all its positions. */
static int64_t taps_of(const atr__resize_params *p, int axis) {
  int64_t index[ATR__RESIZE_TAPS], total = 0;
  double weight[ATR__RESIZE_TAPS];
  for (int64_t o = 0; o < p->out[axis]; o++) total += atr__resize_taps(p, axis, o, index, weight);
  return total;
}

enum { HEAD = 14 };

/* The words of the kernels that read all three tables; `more` words come before the tables. */
static void words(atr__cl_emit *e, const atr__cl_query *q, int64_t first, int transposed, int more) {
  const atr__resize_params *p = q->params;
  const int64_t *from = transposed ? p->out : p->in, *to = transposed ? p->in : p->out;
  int64_t at = HEAD + more;
  atr__cl_int(e, first);
  for (int k = 0; k < 3; k++) atr__cl_int(e, from[k]);
  for (int k = 0; k < 3; k++) atr__cl_int(e, to[k]);
  for (int k = 0; k < 3; k++) {
    atr__cl_int(e, at);
    at += to[k] + 1 + 2 * taps_of(p, k);
  }
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
}

static void baseline(atr__cl_emit *e, const atr__cl_query *q, int transposed) {
  const int64_t count = atr__shape_size(&q->out[0].shape);
  atr__cl_kernel(e, "resize.cl", "resize_f32_baseline", "", "");
  words(e, q, count, transposed, 0);
  for (int k = 0; k < 3; k++) table(e, q->params, k, transposed);
  atr__cl_items(e, count);
}
static void emit_forward(atr__cl_emit *e, const atr__cl_query *q) {
  baseline(e, q, 0);
}
static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  baseline(e, q, 1);
}

/* The resized axes must lie behind the channels: then n and blocks of channels are the outer dimension. */
static int blocked_applies(const atr__cl_query *q) {
  return q->device->device_class == ATR__CLASS_CPU && ((const atr__resize_params *)q->params)->first >= 2 &&
         (q->in[0].layout == ATR__BLOCKED || q->readers_blocked);
}

static void emit_blocked(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__resize_params *p = q->params;
  const atr_shape *x = &q->in[0].shape;
  const int64_t outer = p->outer / x->dim[1] * atr__ceil_div(x->dim[1], 16);
  const int64_t rows = outer * p->out[0] * p->out[1];
  const int64_t each = atr__max_i64(1, atr__min_i64(64 / atr__max_i64(1, p->out[2]), rows / 64));
  const int64_t groups = atr__ceil_div(rows, each), across = atr__min_i64(groups, 32768);
  atr__cl_kernel(e, "resize.cl", "resize_fwd_f32_blocked", "", "");
  words(e, q, rows, 0, 1);
  atr__cl_int(e, each);
  for (int k = 0; k < 3; k++) table(e, p, k, 0);
  atr__cl_groups(e, across, across ? atr__ceil_div(groups, across) : 0, 1, 1);
}

static int double_linear_applies(const atr__cl_query *q) {
  const atr__resize_params *p = q->params;
  return q->device->device_class == ATR__CLASS_CPU && p->mode == ATR__RESIZE_LINEAR && p->in[0] == 1 &&
         p->out[0] == 1 && p->out[2] == 2 * p->in[2] && p->den[2] == 2 * p->num[2] &&
         (p->coordinate == ATR__RESIZE_HALF_PIXEL || p->coordinate == ATR__RESIZE_PYTORCH_HALF_PIXEL ||
          p->coordinate == ATR__RESIZE_HALF_PIXEL_SYMMETRIC);
}

/* Work-groups of one item do some rows of the output (of dx). */
static void double_linear(atr__cl_emit *e, const atr__cl_query *q, int transposed) {
  const atr__resize_params *p = q->params;
  const int64_t rows = transposed ? p->in[1] : p->out[1], width = atr__max_i64(1, p->in[2]);
  const int64_t each = atr__min_i64(atr__max_i64(1, 1024 / width), atr__max_i64(1, p->outer * rows / 64));
  const int64_t groups = atr__ceil_div(p->outer * rows, each), across = atr__min_i64(groups, 32768);
  atr__cl_kernel(e, "resize.cl",
                 transposed ? "resize_bwd_x_f32_double_linear" : "resize_fwd_f32_double_linear", "", "");
  atr__cl_int(e, p->outer * rows);
  atr__cl_int(e, transposed ? p->out[1] : p->in[1]);
  atr__cl_int(e, rows);
  atr__cl_int(e, p->in[2]);
  atr__cl_int(e, each);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  table(e, p, 1, transposed);
  atr__cl_groups(e, across, across ? atr__ceil_div(groups, across) : 0, 1, 1);
}
static void emit_forward_double(atr__cl_emit *e, const atr__cl_query *q) {
  double_linear(e, q, 0);
}
static void emit_grad_double(atr__cl_emit *e, const atr__cl_query *q) {
  double_linear(e, q, 1);
}

const atr__cl_row atr__resize_cl[] = {
  { .algorithm = "blocked",
    .applies = blocked_applies,
    .blocked_in = 1,
    .blocked_out = 1,
    .emit = emit_blocked },
  { .algorithm = "double_linear", .applies = double_linear_applies, .emit = emit_forward_double },
  { .algorithm = "baseline", .emit = emit_forward },
  { .algorithm = NULL },
};

const atr__cl_row atr__resize_grad_cl[] = {
  { .algorithm = "double_linear", .applies = double_linear_applies, .emit = emit_grad_double },
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
