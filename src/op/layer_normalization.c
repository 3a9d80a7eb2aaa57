/* layer_normalization.c: LayerNormalization, InstanceNormalization and GroupNormalization, and their
 * gradient.
 *
 * All three cut x in lines that are dense: what follows `axis`, a channel of a sample, some channels of a
 * sample. y = (x - mean) · inv · scale + bias with the line's mean and inv = 1 / sqrt(var + epsilon), var by
 * a second pass around the mean. Outputs 1 and 2 are mean and inv (ONNX's of LayerNormalization, ours of the
 * others). LayerNormalizationGrad (org.atrous; dy, x, scale, mean, inv) gives dx, dscale and dbias; it has
 * the attribute axis, or num_groups. Sources: ONNX LayerNormalization-17, InstanceNormalization-6,
 * GroupNormalization-21; Ba, Kiros and Hinton, "Layer normalization", 2016. */
#include "config.h"

#include "op/layer_normalization.h"

#include "base/checked.h"
#include "op/axes.h"
#include "op/grad.h"
#include "tensor/shape.h"

static atr_status no_fit(atr__infer *infer, size_t input, const atr_shape *shape, const atr_shape *x,
                         int axis) {
  char own[ATR__SHAPE_TEXT], of_x[ATR__SHAPE_TEXT];
  return atr__fail(infer->error, ATR_E_SHAPE,
                   "%s: input %zu has shape %s, which does not lie along the axes from %d on of %s",
                   infer->op->name, input, atr__shape_text(shape, own), axis, atr__shape_text(x, of_x));
}

/* Lines are what follows `axis`. The scale may be smaller: its extents are those of x in one run of axes, 1
 * around it.
 */
static atr_status cut_layers(atr__infer *infer, size_t at, size_t scale_at) {
  atr__layer_normalization_params *p = infer->params;
  const atr_shape *x = &infer->in_shape[at], *scale = &infer->in_shape[scale_at];
  int axis;
  atr_status status =
      atr__axis(atr__attrs_int(infer->attrs, "axis", -1), x->rank, "axis", infer->error, &axis);
  if (status) return atr__fail_in(infer->error, status, "%s", infer->op->name);
  p->lines = atr__shape_span(x, 0, axis);
  p->length = atr__shape_span(x, axis, x->rank);
  p->groups = p->each = p->inner = 1;
  const int shift = x->rank - scale->rank;
  int first = x->rank, last = -1;
  if (shift < 0) return no_fit(infer, scale_at, scale, x, axis);
  for (int d = 0; d < scale->rank; d++)
    if (scale->dim[d] != 1) {
      if (first == x->rank) first = d + shift;
      last = d + shift;
    }
  for (int d = first; d <= last; d++)
    if (d < axis || scale->dim[d - shift] != x->dim[d]) return no_fit(infer, scale_at, scale, x, axis);
  if (last < 0) {
    p->inner = p->length;
    return ATR_OK;
  }
  p->each = atr__shape_span(x, first, last + 1);
  p->inner = atr__shape_span(x, last + 1, x->rank);
  return ATR_OK;
}

/* Lines are groups of channels of a sample; scale is one number a channel. */
static atr_status cut_groups(atr__infer *infer, size_t at, size_t scale_at, int64_t groups) {
  atr__layer_normalization_params *p = infer->params;
  const atr_shape *x = &infer->in_shape[at], *scale = &infer->in_shape[scale_at];
  const int64_t c = x->dim[1];
  if (groups < 1 || c % groups)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: %lld channels cannot be divided into %lld groups",
                     infer->op->name, (long long)c, (long long)groups);
  if (scale->rank != 1 || scale->dim[0] != c) {
    char text[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: input %zu has shape %s, must be [%lld], one number a channel", infer->op->name,
                     scale_at, atr__shape_text(scale, text), (long long)c);
  }
  p->groups = groups;
  p->each = c / groups;
  p->inner = atr__shape_span(x, 2, x->rank);
  p->lines = x->dim[0] * groups;
  p->length = p->each * p->inner;
  return ATR_OK;
}

