/* builder.c: the public calls that write a network; see <atrous/build.h>. Recurrent layers are in
 * recurrent_builder.c. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "model/builder.h"
#include "tensor/shape.h"

static const atr_value none = { 0 };

static atr_status set_attribute(atr__attrs *attrs, const atr_attribute *a) {
  switch (a->kind) {
  case ATR_ATTRIBUTE_INT: return atr__attrs_set_int(attrs, a->name, a->i);
  case ATR_ATTRIBUTE_FLOAT: return atr__attrs_set_float(attrs, a->name, a->f);
  case ATR_ATTRIBUTE_STRING: return atr__attrs_set_string(attrs, a->name, a->s);
  case ATR_ATTRIBUTE_INTS: return atr__attrs_set_ints(attrs, a->name, a->ints, a->n);
  case ATR_ATTRIBUTE_FLOATS: return atr__attrs_set_floats(attrs, a->name, a->floats, a->n);
  case ATR_ATTRIBUTE_STRINGS: return atr__attrs_set_strings(attrs, a->name, a->strings, a->n);
  }
  return ATR_E_PARAM;
}

atr_value atr_model_add(atr_model *model, const char *domain, const char *op, const char *name,
                        const atr_value *in, size_t n_in, const atr_attribute *attributes,
                        size_t n_attributes, atr_value *out, size_t n_out) {
  for (size_t i = 0; out && i < n_out; i++) out[i] = none;
  if (model->error.status) return none;
  const atr__op *found = atr__op_find(domain, op);
  if (!found) {
    atr__model_fail(model, ATR_E_UNSUPPORTED, "operator \"%s\"%s%s is not supported", op,
                    domain && *domain ? " of " : "", domain ? domain : "");
    return none;
  }
  atr__attrs attrs = { 0 };
  for (size_t i = 0; i < n_attributes; i++) {
    atr_status status = set_attribute(&attrs, &attributes[i]);
    if (status) {
      atr__model_fail(model, status, "%s: attribute \"%s\" could not be set", op, attributes[i].name);
      atr__attrs_free(&attrs);
      return none;
    }
  }
  int *ids = atr__calloc(n_in, sizeof *ids);
  if (!ids) {
    atr__model_fail(model, ATR_E_NOMEM, "out of memory while a model was built");
    atr__attrs_free(&attrs);
    return none;
  }
  for (size_t i = 0; i < n_in; i++) ids[i] = in[i].id;
  const int first = atr__model_node(model, found, name, ids, n_in, &attrs, NULL, n_out ? n_out : 1);
  atr__free(ids);
  if (!first) return none;
  const atr__node *node = &model->nodes[model->n_nodes - 1];
  for (size_t i = 0; out && i < n_out; i++) out[i].id = node->out[i];
  return (atr_value){ first };
}

atr_value atr__build_add(atr_model *model, const char *op, const char *name, const atr_value *in, size_t n_in,
                         const atr_attribute *attributes, size_t n) {
  atr_value out[1];
  return atr_model_add(model, NULL, op, name, in, n_in, attributes, n, out, 1);
}

atr_attribute atr__build_ints(const char *name, const int64_t *values, size_t n) {
  return (atr_attribute){ name, ATR_ATTRIBUTE_INTS, 0, 0, NULL, values, NULL, n, NULL };
}
atr_attribute atr__build_int(const char *name, int64_t value) {
  return (atr_attribute){ name, ATR_ATTRIBUTE_INT, value, 0, NULL, NULL, NULL, 0, NULL };
}
atr_attribute atr__build_real(const char *name, float value) {
  return (atr_attribute){ name, ATR_ATTRIBUTE_FLOAT, 0, value, NULL, NULL, NULL, 0, NULL };
}

atr_value atr__build_weight(atr_model *model, const char *node, const char *part, const atr_shape *shape,
                            double scale, float constant, int learns) {
  if (model->error.status) return none;
  char name[256];
  snprintf(name, sizeof name, "%s.%s", node, part);
  atr__blob *blob;
  if (atr__blob_create(ATR_F32, shape, NULL, &model->error, &blob)) return none;
  float *data = blob->data;
  atr__random random;
  atr__random_seed(&random, model->seed, model->drawn++);
  for (int64_t i = 0; i < blob->count; i++)
    data[i] = scale > 0 ? (float)(scale * atr__random_normal(&random)) : constant;
  atr_value value = { atr__model_init(model, name, blob, learns) };
  atr__blob_release(blob);
  return value;
}

const char *atr__build_name(atr_model *model, const char *given, const char *stem, char made_up[64]) {
  if (given) return given;
  snprintf(made_up, 64, "%s_%d", stem, ++model->made_up);
  return made_up;
}

const atr_shape *atr__build_shape(atr_model *model, atr_value x, const char *what, int low, int high) {
  if (model->error.status) return NULL;
  if (x.id < 1 || (size_t)x.id > model->n_values) {
    atr__model_fail(model, ATR_E_PARAM, "%s: its input is no value of this model", what);
    return NULL;
  }
  const atr_shape *shape = &atr__model_at(model, x.id)->shape;
  char text[ATR__SHAPE_TEXT];
  if (shape->rank < low || shape->rank > high) {
    atr__model_fail(model, ATR_E_SHAPE, "%s: its input has shape %s; its rank must be %d to %d", what,
                    atr__shape_text(shape, text), low, high);
    return NULL;
  }
  return shape;
}

/* Attributes of a convolution or pooling: kernel_shape, strides, dilations, and pads or auto_pad; returns
 * their number. */
