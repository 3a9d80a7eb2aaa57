/* resize.c: Resize by nearest, linear or cubic interpolation, and its gradient.
 *
 * Any axes may be resized as long as they lie within the last three dimensions; roi, tf_crop_and_resize and
 * antialias are refused. Scales and sizes must be known when the plan is made. A resize is linear in x: along
 * each axis every output position has taps (input position, weight), computed in double and shared by both
 * implementations. ResizeGrad (dy, shape of x, scales, sizes) applies the transposed taps. Source: ONNX
 * Resize-18; cubic weights: Keys, "Cubic convolution interpolation", 1981. */
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

static atr_status options(const atr__infer *infer, atr__resize_params *p, int *policy) {
  static const char *const modes[] = { "nearest", "linear", "cubic", NULL };
  static const char *const coordinates[] = { "half_pixel",    "half_pixel_symmetric", "pytorch_half_pixel",
                                             "align_corners", "asymmetric",           NULL };
  static const char *const nearest[] = { "round_prefer_floor", "round_prefer_ceil", "floor", "ceil", NULL };
  static const char *const policies[] = { "stretch", "not_larger", "not_smaller", NULL };
  int mode, coordinate, rounding;
  atr_status status;
  if ((status = choose(infer, "mode", "nearest", modes, &mode))) return status;
  if ((status = choose(infer, "coordinate_transformation_mode", "half_pixel", coordinates, &coordinate)))
    return status;
  if ((status = choose(infer, "nearest_mode", "round_prefer_floor", nearest, &rounding))) return status;
  if ((status = choose(infer, "keep_aspect_ratio_policy", "stretch", policies, policy))) return status;
  if (atr__attrs_int(infer->attrs, "antialias", 0))
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: antialias is not supported", infer->op->name);
  p->mode = (atr__resize_mode)mode;
  p->coordinate = (atr__resize_coordinate)coordinate;
  p->nearest = (atr__resize_nearest)rounding;
  p->exclude_outside = atr__attrs_int(infer->attrs, "exclude_outside", 0) != 0;
  p->cubic = (double)atr__attrs_float(infer->attrs, "cubic_coeff_a", -0.75f);
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

/* The output's dimensions and each axis's scale den / num from scales or sizes. */
static atr_status sizes_of(atr__infer *infer, const atr_shape *x, size_t scales, size_t sizes, int policy,
                           atr_shape *y, double num[8], double den[8]) {
  const char *name = infer->op->name;
  int axes[8];
  size_t n, got;
  atr_status status = axes_of(infer, x->rank, axes, &n);
  if (status) return status;
  *y = *x;
  for (int k = 0; k < 8; k++) num[k] = den[k] = 1;
  if (given(infer, scales) == given(infer, sizes))
    return atr__fail(infer->error, ATR_E_PARAM, "%s: give either scales or sizes", name);
  if (given(infer, scales)) {
    const atr__blob *blob = infer->in_const[scales];
    if (!blob)
      return atr__fail(infer->error, ATR_E_UNSUPPORTED,
                       "%s: scales are computed while running; they must be known when the plan is made",
                       name);
    if (blob->type != ATR_F32 || blob->shape.rank != 1 || (size_t)blob->count != n)
      return atr__fail(infer->error, ATR_E_SHAPE, "%s: scales must be %zu float32 numbers, one an axis", name,
                       n);
    for (size_t i = 0; i < n; i++) {
      const float scale = (float)atr__blob_real(blob, (int64_t)i);
      const float size = floorf((float)x->dim[axes[i]] * scale);
      if (!(scale > 0) || !(size < 2147483648.0f))
        return atr__fail(infer->error, ATR_E_PARAM, "%s: a scale of %g for dimension %d of %lld", name,
                         (double)scale, axes[i], (long long)x->dim[axes[i]]);
      den[axes[i]] = (double)scale;
      y->dim[axes[i]] = (int64_t)size;
    }
    return ATR_OK;
  }
  int64_t size[8];
  if ((status = atr__infer_ints(infer, sizes, size, 8, &got))) return status;
  if (got != n)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: sizes has %zu entries, must have %zu", name, got, n);
  double common = 0;
  for (size_t i = 0; i < n; i++) {
    const int64_t in = x->dim[axes[i]];
    if (size[i] < 0 || size[i] > INT32_MAX || (in == 0 && size[i] > 0))
      return atr__fail(infer->error, ATR_E_PARAM, "%s: dimension %d of %lld cannot become %lld", name,
                       axes[i], (long long)in, (long long)size[i]);
    y->dim[axes[i]] = size[i];
    if (in && size[i]) {
      num[axes[i]] = (double)in;
      den[axes[i]] = (double)size[i];
    }
    const double scale = in ? (double)size[i] / (double)in : 1;
    if (i == 0 || (policy == 1 ? scale < common : scale > common)) common = scale;
  }
  for (size_t i = 0; i < n && policy;
       i++) { /* one scale for all: not_larger the least, not_smaller the greatest */
    const double rounded = floor(common * (double)x->dim[axes[i]] + 0.5);
    if (!(rounded <= INT32_MAX))
      return atr__fail(infer->error, ATR_E_LIMIT, "%s: dimension %d exceeds 2^31 elements", name, axes[i]);
    y->dim[axes[i]] = (int64_t)rounded;
    num[axes[i]] = 1;
    den[axes[i]] = common;
  }
  return ATR_OK;
}

static atr_status params_of(atr__infer *infer, const atr_shape *x, size_t scales, size_t sizes,
                            atr_shape *y) {
  atr__resize_params *p = infer->params;
  int policy, first = 0;
  double num[8], den[8];
  atr_status status;
  if ((status = options(infer, p, &policy))) return status;
  if ((status = sizes_of(infer, x, scales, sizes, policy, y, num, den))) return status;
  int64_t count;
  if ((status = atr__shape_count(y, infer->error, &count))) return status;
  while (first < x->rank - 1 && x->dim[first] == y->dim[first] && num[first] == den[first]) first++;
  if (x->rank - first > 3)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED,
                     "%s: dimension %d of %d is resized; only the last three can be", infer->op->name, first,
                     x->rank);
  p->first = first;
  p->outer = atr__shape_span(x, 0, first);
  for (int k = 0; k < 3; k++) {
    const int at = x->rank - 3 + k;
    p->in[k] = p->out[k] = 1;
    p->num[k] = p->den[k] = 1;
    if (at < first) continue;
    p->in[k] = x->dim[at];
    p->out[k] = y->dim[at];
    p->num[k] = num[at];
    p->den[k] = den[at];
  }
  return ATR_OK;
}