/* Type, scale's and bias's shapes agree; statistics can be had. */
static atr_status common(atr__infer *infer, size_t last) {
  atr__layer_normalization_params *p = infer->params;
  p->epsilon = atr__attrs_float(infer->attrs, "epsilon", 1e-5f);
  if (!(p->epsilon >= 0))
    return atr__fail(infer->error, ATR_E_PARAM, "%s: epsilon is %g, must not be negative", infer->op->name,
                     (double)p->epsilon);
  if (last == 2 && !atr__shape_equal(&infer->in_shape[1], &infer->in_shape[2])) {
    char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: scale has shape %s and bias %s, must agree",
                     infer->op->name, atr__shape_text(&infer->in_shape[1], a),
                     atr__shape_text(&infer->in_shape[2], b));
  }
  if (p->lines && !p->length)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: nothing to normalize over: %lld lines of no elements",
                     infer->op->name, (long long)p->lines);
  return ATR_OK;
}

static void outputs(atr__infer *infer, const atr_shape *statistics) {
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = i ? *statistics : infer->in_shape[0];
  }
}

static atr_status need_reals(atr__infer *infer) {
  for (size_t i = 0; i < infer->n_in; i++) {
    if (!atr__infer_has(infer, i)) continue;
    const atr_status status = atr__infer_need_f32(infer, i);
    if (status) return status;
  }
  return ATR_OK;
}

static atr_status infer_layer(atr__infer *infer) {
  atr_status status = need_reals(infer);
  if (!status) status = atr__infer_need_rank(infer, 0, 1, ATR_RANK_MAX);
  if (!status) status = cut_layers(infer, 0, 1);
  if (!status) status = common(infer, atr__infer_has(infer, 2) ? 2 : 1);
  if (status) return status;
  const int64_t stash = atr__attrs_int(infer->attrs, "stash_type", ATR_F32);
  if (stash != ATR_F32)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED,
                     "LayerNormalization: stash_type is %lld; statistics in float32 (1) are supported",
                     (long long)stash);
  const int64_t axis = atr__attrs_int(infer->attrs, "axis", -1);
  atr_shape statistics = infer->in_shape[0];
  for (int64_t d = axis < 0 ? axis + statistics.rank : axis; d < statistics.rank; d++) statistics.dim[d] = 1;
  outputs(infer, &statistics);
  return ATR_OK;
}

static atr_status infer_groups(atr__infer *infer, int64_t groups) {
  atr_status status = need_reals(infer);
  if (!status) status = atr__infer_need_rank(infer, 0, 2, ATR_RANK_MAX);
  if (!status) status = cut_groups(infer, 0, 1, groups < 0 ? infer->in_shape[0].dim[1] : groups);
  if (!status) status = common(infer, 2);
  if (status) return status;
  const atr__layer_normalization_params *p = infer->params;
  const atr_shape statistics = atr__shape_of(2, (int64_t[]){ infer->in_shape[0].dim[0], p->groups });
  outputs(infer, &statistics);
  return ATR_OK;
}
static atr_status infer_group(atr__infer *infer) {
  const int64_t stash = atr__attrs_int(infer->attrs, "stash_type", ATR_F32);
  if (stash != ATR_F32)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED,
                     "GroupNormalization: stash_type is %lld; statistics in float32 (1) are supported",
                     (long long)stash);
  return infer_groups(infer, atr__max_i64(0, atr__attrs_int(infer->attrs, "num_groups", 0)));
}
static atr_status infer_instance(atr__infer *infer) {
  return infer_groups(infer, -1);
}

static atr_status append(atr__grad *g, const atr__attrs *attrs) {
  const int in[] = { atr__grad_dy(g, 0), atr__grad_in(g, 0), atr__grad_in(g, 1), atr__grad_out(g, 1),
                     atr__grad_out(g, 2) };
  const int dx = atr__grad_node(g, "org.atrous", "LayerNormalizationGrad", in, 5, attrs, 3);
  const int dscale = atr__grad_last(g, 1), dbias = atr__grad_last(g, 2);
  if (atr__grad_wanted(g, 0)) atr__grad_set(g, 0, dx);
  if (atr__grad_wanted(g, 1)) atr__grad_set(g, 1, dscale);
  if (atr__grad_inputs(g) > 2 && atr__grad_in(g, 2) && atr__grad_wanted(g, 2)) atr__grad_set(g, 2, dbias);
  return atr__grad_status(g);
}

