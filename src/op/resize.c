/* resize.c: Resize by nearest, linear or cubic interpolation, and its gradient.
 *
 * Scales, sizes and roi must be known when the plan is made. A resize is linear in x (but for what a crop
 * adds outside): along each axis every output position has taps (input position, weight), computed in double
 * and shared by both implementations. A tap beyond the edge reads the edge. ResizeGrad (dy, shape of x,
 * scales, sizes, roi) applies the transposed taps. Source: ONNX Resize-18; cubic weights: Keys, "Cubic
 * convolution interpolation", 1981; antialias stretches the filter by the factor of the reduction, as ONNX
 * says. */
#include "config.h"

#include "op/resize.h"

#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "op/grad.h"
#include "tensor/shape.h"

/* The place of an attribute's string in `names` (NULL ends them); -1 with a sentence where it is none of
 * them. */
static atr_status choose(const atr__infer *infer, const char *name, const char *otherwise,
                         const char *const *names, int *chosen) {
  const char *value = atr__attrs_string(infer->attrs, name, otherwise);
  for (int i = 0; names[i]; i++)
    if (!strcmp(value, names[i])) {
      *chosen = i;
      return ATR_OK;
    }
  return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: %s \"%.40s\" is not supported", infer->op->name,
                   name, value);
}

static atr_status options(const atr__infer *infer, atr__resize_params *p, int *policy, int *antialias) {
  static const char *const modes[] = { "nearest", "linear", "cubic", NULL };
  static const char *const coordinates[] = { "half_pixel",           "half_pixel_symmetric",
                                             "pytorch_half_pixel",   "align_corners",
                                             "asymmetric",           "tf_crop_and_resize",
                                             "tf_half_pixel_for_nn", NULL };
  static const char *const nearest[] = { "round_prefer_floor", "round_prefer_ceil", "floor", "ceil", NULL };
  static const char *const policies[] = { "stretch", "not_larger", "not_smaller", NULL };
  int mode, coordinate, rounding;
  atr_status status;
  if ((status = choose(infer, "mode", "nearest", modes, &mode))) return status;
  if ((status = choose(infer, "coordinate_transformation_mode", "half_pixel", coordinates, &coordinate)))
    return status;
  if ((status = choose(infer, "nearest_mode", "round_prefer_floor", nearest, &rounding))) return status;
  if ((status = choose(infer, "keep_aspect_ratio_policy", "stretch", policies, policy))) return status;
  *antialias = mode != ATR__RESIZE_NEAREST && atr__attrs_int(infer->attrs, "antialias", 0) != 0;
  p->mode = (atr__resize_mode)mode;
  p->coordinate = (atr__resize_coordinate)coordinate;
  p->nearest = (atr__resize_nearest)rounding;
  p->exclude_outside = atr__attrs_int(infer->attrs, "exclude_outside", 0) != 0;
  p->cubic = (double)atr__attrs_float(infer->attrs, "cubic_coeff_a", -0.75f);
  p->outside = atr__attrs_float(infer->attrs, "extrapolation_value", 0);
  return ATR_OK;
}

static int given(const atr__infer *infer, size_t input) {
  if (input >= infer->n_in || infer->in_type[input] == ATR_TYPE_NONE) return 0;
  const atr_shape *shape = &infer->in_shape[input];
  return !(shape->rank == 1 && shape->dim[0] == 0); /* an empty tensor is ONNX's older "absent" */
}

/* The axes that scales and sizes speak of. */
static atr_status axes_of(const atr__infer *infer, int rank, int axes[8], size_t *n) {
  size_t given_n;
  const int64_t *list = atr__attrs_ints(infer->attrs, "axes", &given_n);
  *n = list ? given_n : (size_t)rank;
  if (*n > (size_t)rank)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: axes has %zu entries for a rank of %d", infer->op->name,
                     *n, rank);
  int seen[8] = { 0 };
  for (size_t i = 0; i < *n; i++) {
    axes[i] = (int)i;
    if (list) {
      const atr_status status = atr__axis(list[i], rank, infer->op->name, infer->error, &axes[i]);
      if (status) return status;
    }
    if (seen[axes[i]]++)
      return atr__fail(infer->error, ATR_E_PARAM, "%s: axes names dimension %d twice", infer->op->name,
                       axes[i]);
  }
  return ATR_OK;
}