static size_t window_attributes(const atr_conv_params *p, int axes, int64_t pads[6], atr_attribute list[5]) {
  size_t n = 0;
  list[n++] = atr__build_ints("kernel_shape", p->filter, (size_t)axes);
  list[n++] = atr__build_ints("strides", p->stride, (size_t)axes);
  /* 1 is the default, and AveragePool knows the attribute only since opset 19. */
  int dilated = 0;
  for (int i = 0; i < axes; i++) dilated |= p->dilation[i] > 1;
  if (dilated) list[n++] = atr__build_ints("dilations", p->dilation, (size_t)axes);
  for (int i = 0; i < 2 * axes; i++) pads[i] = p->pad == ATR_PAD_EXPLICIT ? p->pads[i] : 0;
  int strided = 0;
  for (int i = 0; i < axes; i++) strided |= p->stride[i] > 1;
  if (p->pad == ATR_PAD_SAME && strided) {
    list[n++] = (atr_attribute){ "auto_pad", ATR_ATTRIBUTE_STRING, 0, 0, "SAME_UPPER", NULL, NULL, 0, NULL };
    return n;
  }
  /* Without strides the padding does not depend on the size, and is written out: not every runtime takes
   * auto_pad together with dilations. */
  if (p->pad == ATR_PAD_SAME || p->pad == ATR_PAD_CAUSAL) {
    const int causal = p->pad == ATR_PAD_CAUSAL;
    if (causal) pads[0] = (p->filter[0] - 1) * p->dilation[0];
    for (int i = causal; i < axes; i++) {
      const int64_t total = (p->filter[i] - 1) * p->dilation[i];
      pads[i] = total / 2;
      pads[axes + i] = total - total / 2;
    }
  }
  list[n++] = atr__build_ints("pads", pads, (size_t)(2 * axes));
  return n;
}

static int window_ok(atr_model *model, const char *what, const atr_conv_params *p, int axes) {
  for (int i = 0; i < axes; i++)
    if (p->filter[i] < 1 || p->stride[i] < 1 || p->dilation[i] < 1 || p->filter[i] > INT32_MAX ||
        p->dilation[i] > INT32_MAX) {
      atr__model_fail(model, ATR_E_PARAM,
                      "%s: axis %d has filter %lld, stride %lld, dilation %lld; each must be at least 1",
                      what, i, (long long)p->filter[i], (long long)p->stride[i], (long long)p->dilation[i]);
      return 0;
    }
  return 1;
}