static atr_status infer_forward(atr__infer *infer) {
  atr_status status;
  if ((status = atr__infer_need_f32(infer, 0))) return status;
  if ((status = atr__infer_need_rank(infer, 0, 1, 8))) return status;
  infer->out_type[0] = ATR_F32;
  return params_of(infer, &infer->in_shape[0], 2, 3, &infer->out_shape[0]);
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
  if ((status = params_of(infer, &infer->out_shape[0], 2, 3, &y))) return status;
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
                     n > 3 ? atr__grad_in(g, 3) : 0 };
  atr__grad_set(g, 0, atr__grad_node(g, "org.atrous", "ResizeGrad", in, 4, atr__grad_attrs(g), 1));
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

static int64_t inside(double position, int64_t size) {
  return position < 0 ? 0 : position > (double)(size - 1) ? size - 1 : (int64_t)position;
}

int atr__resize_taps(const atr__resize_params *p, int axis, int64_t o, int64_t index[ATR__RESIZE_TAPS],
                     double weight[ATR__RESIZE_TAPS]) {
  const int64_t size = p->in[axis];
  double x = coordinate(p, axis, o);
  if (p->mode == ATR__RESIZE_NEAREST) {
    switch (p->nearest) {
    case ATR__RESIZE_ROUND_PREFER_FLOOR: x = ceil(x - 0.5); break;
    case ATR__RESIZE_ROUND_PREFER_CEIL: x = floor(x + 0.5); break;
    case ATR__RESIZE_FLOOR: x = floor(x); break;
    case ATR__RESIZE_CEIL: x = ceil(x); break;
    }
    index[0] = inside(x, size);
    weight[0] = 1;
    return 1;
  }
  if (p->mode == ATR__RESIZE_LINEAR) {
    x = x < 0 ? 0 : x > (double)(size - 1) ? (double)(size - 1) : x;
    index[0] = (int64_t)x;
    weight[1] = x - (double)index[0];
    weight[0] = 1 - weight[1];
    if (weight[1] == 0) return 1;
    index[1] = index[0] + 1;
    return 2;
  }
  const double start = floor(x) - 1;
  double sum = 0;
  int n = 0;
  for (int k = 0; k < 4; k++) {
    const double at = start + k, w = cubic_weight(p->cubic, x - at);
    if (w == 0 || (p->exclude_outside && (at < 0 || at >= (double)size))) continue;
    index[n] = inside(at, size);
    weight[n++] = w;
    sum += w;
  }
  for (int k = 0; k < n && p->exclude_outside; k++) weight[k] /= sum;
  if (n) return n;
  index[0] = inside(x, size); /* every tap lay outside */
  weight[0] = 1;
  return 1;
}

const atr__op atr__op_resize_grad = {
  .name = "ResizeGrad",
  .domain = "org.atrous",
  .stem = "resize",
  .since = 1,
  .min_in = 2,
  .max_in = 4,
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