/* Which inputs hold what, and what they say of every dimension of x: its scale den / num, and the part
 * [start, end] of it that a crop reads. */
typedef struct {
  size_t roi, scales, sizes;
  int policy, axes[8];
  size_t n;
  double num[8], den[8], start[8], end[8];
} extents;

/* float32 numbers that are known when the plan is made. */
static atr_status known(const atr__infer *infer, size_t input, const char *what, size_t n,
                        const atr__blob **blob) {
  *blob = atr__infer_known(infer, input, what);
  if (!*blob) return ATR_E_UNSUPPORTED;
  if ((*blob)->type != ATR_F32 || (*blob)->shape.rank != 1 || (size_t)(*blob)->count != n)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: %s must be %zu float32 numbers", infer->op->name, what,
                     n);
  return ATR_OK;
}

static atr_status by_scales(const atr__infer *infer, const atr_shape *x, extents *e, atr_shape *y) {
  const atr__blob *blob;
  const atr_status status = known(infer, e->scales, "scales", e->n, &blob);
  for (size_t i = 0; !status && i < e->n; i++) {
    const int axis = e->axes[i];
    const float scale = (float)atr__blob_real(blob, (int64_t)i);
    const float size = floorf((float)x->dim[axis] * scale);
    if (!(scale > 0) || !(size < 2147483648.0f))
      return atr__fail(infer->error, ATR_E_PARAM, "%s: a scale of %g for dimension %d of %lld",
                       infer->op->name, (double)scale, axis, (long long)x->dim[axis]);
    e->den[axis] = (double)scale;
    y->dim[axis] = (int64_t)size;
  }
  return status;
}

static atr_status by_sizes(atr__infer *infer, const atr_shape *x, extents *e, atr_shape *y) {
  const char *name = infer->op->name;
  int64_t size[8];
  size_t got;
  const atr_status status = atr__infer_ints(infer, e->sizes, size, 8, &got);
  if (status) return status;
  if (got != e->n)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: sizes has %zu entries, must have %zu", name, got, e->n);
  double common = 0;
  for (size_t i = 0; i < e->n; i++) {
    const int axis = e->axes[i];
    const int64_t in = x->dim[axis];
    if (size[i] < 0 || size[i] > INT32_MAX || (in == 0 && size[i] > 0))
      return atr__fail(infer->error, ATR_E_PARAM, "%s: dimension %d of %lld cannot become %lld", name, axis,
                       (long long)in, (long long)size[i]);
    y->dim[axis] = size[i];
    if (in && size[i]) {
      e->num[axis] = (double)in;
      e->den[axis] = (double)size[i];
    }
    const double scale = in ? (double)size[i] / (double)in : 1;
    if (i == 0 || (e->policy == 1 ? scale < common : scale > common)) common = scale;
  }
  for (size_t i = 0; i < e->n && e->policy; i++) {
    /* One scale for all: not_larger the least, not_smaller the greatest. */
    const int axis = e->axes[i];
    const double rounded = floor(common * (double)x->dim[axis] + 0.5);
    if (!(rounded <= INT32_MAX))
      return atr__fail(infer->error, ATR_E_LIMIT, "%s: dimension %d exceeds 2^31 elements", name, axis);
    y->dim[axis] = (int64_t)rounded;
    e->num[axis] = 1;
    e->den[axis] = common;
  }
  return ATR_OK;
}