atr_value atr_model_conv(atr_model *model, const atr_conv_params *p, atr_value x) {
  char made_up[64];
  const atr_shape *in = atr__build_shape(model, x, "conv", 3, 5);
  if (!in || !window_ok(model, "conv", p, in->rank - 2)) return none;
  const int axes = in->rank - 2;
  const int64_t c = in->dim[1];
  if (c < 1 || p->groups < 1 || p->out_channels < 1 || c % p->groups || p->out_channels % p->groups) {
    atr__model_fail(model, ATR_E_PARAM, "conv: %lld input and %lld output channels in %lld groups",
                    (long long)c, (long long)p->out_channels, (long long)p->groups);
    return none;
  }
  const char *name = atr__build_name(model, p->name, "conv", made_up);
  atr_shape shape = { axes + 2, { p->out_channels, c / p->groups } };
  double fan_in = (double)(c / p->groups);
  for (int i = 0; i < axes; i++) {
    shape.dim[i + 2] = p->filter[i];
    fan_in *= (double)p->filter[i];
  }
  atr_value list[3] = { x, atr__build_weight(model, name, "weight", &shape, sqrt(2 / fan_in), 0, 1), none };
  const atr_shape bias = { 1, { p->out_channels } };
  if (p->bias) list[2] = atr__build_weight(model, name, "bias", &bias, 0, 0, 1);
  int64_t pads[6];
  atr_attribute attributes[6];
  size_t n = window_attributes(p, axes, pads, attributes);
  attributes[n++] = atr__build_int("group", p->groups);
  return atr__build_add(model, "Conv", name, list, p->bias ? 3 : 2, attributes, n);
}

/* Pads and output padding of a transposed convolution, for which `out` is s times `in` where they are not
 * explicit; whatever the size. */
static void transposed_pads(const atr_conv_params *p, int axes, int64_t pads[6], int64_t extra[3]) {
  for (int i = 0; i < axes; i++) {
    extra[i] = p->output_padding[i];
    pads[i] = p->pad == ATR_PAD_EXPLICIT ? p->pads[i] : 0;
    pads[axes + i] = p->pad == ATR_PAD_EXPLICIT ? p->pads[axes + i] : 0;
    if (p->pad != ATR_PAD_SAME && p->pad != ATR_PAD_CAUSAL) continue;
    const int64_t total = p->dilation[i] * (p->filter[i] - 1) + 1 - p->stride[i];
    extra[i] = total < 0 ? -total : 0;
    if (total <= 0) continue;
    pads[i] = p->pad == ATR_PAD_CAUSAL && !i ? 0 : total / 2;
    pads[axes + i] = total - pads[i];
  }
}

atr_value atr_model_conv_transpose(atr_model *model, const atr_conv_params *p, atr_value x) {
  char made_up[64];
  const atr_shape *in = atr__build_shape(model, x, "conv_transpose", 3, 5);
  if (!in || !window_ok(model, "conv_transpose", p, in->rank - 2)) return none;
  const int axes = in->rank - 2;
  const int64_t c = in->dim[1];
  if (c < 1 || p->groups < 1 || p->out_channels < 1 || c % p->groups || p->out_channels % p->groups) {
    atr__model_fail(model, ATR_E_PARAM, "conv_transpose: %lld input and %lld output channels in %lld groups",
                    (long long)c, (long long)p->out_channels, (long long)p->groups);
    return none;
  }
  const char *name = atr__build_name(model, p->name, "conv_transpose", made_up);
  atr_shape shape = { axes + 2, { c, p->out_channels / p->groups } };
  double fan_in = (double)(c / p->groups); /* an output sees one tap in s of the filter */
  for (int i = 0; i < axes; i++) {
    shape.dim[i + 2] = p->filter[i];
    fan_in *= p->filter[i] > p->stride[i] ? (double)p->filter[i] / (double)p->stride[i] : 1;
  }
  atr_value list[3] = { x, atr__build_weight(model, name, "weight", &shape, sqrt(2 / fan_in), 0, 1), none };
  const atr_shape bias = { 1, { p->out_channels } };
  if (p->bias) list[2] = atr__build_weight(model, name, "bias", &bias, 0, 0, 1);
  int64_t pads[6], extra[3];
  transposed_pads(p, axes, pads, extra);
  const atr_attribute attributes[] = {
    atr__build_ints("kernel_shape", p->filter, (size_t)axes),
    atr__build_ints("strides", p->stride, (size_t)axes),
    atr__build_ints("dilations", p->dilation, (size_t)axes),
    atr__build_ints("pads", pads, (size_t)(2 * axes)),
    atr__build_ints("output_padding", extra, (size_t)axes),
    atr__build_int("group", p->groups),
  };
  return atr__build_add(model, "ConvTranspose", name, list, p->bias ? 3 : 2, attributes,
                        sizeof attributes / sizeof *attributes);
}

