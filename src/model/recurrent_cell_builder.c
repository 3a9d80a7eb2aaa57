/* recurrent_cell_builder.c: recurrent layers with layer normalization or a mask of their state, for
 * recurrent_builder.c.
 *
 * What does not go from step to step is ordinary nodes: W·x of all steps at once, its normalization, the
 * biases, the masks (a Dropout of ones, which is on while training and gone otherwise). RecurrentCell does
 * the rest; its tensors begin with the direction, and time follows. */
#include "config.h"

#include "model/builder.h"

static const atr_value none = { 0 };

/* [a] and extents first … last - 1 of x and [b], as a shape. */
static atr_value extents(atr_model *model, atr_value x, int64_t a, int64_t first, int64_t last, int64_t b) {
  const atr_value shape = atr__build_add(model, "Shape", NULL, &x, 1, NULL, 0);
  const atr_value list[3] = { atr__build_vector(model, &a, 1), atr_model_slice(model, 0, first, last, shape),
                              atr__build_vector(model, &b, 1) };
  return atr_model_concat(model, 0, list, 3);
}

atr_value atr__build_mask(atr_model *model, atr_value x, int64_t a, int64_t b, float ratio) {
  static const float one = 1;
  const atr_shape scalar = { 0, { 0 } };
  const atr_value list[2] = { atr_model_add_tensor(model, NULL, ATR_F32, &scalar, &one, 0),
                              extents(model, x, a, 1, 2, b) };
  return atr_model_dropout(model, ratio, atr__build_add(model, "Expand", NULL, list, 2, NULL, 0));
}

/* Columns first … last - 1 of [dirs][rows][width], normalized without a gain. */
static atr_value normalized(atr_model *model, atr_value x, int64_t first, int64_t last, int64_t width,
                            float epsilon) {
  const atr_shape line = { 1, { last - first } };
  atr__blob *blob;
  if (model->error.status || atr__blob_create(ATR_F32, &line, NULL, &model->error, &blob)) return none;
  for (int64_t k = 0; k < blob->count; k++) ((float *)blob->data)[k] = 1;
  const atr_value list[2] = { last - first < width ? atr_model_slice(model, 2, first, last, x) : x,
                              { atr__model_init(model, NULL, blob, 0) } };
  atr__blob_release(blob);
  const atr_attribute attributes[2] = { atr__build_int("axis", -1), atr__build_real("epsilon", epsilon) };
  return atr__build_add(model, "LayerNormalization", NULL, list, 2, attributes, 2);
}

/* W·x of every step with its biases, [dirs][t][n][width]. */
static atr_value from_x(atr_model *model, const char *name, int64_t gates, const atr_recurrent_params *p,
                        const atr_value list[7], int64_t dirs) {
  static const int64_t turned[3] = { 0, 2, 1 };
  const int64_t width = gates * p->hidden, first = gates == 3 ? 2 * p->hidden : width;
  const int64_t rows[3] = { 1, -1, atr__model_at(model, list[0].id)->shape.dim[2] },
                line[3] = { dirs, 1, width };
  const atr_shape gain = { 3, { dirs, 1, width } };
  const atr_value product[2] = { atr_model_reshape(model, rows, 3, list[0]),
                                 atr_model_transpose(model, turned, 3, list[1]) };
  atr_value x = atr__build_add(model, "MatMul", NULL, product, 2, NULL, 0);
  if (p->layer_norm) {
    atr_value parts[2] = { normalized(model, x, 0, first, width, p->epsilon), none };
    if (first < width) parts[1] = normalized(model, x, first, width, width, p->epsilon);
    x = first < width ? atr_model_concat(model, 2, parts, 2) : parts[0];
    x = atr_model_mul(model, x, atr__build_weight(model, name, "gain_input", &gain, 0, 1, 1));
  }
  if (list[3].id)
    x = atr_model_add2(model, x,
                       atr_model_reshape(model, line, 3, atr_model_slice(model, 1, 0, width, list[3])));
  const atr_value whole[2] = { x, extents(model, list[0], dirs, 0, 2, width) };
  return atr__build_add(model, "Reshape", NULL, whole, 2, NULL, 0);
}

void atr__build_cell(atr_model *model, const char *op, const char *name, int64_t gates,
                     const atr_recurrent_params *p, const atr_value list[7], atr_value out[3]) {
  static const int64_t time_first[4] = { 1, 0, 2, 3 };
  const int64_t dirs = p->direction == ATR_DIRECTION_BOTH ? 2 : 1, width = gates * p->hidden;
  const atr_shape wide = { 2, { dirs, width } }, narrow = { 2, { dirs, p->hidden } };
  if (model->error.status) return;
  if (p->clip > 0 || (p->activations && gates != 1)) {
    atr__model_fail(model, ATR_E_UNSUPPORTED,
                    "\"%.60s\": layer_norm and state_dropout go with no clip, and with "
                    "activations of an RNN only",
                    name);
    return;
  }
  atr_value in[9] = { from_x(model, name, gates, p, list, dirs), list[2], list[5],
                      gates == 4 ? list[6] : none };
  if (p->state_dropout > 0) in[4] = atr__build_mask(model, list[0], dirs, p->hidden, p->state_dropout);
  if (list[3].id) in[6] = atr_model_slice(model, 1, width, 2 * width, list[3]);
  if (p->layer_norm) in[5] = atr__build_weight(model, name, "gain_state", &wide, 0, 1, 1);
  if (p->layer_norm && gates == 4) {
    in[7] = atr__build_weight(model, name, "gain_cell", &narrow, 0, 1, 1);
    in[8] = atr__build_weight(model, name, "bias_cell", &narrow, 0, 0, 1);
  }
  atr_attribute attributes[4] = {
    { .name = "cell", .kind = ATR_ATTRIBUTE_STRING, .s = op },
    atr__build_real("epsilon", p->epsilon),
    atr__build_int("reverse", p->direction == ATR_DIRECTION_REVERSE),
  };
  if (p->activations)
    attributes[3] =
        (atr_attribute){ .name = "activation", .kind = ATR_ATTRIBUTE_STRING, .s = p->activations[0] };
  atr_model_add(model, "org.atrous", "RecurrentCell", name, in, 9, attributes, p->activations ? 4 : 3, out,
                gates == 4 ? 3 : 2);
  out[0] = atr_model_transpose(model, time_first, 4, out[0]);
}
