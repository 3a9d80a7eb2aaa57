/* resize_cl.c: launches of kernels/resize.cl.
 *
 * Taps go into the argument block as tables, so the arithmetic of coordinates lives in one place (resize.c)
 * and the same kernel serves every mode; transposed tables make it the gradient. Rows: double_linear, for
 * CPUs and widths doubled linearly about half pixels (the decoder of a U-Net), in vectors along the row;
 * baseline. */
#include "op/resize.h"

#include "base/checked.h"
#include "tensor/shape.h"

enum { AXES = ATR__RESIZE_AXES, H = AXES - 2, W = AXES - 1, HEAD = 3 * AXES + 6, HEAD_3 = 15 };

/* Pushes one axis's table: where the taps of each of `to` positions start (to + 1 words), then pairs
 * (position, weight). Transposed: the positions are inputs, and their taps the outputs that read them.
 * Returns the number of words; counts only where e is NULL. */
static int64_t table_forward(atr__cl_emit *e, const atr__resize_params *p, int axis) {
  const int64_t to = p->out[axis];
  int64_t total = 0;
  atr__resize_taps t;
  if (e) atr__cl_int(e, 0);
  for (int pass = 0; pass <= (e != NULL); pass++)
    for (int64_t o = 0; o < to; o++) {
      atr__resize_taps_at(p, axis, o, &t);
      if (!pass) {
        total += t.n;
        if (e) atr__cl_int(e, total);
        continue;
      }
      for (int64_t k = 0; k < t.n; k++) {
        atr__cl_int(e, t.first + k);
        atr__cl_float(e, (float)atr__resize_weight(p, axis, &t, k));
      }
    }
  return to + 1 + 2 * total;
}

/* Positions read ascend with o or descend with it, so that the outputs that read position i are a run, which
 * moves on with i: those of `at` ≥ next up to the first beyond i, `at` counting in ascending order of what is
 * read. */
static int64_t table_transposed(atr__cl_emit *e, const atr__resize_params *p, int axis) {
  const int64_t in = p->in[axis], out = p->out[axis];
  const int falls = p->end[axis] < p->start[axis];
  int64_t total = 0;
  atr__resize_taps t;
  if (e) atr__cl_int(e, 0);
  for (int pass = 0; pass <= (e != NULL); pass++)
    for (int64_t i = 0, next = 0; i < in; i++) {
      for (; next < out; next++) {
        atr__resize_taps_at(p, axis, falls ? out - 1 - next : next, &t);
        if (t.first + t.n > i && t.n) break;
      }
      for (int64_t at = next; at < out; at++) {
        const int64_t o = falls ? out - 1 - at : at;
        atr__resize_taps_at(p, axis, o, &t);
        if (t.first > i || !t.n) break;
        if (!pass) {
          total++;
          continue;
        }
        atr__cl_int(e, o);
        atr__cl_float(e, (float)atr__resize_weight(p, axis, &t, i - t.first));
      }
      if (!pass && e) atr__cl_int(e, total);
    }
  return in + 1 + 2 * total;
}

static int64_t table(atr__cl_emit *e, const atr__resize_params *p, int axis, int transposed) {
  return transposed ? table_transposed(e, p, axis) : table_forward(e, p, axis);
}

/* The first words of the kernels that read the tables of the axes from `axis` on, which start at word `at`.
 */
static void words(atr__cl_emit *e, const atr__resize_params *p, int64_t first, int axis, int transposed,
                  int64_t at) {
  const int64_t *from = transposed ? p->out : p->in, *to = transposed ? p->in : p->out;
  atr__cl_int(e, first);
  for (int k = axis; k < AXES; k++) atr__cl_int(e, from[k]);
  for (int k = axis; k < AXES; k++) atr__cl_int(e, to[k]);
  for (int k = axis; k < AXES; k++) {
    atr__cl_int(e, at);
    at += table(NULL, p, k, transposed);
  }
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
}

static void baseline(atr__cl_emit *e, const atr__cl_query *q, int transposed) {
  const atr__resize_params *p = q->params;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  atr__cl_kernel(e, "resize.cl", "resize_f32_baseline", "", "");
  words(e, p, count, 0, transposed, HEAD);
  atr__cl_float(e, p->outside);
  for (int k = 0; k < AXES; k++) table(e, p, k, transposed);
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
  const atr__resize_params *p = q->params;
  return q->device->device_class == ATR__CLASS_CPU && p->first >= 2 && p->axes <= 3 &&
         p->coordinate != ATR__RESIZE_TF_CROP_AND_RESIZE &&
         (q->in[0].layout == ATR__BLOCKED || q->readers_blocked);
}