/* Any pooling of one window; `more`: an attribute of its own, or NULL. */
static atr_value pool(atr_model *model, const char *op, const char *what, const atr_conv_params *p,
                      atr_value x, const atr_attribute *more, atr_value *out, size_t n_out) {
  const atr_shape *in = atr__build_shape(model, x, what, 3, 5);
  for (size_t i = 0; i < n_out; i++) out[i] = none;
  if (!in || !window_ok(model, what, p, in->rank - 2)) return none;
  int64_t pads[6];
  atr_attribute attributes[6];
  size_t n = window_attributes(p, in->rank - 2, pads, attributes);
  if (more) attributes[n++] = *more;
  return atr_model_add(model, NULL, op, p->name, &x, 1, attributes, n, out, n_out);
}

atr_value atr_model_max_pool(atr_model *model, const atr_conv_params *p, atr_value x) {
  atr_value out[1];
  return pool(model, "MaxPool", "max_pool", p, x, NULL, out, 1);
}

atr_value atr_model_max_pool_indices(atr_model *model, const atr_conv_params *p, atr_value x,
                                     atr_value *indices) {
  atr_value out[2];
  pool(model, "MaxPool", "max_pool", p, x, NULL, out, 2);
  *indices = out[1];
  return out[0];
}

atr_value atr_model_average_pool(atr_model *model, const atr_conv_params *p, atr_value x) {
  atr_value out[1];
  return pool(model, "AveragePool", "average_pool", p, x, NULL, out, 1);
}

atr_value atr_model_lp_pool(atr_model *model, const atr_conv_params *params, int p, atr_value x) {
  atr_value out[1];
  const atr_attribute norm = atr__build_int("p", p);
  return pool(model, "LpPool", "lp_pool", params, x, &norm, out, 1);
}

atr_value atr_model_max_unpool(atr_model *model, const atr_conv_params *p, atr_value x, atr_value indices,
                               atr_value pooled) {
  const atr_shape *in = atr__build_shape(model, x, "max_unpool", 3, 5);
  if (!in || !window_ok(model, "max_unpool", p, in->rank - 2)) return none;
  if (!pooled.id && (p->pad == ATR_PAD_SAME || p->pad == ATR_PAD_CAUSAL)) {
    atr__model_fail(model, ATR_E_PARAM,
                    "max_unpool: with padding that depends on the size, give the value that was pooled");
    return none;
  }
  const size_t axes = (size_t)in->rank - 2;
  int64_t pads[6];
  for (size_t i = 0; i < 2 * axes; i++) pads[i] = p->pad == ATR_PAD_EXPLICIT ? p->pads[i] : 0;
  const atr_attribute attributes[3] = { atr__build_ints("kernel_shape", p->filter, axes),
                                        atr__build_ints("strides", p->stride, axes),
                                        atr__build_ints("pads", pads, 2 * axes) };
  atr_value list[3] = { x, indices, none };
  if (pooled.id) list[2] = atr__build_add(model, "Shape", NULL, &pooled, 1, NULL, 0);
  return atr__build_add(model, "MaxUnpool", p->name, list, pooled.id ? 3 : 2, attributes, 3);
}

atr_value atr_model_global_max_pool(atr_model *model, atr_value x) {
  return atr__build_add(model, "GlobalMaxPool", NULL, &x, 1, NULL, 0);
}
atr_value atr_model_global_average_pool(atr_model *model, atr_value x) {
  return atr__build_add(model, "GlobalAveragePool", NULL, &x, 1, NULL, 0);
}
atr_value atr_model_global_lp_pool(atr_model *model, int p, atr_value x) {
  const atr_attribute norm = atr__build_int("p", p);
  return atr__build_add(model, "GlobalLpPool", NULL, &x, 1, &norm, 1);
}

atr_value atr_model_dense(atr_model *model, const char *given, int64_t features, atr_value x) {
  char made_up[64];
  const atr_shape *in = atr__build_shape(model, x, "dense", 2, ATR_RANK_MAX);
  if (!in) return none;
  if (in->rank > 2) {
    const atr_attribute axis = atr__build_int("axis", 1);
    x = atr__build_add(model, "Flatten", NULL, &x, 1, &axis, 1);
    if (!x.id) return none;
    in = &atr__model_at(model, x.id)->shape;
  }
  if (features < 1 || in->dim[1] < 1) {
    atr__model_fail(model, ATR_E_SHAPE,
                    "dense: %lld inputs to %lld outputs; both must be known and at least 1",
                    (long long)in->dim[1], (long long)features);
    return none;
  }
  const char *name = atr__build_name(model, given, "gemm", made_up);
  const atr_shape matrix = { 2, { features, in->dim[1] } }, bias = { 1, { features } };
  const atr_value list[3] = {
    x, atr__build_weight(model, name, "weight", &matrix, sqrt(2 / (double)in->dim[1]), 0, 1),
    atr__build_weight(model, name, "bias", &bias, 0, 0, 1)
  };
  const atr_attribute transposed = atr__build_int("transB", 1);
  return atr__build_add(model, "Gemm", name, list, 3, &transposed, 1);
}

