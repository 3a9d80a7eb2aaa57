/* model.c: what an ONNX file holds, as the library reads it. An operator that the library lacks is the file's
 * error, with its node. */
#include <inttypes.h>
#include <string.h>

#include <atrous/model.h>

#include "common/shape.h"
#include "info/info.h"

static json_t *ports(const atr_model *model, atr_port (*port)(const atr_model *, size_t), const char *what,
                     FILE *text) {
  json_t *list = json_array();
  char dims[SHAPE_TEXT];
  atr_port p;
  for (size_t i = 0; (p = port(model, i)).name != NULL; i++) {
    json_array_append_new(list, json_pack("{s:o, s:s, s:o}", "name", report_text(p.name), "type",
                                          atr_type_name(p.type), "shape", shape_json(&p.shape)));
    if (text) fprintf(text, "%s %s: %s%s\n", what, p.name, atr_type_name(p.type), shape_text(&p.shape, dims));
  }
  return list;
}

static json_t *layers(const atr_model *model, FILE *text) {
  json_t *list = json_array();
  int64_t all = 0, trained = 0;
  for (size_t i = 0; i < atr_model_layers(model); i++) {
    const atr_layer_info layer = atr_model_layer(model, i);
    json_array_append_new(list, json_pack("{s:o, s:o, s:I, s:I}", "name", report_text(layer.name), "op",
                                          report_text(layer.op), "parameters", (json_int_t)layer.parameters,
                                          "trainable", (json_int_t)layer.trainable));
    all += layer.parameters;
    trained += layer.trainable;
    if (text)
      fprintf(text, "%4zu  %-20s %-24s %10" PRId64 " parameters, %" PRId64 " trained%s%s\n", i, layer.op,
              layer.name, layer.parameters, layer.trainable, layer.note[0] ? "; " : "", layer.note);
  }
  if (text) fprintf(text, "%" PRId64 " parameters, %" PRId64 " trained\n", all, trained);
  return list;
}

/* One number for each axis after [n][c]; the whole axis, which the library calls -1, has no number. */
static json_t *receptive_field(const atr_model *model, FILE *text) {
  json_t *list = json_array();
  int64_t field;
  for (int axis = 2; axis < ATR_RANK_MAX && (field = atr_model_receptive_field(model, axis)) != 0; axis++) {
    json_array_append_new(list, field < 0 ? json_null() : json_integer((json_int_t)field));
    if (text && field < 0) fprintf(text, "receptive field along axis %d: all of it\n", axis);
    if (text && field > 0) fprintf(text, "receptive field along axis %d: %" PRId64 "\n", axis, field);
  }
  return list;
}

static json_t *metadata(const atr_model *model, FILE *text) {
  json_t *o = json_object();
  const char *key;
  for (size_t i = 0; (key = atr_model_metadata_key(model, i)) != NULL; i++) {
    json_t *name = report_text(key);
    const char *value = atr_model_metadata(model, key);
    if (json_is_string(name)) json_object_set_new(o, json_string_value(name), report_text(value));
    json_decref(name);
    if (text) fprintf(text, "%s: %s\n", key, value ? value : "");
  }
  return o;
}

bool info_model(const char *path, json_t *result, FILE *text, struct fault *fault) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *model = NULL;
  if (atr_model_load(path, NULL, &error, &model)) {
    fault_from_error(fault, &error);
    return fault_at(fault, path, 0, 0);
  }
  json_t *o = json_object();
  json_object_set_new(o, "inputs", ports(model, atr_model_input, "input", text));
  json_object_set_new(o, "outputs", ports(model, atr_model_output, "output", text));
  json_object_set_new(o, "metadata", metadata(model, text));
  json_object_set_new(o, "receptive_field", receptive_field(model, text));
  json_object_set_new(o, "layers", layers(model, text));
  json_object_set_new(o, "unsupported", json_array());
  json_object_set_new(result, "model", o);
  atr_model_destroy(model);
  return true;
}