static void emit_blocked(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__resize_params *p = q->params;
  const atr_shape *x = &q->in[0].shape;
  const int64_t outer = p->outer / x->dim[1] * atr__ceil_div(x->dim[1], 16);
  const int64_t rows = outer * p->out[H - 1] * p->out[H];
  const int64_t each = atr__max_i64(1, atr__min_i64(64 / atr__max_i64(1, p->out[W]), rows / 64));
  const int64_t groups = atr__ceil_div(rows, each);
  atr__cl_kernel(e, "resize.cl", "resize_fwd_f32_blocked", "", "");
  words(e, p, rows, H - 1, 0, HEAD_3);
  atr__cl_int(e, each);
  for (int k = H - 1; k < AXES; k++) table(e, p, k, 0);
  atr__cl_tiles(e, groups);
}

static int double_linear_applies(const atr__cl_query *q) {
  const atr__resize_params *p = q->params;
  return q->device->device_class == ATR__CLASS_CPU && p->mode == ATR__RESIZE_LINEAR && p->axes <= 2 &&
         p->out[W] == 2 * p->in[W] && p->den[W] == 2 * p->num[W] &&
         (p->coordinate == ATR__RESIZE_HALF_PIXEL || p->coordinate == ATR__RESIZE_PYTORCH_HALF_PIXEL ||
          p->coordinate == ATR__RESIZE_HALF_PIXEL_SYMMETRIC);
}

static int blocked_double_applies(const atr__cl_query *q) {
  const atr__resize_params *p = q->params;
  return blocked_applies(q) && double_linear_applies(q) && p->out[H] == 2 * p->in[H] &&
         p->den[H] == 2 * p->num[H] && p->in[H] > 0 && p->in[W] > 0;
}

static void emit_blocked_double(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__resize_params *p = q->params;
  const atr_shape *x = &q->in[0].shape;
  const int64_t planes = x->dim[1] ? p->outer / x->dim[1] * atr__ceil_div(x->dim[1], 16) : 0;
  const int64_t pairs = planes * (p->in[H] + 1);
  const int64_t each = atr__max_i64(1, atr__min_i64(32 / p->in[W], pairs / 64));
  const int64_t groups = atr__ceil_div(pairs, each);
  atr__cl_kernel(e, "resize.cl", "resize_fwd_f32_blocked_double", "", "");
  atr__cl_int(e, pairs);
  atr__cl_int(e, p->in[H]);
  atr__cl_int(e, p->in[W]);
  atr__cl_int(e, each);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_tiles(e, groups);
}

/* Work-groups of one item do some rows of the output (of dx). */
static void double_linear(atr__cl_emit *e, const atr__cl_query *q, int transposed) {
  const atr__resize_params *p = q->params;
  const int64_t rows = transposed ? p->in[H] : p->out[H], width = atr__max_i64(1, p->in[W]);
  const int64_t each = atr__min_i64(atr__max_i64(1, 1024 / width), atr__max_i64(1, p->outer * rows / 64));
  const int64_t groups = atr__ceil_div(p->outer * rows, each);
  atr__cl_kernel(e, "resize.cl",
                 transposed ? "resize_bwd_x_f32_double_linear" : "resize_fwd_f32_double_linear", "", "");
  atr__cl_int(e, p->outer * rows);
  atr__cl_int(e, transposed ? p->out[H] : p->in[H]);
  atr__cl_int(e, rows);
  atr__cl_int(e, p->in[W]);
  atr__cl_int(e, each);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  table(e, p, H, transposed);
  atr__cl_tiles(e, groups);
}
static void emit_forward_double(atr__cl_emit *e, const atr__cl_query *q) {
  double_linear(e, q, 0);
}
static void emit_grad_double(atr__cl_emit *e, const atr__cl_query *q) {
  double_linear(e, q, 1);
}

const atr__cl_row atr__resize_cl[] = {
  { .algorithm = "blocked_double",
    .applies = blocked_double_applies,
    .blocked_in = 1,
    .blocked_out = 1,
    .emit = emit_blocked_double },
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