atr_value atr_model_relu(atr_model *model, atr_value x) {
  return atr__build_add(model, "Relu", NULL, &x, 1, NULL, 0);
}
atr_value atr_model_sigmoid(atr_model *model, atr_value x) {
  return atr__build_add(model, "Sigmoid", NULL, &x, 1, NULL, 0);
}
atr_value atr_model_tanh(atr_model *model, atr_value x) {
  return atr__build_add(model, "Tanh", NULL, &x, 1, NULL, 0);
}

atr_value atr_model_leaky_relu(atr_model *model, float alpha, atr_value x) {
  const atr_attribute a = atr__build_real("alpha", alpha);
  return atr__build_add(model, "LeakyRelu", NULL, &x, 1, &a, 1);
}
atr_value atr_model_gelu(atr_model *model, atr_value x) {
  return atr__build_add(model, "Gelu", NULL, &x, 1, NULL, 0);
}

atr_value atr_model_add2(atr_model *model, atr_value a, atr_value b) {
  const atr_value list[2] = { a, b };
  return atr__build_add(model, "Add", NULL, list, 2, NULL, 0);
}
atr_value atr_model_mul(atr_model *model, atr_value a, atr_value b) {
  const atr_value list[2] = { a, b };
  return atr__build_add(model, "Mul", NULL, list, 2, NULL, 0);
}

atr_value atr_model_concat(atr_model *model, int axis, const atr_value *list, size_t n) {
  const atr_attribute a = atr__build_int("axis", axis);
  return atr__build_add(model, "Concat", NULL, list, n, &a, 1);
}

atr_value atr_model_batch_normalization(atr_model *model, const char *given, float epsilon, float momentum,
                                        atr_value x) {
  char made_up[64];
  const atr_shape *in = atr__build_shape(model, x, "batch_normalization", 2, ATR_RANK_MAX);
  if (!in) return none;
  const char *name = atr__build_name(model, given, "batch_normalization", made_up);
  const atr_shape c = { 1, { in->dim[1] } };
  const atr_value list[5] = { x, atr__build_weight(model, name, "weight", &c, 0, 1, 1),
                              atr__build_weight(model, name, "bias", &c, 0, 0, 1),
                              atr__build_weight(model, name, "running_mean", &c, 0, 0, 0),
                              atr__build_weight(model, name, "running_var", &c, 0, 1, 0) };
  const atr_attribute attributes[2] = { atr__build_real("epsilon", epsilon),
                                        atr__build_real("momentum", momentum) };
  return atr__build_add(model, "BatchNormalization", name, list, 5, attributes, 2);
}

atr_value atr_model_layer_normalization(atr_model *model, const char *given, int axis, float epsilon,
                                        atr_value x) {
  char made_up[64];
  int first;
  const atr_shape *in = atr__build_shape(model, x, "layer_normalization", 1, ATR_RANK_MAX);
  if (!in) return none;
  if (atr__axis(axis, in->rank, "axis", NULL, &first)) {
    atr__model_fail(model, ATR_E_PARAM, "layer_normalization: axis %d of an input of rank %d", axis,
                    in->rank);
    return none;
  }
  atr_shape line = { in->rank - first, { 0 } };
  for (int d = 0; d < line.rank; d++) {
    line.dim[d] = in->dim[first + d];
    if (line.dim[d] >= 0) continue;
    atr__model_fail(model, ATR_E_SHAPE,
                    "layer_normalization: dimension %d is free; what is normalized must be known", first + d);
    return none;
  }
  const char *name = atr__build_name(model, given, "layer_normalization", made_up);
  const atr_value list[3] = { x, atr__build_weight(model, name, "weight", &line, 0, 1, 1),
                              atr__build_weight(model, name, "bias", &line, 0, 0, 1) };
  const atr_attribute attributes[2] = { atr__build_int("axis", axis), atr__build_real("epsilon", epsilon) };
  return atr__build_add(model, "LayerNormalization", name, list, 3, attributes, 2);
}

