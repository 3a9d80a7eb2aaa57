/* inspect.c: what a model's nodes read and say, for programs that look into one; see model.h. */
#include "config.h"

#include <string.h>

#include "model/graph.h"

const char *atr_model_layer_input(const atr_model *model, size_t layer, size_t i) {
  if (layer >= model->n_nodes || i >= model->nodes[layer].n_own) return NULL;
  const int id = model->nodes[layer].in[i];
  return id ? atr__model_at(model, id)->name : "";
}

const char *atr_model_layer_output(const atr_model *model, size_t layer, size_t i) {
  if (layer >= model->n_nodes || i >= model->nodes[layer].n_out) return NULL;
  const int id = model->nodes[layer].out[i];
  return id ? atr__model_at(model, id)->name : "";
}

int atr_model_layer_attribute(const atr_model *model, size_t layer, const char *name,
                              atr_attribute *attribute) {
  memset(attribute, 0, sizeof *attribute);
  const atr__attr *found = layer < model->n_nodes ? atr__attrs_find(&model->nodes[layer].attrs, name) : NULL;
  if (!found) return 0;
  switch (found->kind) {
  case ATR__ATTR_INT: attribute->kind = ATR_ATTRIBUTE_INT; break;
  case ATR__ATTR_FLOAT: attribute->kind = ATR_ATTRIBUTE_FLOAT; break;
  case ATR__ATTR_STRING: attribute->kind = ATR_ATTRIBUTE_STRING; break;
  case ATR__ATTR_INTS: attribute->kind = ATR_ATTRIBUTE_INTS; break;
  case ATR__ATTR_FLOATS: attribute->kind = ATR_ATTRIBUTE_FLOATS; break;
  case ATR__ATTR_STRINGS: attribute->kind = ATR_ATTRIBUTE_STRINGS; break;
  default: return 0;
  }
  attribute->name = found->name;
  attribute->i = found->i;
  attribute->f = found->f;
  attribute->s = found->s;
  attribute->n = found->n;
  attribute->ints = found->ints;
  attribute->floats = found->floats;
  attribute->strings = (const char *const *)found->strings;
  return 1;
}

/* What inference folded, where it does not depend on the inputs' sizes. */
static const atr__blob *folded(const atr_model *model, int id) {
  const atr__blob *blob[2] = { NULL, NULL };
  for (int k = 0; k < 2; k++)
    if ((size_t)id <= model->probe[k].room_values) blob[k] = model->probe[k].known[id - 1];
  if (!blob[0] || !blob[1] || blob[0]->bytes != blob[1]->bytes) return NULL;
  return blob[0]->bytes && memcmp(blob[0]->data, blob[1]->data, blob[0]->bytes) ? NULL : blob[0];
}

const void *atr_model_tensor(const atr_model *model, const char *name, atr_port *port) {
  memset(port, 0, sizeof *port);
  const int id = atr__model_find(model, name);
  if (!id) return NULL;
  const atr__value *value = atr__model_at(model, id);
  const atr__blob *blob = value->init ? value->init : folded(model, id);
  if (!blob) return NULL;
  port->name = value->name;
  port->type = blob->type;
  port->shape = blob->shape;
  return blob->data;
}