static atr_status crop(const atr__infer *infer, extents *e) {
  const atr__blob *blob;
  if (!given(infer, e->roi))
    return atr__fail(infer->error, ATR_E_PARAM, "%s: tf_crop_and_resize needs roi", infer->op->name);
  const atr_status status = known(infer, e->roi, "roi", 2 * e->n, &blob);
  for (size_t i = 0; !status && i < e->n; i++) {
    const double start = atr__blob_real(blob, (int64_t)i), end = atr__blob_real(blob, (int64_t)(e->n + i));
    if (!(fabs(start) < 1e6) || !(fabs(end) < 1e6))
      return atr__fail(infer->error, ATR_E_PARAM, "%s: roi of dimension %d is %g to %g", infer->op->name,
                       e->axes[i], start, end);
    e->start[e->axes[i]] = start;
    e->end[e->axes[i]] = end;
  }
  return status;
}

static atr_status extents_of(atr__infer *infer, const atr_shape *x, extents *e, atr_shape *y) {
  const atr__resize_params *p = infer->params;
  atr_status status = axes_of(infer, x->rank, e->axes, &e->n);
  if (status) return status;
  *y = *x;
  for (int k = 0; k < 8; k++) e->num[k] = e->den[k] = e->end[k] = 1;
  if (given(infer, e->scales) == given(infer, e->sizes))
    return atr__fail(infer->error, ATR_E_PARAM, "%s: give either scales or sizes", infer->op->name);
  status = given(infer, e->scales) ? by_scales(infer, x, e, y) : by_sizes(infer, x, e, y);
  if (!status && p->coordinate == ATR__RESIZE_TF_CROP_AND_RESIZE) status = crop(infer, e);
  return status;
}

/* Whether a dimension stays as it is. */
static int stays(const extents *e, const atr_shape *x, const atr_shape *y, int k) {
  return x->dim[k] == y->dim[k] && e->num[k] >= e->den[k] && e->num[k] <= e->den[k] && e->start[k] >= 0 &&
         e->start[k] <= 0 && e->end[k] >= 1 && e->end[k] <= 1;
}

/* x has shape *x; the inputs hold what e says. */
static atr_status params_of(atr__infer *infer, const atr_shape *x, extents *e, atr_shape *y) {
  atr__resize_params *p = infer->params;
  int antialias, first = 0, n = 0, start[8];
  atr_status status;
  if ((status = options(infer, p, &e->policy, &antialias))) return status;
  if ((status = extents_of(infer, x, e, y))) return status;
  int64_t count;
  if ((status = atr__shape_count(y, infer->error, &count))) return status;
  while (first < x->rank - 1 && stays(e, x, y, first)) first++;
  for (int k = first; k < x->rank; k++)
    if (k == first || !stays(e, x, y, k) || !stays(e, x, y, k - 1)) start[n++] = k;
  if (n > ATR__RESIZE_AXES)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED,
                     "%s: the dimensions from %d to %d are resized in too many pieces (%d of at most %d)",
                     infer->op->name, first, x->rank - 1, n, ATR__RESIZE_AXES);
  p->first = first;
  p->axes = n;
  p->outer = atr__shape_span(x, 0, first);
  for (int axis = 0; axis < ATR__RESIZE_AXES; axis++) {
    const int i = axis - (ATR__RESIZE_AXES - n), k = i < 0 ? 0 : start[i];
    p->in[axis] = p->out[axis] = 1;
    p->num[axis] = p->den[axis] = p->end[axis] = p->shrink[axis] = 1;
    if (i < 0) continue;
    const int after = i + 1 < n ? start[i + 1] : x->rank;
    p->in[axis] = atr__shape_span(x, k, after);
    p->out[axis] = atr__shape_span(y, k, after);
    if (after > k + 1) continue; /* several that stay */
    p->num[axis] = e->num[k];
    p->den[axis] = e->den[k];
    p->start[axis] = e->start[k];
    p->end[axis] = e->end[k];
    if (antialias && e->den[k] < e->num[k]) p->shrink[axis] = e->den[k] / e->num[k];
  }
  return ATR_OK;
}