atr_value atr_model_group_normalization(atr_model *model, const char *given, int64_t groups, float epsilon,
                                        atr_value x) {
  char made_up[64];
  const atr_shape *in = atr__build_shape(model, x, "group_normalization", 2, ATR_RANK_MAX);
  if (!in) return none;
  const char *name = atr__build_name(model, given, "group_normalization", made_up);
  const atr_shape c = { 1, { in->dim[1] } };
  const atr_value list[3] = { x, atr__build_weight(model, name, "weight", &c, 0, 1, 1),
                              atr__build_weight(model, name, "bias", &c, 0, 0, 1) };
  const atr_attribute attributes[2] = { atr__build_int("num_groups", groups),
                                        atr__build_real("epsilon", epsilon) };
  return atr__build_add(model, "GroupNormalization", name, list, 3, attributes, 2);
}

atr_value atr__build_vector(atr_model *model, const int64_t *values, size_t n) {
  const atr_shape shape = { 1, { (int64_t)n } };
  return atr_model_add_tensor(model, NULL, ATR_I64, &shape, values, 0);
}

static atr_value scalar(atr_model *model, float value) {
  const atr_shape shape = { 0, { 0 } };
  return atr_model_add_tensor(model, NULL, ATR_F32, &shape, &value, 0);
}

atr_value atr_model_dropout(atr_model *model, float ratio, atr_value x) {
  const atr_value list[2] = { x, scalar(model, ratio) };
  const atr_attribute seed =
      atr__build_int("seed", (int64_t)(model->seed ^ (0x9E3779B97F4A7C15u * ++model->drawn)));
  return atr__build_add(model, "Dropout", NULL, list, 2, &seed, 1);
}

atr_value atr_model_upsample(atr_model *model, const float *scale, atr_value x) {
  const atr_shape *in = atr__build_shape(model, x, "upsample", 3, 5);
  if (!in) return none;
  float scales[5] = { 1, 1, 1, 1, 1 };
  for (int i = 2; i < in->rank; i++) scales[i] = scale[i - 2];
  const atr_shape shape = { 1, { in->rank } };
  const atr_value list[3] = { x, none, atr_model_add_tensor(model, NULL, ATR_F32, &shape, scales, 0) };
  const atr_attribute mode = { "mode", ATR_ATTRIBUTE_STRING, 0, 0, "linear", NULL, NULL, 0, NULL };
  return atr__build_add(model, "Resize", NULL, list, 3, &mode, 1);
}

atr_value atr_model_softmax(atr_model *model, int axis, float temperature, atr_value x) {
  if (!(temperature > 0)) {
    atr__model_fail(model, ATR_E_PARAM, "softmax: temperature %g must be above 0", (double)temperature);
    return none;
  }
  if (temperature < 1 || temperature > 1) {
    const atr_value list[2] = { x, scalar(model, temperature) };
    x = atr__build_add(model, "Div", NULL, list, 2, NULL, 0);
  }
  const atr_attribute a = atr__build_int("axis", axis);
  return atr__build_add(model, "Softmax", NULL, &x, 1, &a, 1);
}

atr_value atr_model_arg_max(atr_model *model, int axis, int keep_axis, atr_value x) {
  const atr_attribute a[2] = { atr__build_int("axis", axis), atr__build_int("keepdims", keep_axis != 0) };
  return atr__build_add(model, "ArgMax", NULL, &x, 1, a, 2);
}

atr_value atr_model_slice(atr_model *model, int axis, int64_t start, int64_t end, atr_value x) {
  const int64_t at = axis;
  const atr_value list[4] = { x, atr__build_vector(model, &start, 1), atr__build_vector(model, &end, 1),
                              atr__build_vector(model, &at, 1) };
  return atr__build_add(model, "Slice", NULL, list, 4, NULL, 0);
}

atr_value atr_model_reshape(atr_model *model, const int64_t *dim, int rank, atr_value x) {
  const atr_value list[2] = { x, atr__build_vector(model, dim, (size_t)rank) };
  return atr__build_add(model, "Reshape", NULL, list, 2, NULL, 0);
}

atr_value atr_model_transpose(atr_model *model, const int64_t *order, int rank, atr_value x) {
  const atr_attribute perm = atr__build_ints("perm", order, (size_t)rank);
  return atr__build_add(model, "Transpose", NULL, &x, 1, &perm, 1);
}