static atr_status gradient(atr__grad *g, const char *name, int64_t value) {
  if (!atr__grad_dy(g, 0)) return atr__grad_status(g);
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_set_int(&attrs, name, value);
  if (!status) status = append(g, &attrs);
  atr__attrs_free(&attrs);
  return status;
}
static atr_status gradient_layer(atr__grad *g) {
  return gradient(g, "axis", atr__attrs_int(atr__grad_attrs(g), "axis", -1));
}
static atr_status gradient_groups(atr__grad *g) {
  return gradient(g, "num_groups", ((const atr__layer_normalization_params *)atr__grad_params(g))->groups);
}

static atr_status infer_grad(atr__infer *infer) {
  atr__layer_normalization_params *p = infer->params;
  const int groups = atr__attrs_find(infer->attrs, "num_groups") != NULL;
  atr_status status = need_reals(infer);
  if (!status) status = atr__infer_need_rank(infer, 1, groups ? 2 : 1, ATR_RANK_MAX);
  if (!status)
    status = groups ? cut_groups(infer, 1, 2, atr__attrs_int(infer->attrs, "num_groups", 0))
                    : cut_layers(infer, 1, 2);
  if (status) return status;
  if (!atr__shape_equal(&infer->in_shape[0], &infer->in_shape[1]) ||
      atr__shape_size(&infer->in_shape[3]) != p->lines || atr__shape_size(&infer->in_shape[4]) != p->lines) {
    char dy[ATR__SHAPE_TEXT], x[ATR__SHAPE_TEXT], mean[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "LayerNormalizationGrad: dy has shape %s, x has %s, mean of its %lld lines has %s",
                     atr__shape_text(&infer->in_shape[0], dy), atr__shape_text(&infer->in_shape[1], x),
                     (long long)p->lines, atr__shape_text(&infer->in_shape[3], mean));
  }
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = infer->in_shape[i ? 2 : 1];
  }
  return ATR_OK;
}

#define NORMALIZATION(symbol, onnx, opset, least_in, infer_function, gradient_function)                      \
  const atr__op atr__op_##symbol = {                                                                         \
    .name = onnx,                                                                                            \
    .domain = "",                                                                                            \
    .stem = "layer_normalization",                                                                           \
    .since = opset,                                                                                          \
    .min_in = least_in,                                                                                      \
    .max_in = 3,                                                                                             \
    .min_out = 1,                                                                                            \
    .max_out = 3,                                                                                            \
    .params_size = sizeof(atr__layer_normalization_params),                                                  \
    .infer = infer_function,                                                                                 \
    .differentiable = ATR__DIFF_YES,                                                                         \
    .gradient = gradient_function,                                                                           \
    .inplace = 1,                                                                                            \
    ATR__HOST(layer_normalization),                                                                          \
    ATR__CL(layer_normalization),                                                                            \
  }
NORMALIZATION(layer_normalization, "LayerNormalization", 17, 2, infer_layer, gradient_layer);
NORMALIZATION(instance_normalization, "InstanceNormalization", 6, 3, infer_instance, gradient_groups);
NORMALIZATION(group_normalization, "GroupNormalization", 21, 3, infer_group, gradient_groups);

const atr__op atr__op_layer_normalization_grad = {
  .name = "LayerNormalizationGrad",
  .domain = "org.atrous",
  .stem = "layer_normalization",
  .since = 1,
  .min_in = 5,
  .max_in = 5,
  .min_out = 1,
  .max_out = 3,
  .params_size = sizeof(atr__layer_normalization_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  .inplace = 3,
  ATR__HOST(layer_normalization_grad),
  ATR__CL(layer_normalization_grad),
};