static atr_status infer_forward(atr__infer *infer) {
  atr_status status;
  if ((status = atr__infer_need_f32(infer, 0))) return status;
  if ((status = atr__infer_need_rank(infer, 0, 1, 8))) return status;
  infer->out_type[0] = ATR_F32;
  return params_of(infer, &infer->in_shape[0], &(extents){ .roi = 1, .scales = 2, .sizes = 3 },
                   &infer->out_shape[0]);
}

static atr_status infer_grad(atr__infer *infer) {
  atr_status status;
  int64_t dim[8];
  size_t rank;
  if ((status = atr__infer_need_f32(infer, 0))) return status;
  if ((status = atr__infer_ints(infer, 1, dim, 8, &rank))) return status;
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = atr__shape_of((int)rank, dim);
  atr_shape y;
  int64_t count;
  if ((status = atr__shape_count(&infer->out_shape[0], infer->error, &count))) return status;
  if ((status = params_of(infer, &infer->out_shape[0], &(extents){ .roi = 4, .scales = 2, .sizes = 3 }, &y)))
    return status;
  if (atr__shape_equal(&y, &infer->in_shape[0])) return ATR_OK;
  char got[ATR__SHAPE_TEXT], want[ATR__SHAPE_TEXT];
  return atr__fail(infer->error, ATR_E_SHAPE, "ResizeGrad: dy has shape %s, must have %s",
                   atr__shape_text(&infer->in_shape[0], got), atr__shape_text(&y, want));
}

static atr_status gradient(atr__grad *g) {
  const int dy = atr__grad_dy(g, 0);
  if (!dy || !atr__grad_wanted(g, 0)) return atr__grad_status(g);
  const size_t n = atr__grad_inputs(g);
  const int in[] = { dy, atr__grad_shape_of(g, atr__grad_in(g, 0)), n > 2 ? atr__grad_in(g, 2) : 0,
                     n > 3 ? atr__grad_in(g, 3) : 0, n > 1 ? atr__grad_in(g, 1) : 0 };
  atr__grad_set(g, 0, atr__grad_node(g, "org.atrous", "ResizeGrad", in, 5, atr__grad_attrs(g), 1));
  return atr__grad_status(g);
}

/* Where output position o lies among the input positions. */
static double coordinate(const atr__resize_params *p, int axis, int64_t o) {
  const double num = p->num[axis], den = p->den[axis], at = (double)o;
  const double in = (double)p->in[axis], out = (double)p->out[axis];
  switch (p->coordinate) {
  case ATR__RESIZE_HALF_PIXEL_SYMMETRIC:
    return in / 2 * (1 - out * num / (den * in)) + (at + 0.5) * num / den - 0.5;
  case ATR__RESIZE_PYTORCH_HALF_PIXEL: return p->out[axis] > 1 ? (at + 0.5) * num / den - 0.5 : 0;
  case ATR__RESIZE_ALIGN_CORNERS: return p->out[axis] > 1 ? at * (in - 1) / (out - 1) : 0;
  case ATR__RESIZE_ASYMMETRIC: return at * num / den;
  case ATR__RESIZE_TF_HALF_PIXEL_FOR_NN: return (at + 0.5) * num / den;
  case ATR__RESIZE_TF_CROP_AND_RESIZE:
    return p->out[axis] > 1
               ? p->start[axis] * (in - 1) + at * (p->end[axis] - p->start[axis]) * (in - 1) / (out - 1)
               : (p->start[axis] + p->end[axis]) * (in - 1) / 2;
  default: return (at + 0.5) * num / den - 0.5;
  }
}

/* Keys' kernel at distance t. */
static double cubic_weight(double a, double t) {
  t = fabs(t);
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2) return ((t - 5) * t + 8) * t * a - 4 * a;
  return 0;
}

static double filter(const atr__resize_params *p, double t) {
  if (p->mode == ATR__RESIZE_CUBIC) return cubic_weight(p->cubic, t);
  return fabs(t) < 1 ? 1 - fabs(t) : 0;
}

static int64_t inside(double position, int64_t size) {
  return position < 0 ? 0 : position > (double)(size - 1) ? size - 1 : (int64_t)position;
}

static void single(atr__resize_taps *t, double position, int64_t size) {
  t->first = inside(position, size);
  t->n = 1;
  t->few[0] = 1;
}

static double nearest(const atr__resize_params *p, double x) {
  switch (p->nearest) {
  case ATR__RESIZE_ROUND_PREFER_FLOOR: return ceil(x - 0.5);
  case ATR__RESIZE_ROUND_PREFER_CEIL: return floor(x + 0.5);
  case ATR__RESIZE_FLOOR: return floor(x);
  default: return ceil(x);
  }
}

/* The weights: the filter at every position that it reaches; those beyond an edge count for the edge (low,
 * high), or, with exclude_outside, for nothing; share: 1 / their sum, which a filter of its own width has
 * anyway unless some are left out. */
static void spread(const atr__resize_params *p, int axis, double x, atr__resize_taps *t) {
  const int64_t size = p->in[axis];
  const double shrink = p->shrink[axis], reach = (p->mode == ATR__RESIZE_CUBIC ? 2 : 1) / shrink;
  const double from = floor(x - reach) + 1, to = ceil(x + reach) - 1;
  double sum = 0;
  t->low = t->high = 0;
  for (double at = from; at <= to; at++) {
    const double w = filter(p, (at - x) * shrink);
    const int below = at<0, above = at>(double)(size - 1);
    if (p->exclude_outside && (below || above)) continue;
    if (below) t->low += w;
    if (above) t->high += w;
    sum += w;
  }
  if (sum >= 0 && sum <= 0) { /* every tap lay outside */
    single(t, x, size);
    return;
  }
  t->at = x;
  t->share = p->exclude_outside || shrink < 1 ? 1 / sum : 1;
  t->first = inside(from, size);
  t->n = inside(to, size) - t->first + 1;
  for (int64_t k = 0; k < t->n && t->n <= ATR__RESIZE_FEW; k++)
    t->few[k] = atr__resize_weight_of_many(p, axis, t, k);
}

double atr__resize_weight_of_many(const atr__resize_params *p, int axis, const atr__resize_taps *t,
                                  int64_t k) {
  const int64_t at = t->first + k;
  double w = filter(p, ((double)at - t->at) * p->shrink[axis]);
  if (at == 0) w += t->low;
  if (at == p->in[axis] - 1) w += t->high;
  return w * t->share;
}

void atr__resize_taps_at(const atr__resize_params *p, int axis, int64_t o, atr__resize_taps *t) {
  const int64_t size = p->in[axis];
  const double x = coordinate(p, axis, o);
  if (p->coordinate == ATR__RESIZE_TF_CROP_AND_RESIZE && (x < 0 || x > (double)(size - 1))) {
    t->first = x < 0 ? -1 : size;
    t->n = 0;
  } else if (p->mode == ATR__RESIZE_NEAREST)
    single(t, nearest(p, x), size);
  else
    spread(p, axis, x, t);
}

const atr__op atr__op_resize_grad = {
  .name = "ResizeGrad",
  .domain = "org.atrous",
  .stem = "resize",
  .since = 1,
  .min_in = 2,
  .max_in = 5,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__resize_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(resize_grad),
  ATR__CL(resize_grad),
};

const atr__op atr__op_resize = {
  .name = "Resize",
  .domain = "",
  .stem = "resize",
  .since = 18,
  .min_in = 1,
  .max_in = 4,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__resize_params),
  .infer = infer_forward,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(resize),
  ATR__CL(resize),
};
