/* graph.c: values and nodes of a model; see graph.h. */
#include "config.h"

#include "model/graph.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tensor/shape.h"

atr_status atr__model_fail(atr_model *model, atr_status status, const char *format, ...) {
  if (model->error.status) return model->error.status;
  va_list args;
  va_start(args, format);
  model->error.status = status;
  vsnprintf(model->error.text, sizeof model->error.text, format, args);
  va_end(args);
  return status;
}

static atr_status out_of_memory(atr_model *model) {
  return atr__model_fail(model, ATR_E_NOMEM, "out of memory while a model was built");
}

/* Ids tell models apart whose addresses may be used again; they order nothing. */
static uint64_t next_id(void) {
  static atomic_uint_least64_t last;
  return atomic_fetch_add(&last, 1) + 1;
}

atr_status atr_model_create(uint64_t seed, atr_error *error, atr_model **result) {
  *result = NULL;
  atr_model *model = atr__calloc(1, sizeof *model);
  if (!model) return atr__nomem(error, sizeof *model);
  model->seed = seed;
  model->id = next_id();
  atomic_init(&model->references, 1);
  *result = model;
  return ATR_OK;
}

atr_model *atr__model_retain(const atr_model *constant) {
  atr_model *model = (atr_model *)constant; /* the count is not part of the model */
  atomic_fetch_add(&model->references, 1);
  return model;
}

static void free_bodies(const atr__body *bodies, size_t n) {
  for (size_t i = 0; i < n; i++) atr_model_destroy(bodies[i].model);
}

void atr_model_destroy(atr_model *model) {
  if (!model || atomic_fetch_sub(&model->references, 1) != 1) return;
  for (int i = 0; i < 2; i++) atr__infer_free(&model->probe[i], model);
  for (size_t i = 0; i < model->n_values; i++) {
    atr__free(model->values[i].name);
    atr__blob_release(model->values[i].init);
  }
  for (size_t i = 0; i < model->n_nodes; i++) {
    atr__node *node = &model->nodes[i];
    atr__free(node->name);
    atr__attrs_free(&node->attrs);
    atr__free(node->in);
    atr__free(node->out);
    free_bodies(node->bodies, node->n_bodies);
    atr__free(node->bodies);
  }
  for (size_t i = 0; i < 2 * model->n_metadata; i++) atr__free(model->metadata[i]);
  atr__names_free(&model->value_names);
  atr__names_free(&model->node_names);
  atr__free(model->values);
  atr__free(model->nodes);
  atr__free(model->inputs);
  atr__free(model->outputs);
  atr__free(model->metadata);
  atr__free(model->warning);
  atr__free(model);
}

atr_status atr_model_check(const atr_model *model, atr_error *error) {
  if (model->error.status) {
    if (error) *error = model->error;
    return model->error.status;
  }
  if (!model->n_outputs) return atr__fail(error, ATR_E_PARAM, "the model has no output");
  return ATR_OK;
}

atr__value *atr__model_at(const atr_model *model, int id) {
  return &model->values[id - 1];
}

int atr__model_find(const atr_model *model, const char *name) {
  const int id = atr__names_find(&model->value_names, name);
  return id < 0 ? 0 : id;
}

static int node_name_taken(const atr_model *model, const char *name) {
  return atr__names_find(&model->node_names, name) >= 0;
}

int atr__model_value(atr_model *model, const char *name) {
  if (model->error.status) return 0;
  char made_up[32];
  if (!name) {
    do snprintf(made_up, sizeof made_up, "v%d", ++model->made_up);
    while (atr__model_find(model, made_up));
    name = made_up;
  } else if (!*name) {
    atr__model_fail(model, ATR_E_PARAM, "a value's name is empty");
    return 0;
  } else if (atr__model_find(model, name)) {
    atr__model_fail(model, ATR_E_PARAM, "the name \"%s\" is given to two values", name);
    return 0;
  }
  if (model->n_values >= INT32_MAX / 2 ||
      atr__grow(&model->values, &model->room_values, model->n_values + 1, sizeof *model->values)) {
    out_of_memory(model);
    return 0;
  }
  atr__value *value = &model->values[model->n_values];
  memset(value, 0, sizeof *value);
  value->name = atr__strdup(name);
  if (!value->name || atr__names_add(&model->value_names, value->name, (int)model->n_values + 1)) {
    atr__free(value->name);
    out_of_memory(model);
    return 0;
  }
  value->producer = -1;
  value->shape.rank = -1;
  return (int)++model->n_values;
}

static int probe_room(atr_model *model) {
  for (int i = 0; i < 2; i++)
    if (atr__infer_room(model, &model->probe[i], &model->error)) return -1;
  return 0;
}

static void set_probes(atr_model *model, int id, atr_type type, const atr_shape probe[2], atr__blob *known) {
  atr__value *value = atr__model_at(model, id);
  value->type = type;
  value->shape = probe[0];
  for (int i = 0; i < 2; i++) {
    model->probe[i].type[id - 1] = type;
    model->probe[i].shape[id - 1] = probe[i];
    model->probe[i].known[id - 1] = atr__blob_retain(known);
  }
}

int atr__model_init(atr_model *model, const char *name, atr__blob *blob, int learns) {
  int id = atr__model_value(model, name);
  if (!id || probe_room(model)) return 0;
  const atr_shape probe[2] = { blob->shape, blob->shape };
  set_probes(model, id, blob->type, probe, blob);
  atr__model_at(model, id)->init = atr__blob_retain(blob);
  atr__model_at(model, id)->learns = learns && blob->type == ATR_F32;
  return id;
}

atr_value atr_model_add_tensor(atr_model *model, const char *name, atr_type type, const atr_shape *shape,
                               const void *data, int learns) {
  atr_value none = { 0 };
  if (model->error.status) return none;
  atr__blob *blob;
  if (atr__blob_create(type, shape, data, &model->error, &blob)) return none;
  atr_value value = { atr__model_init(model, name, blob, learns) };
  atr__blob_release(blob);
  return value;
}

/* Sizes tried for a free dimension: divisible by 32, so that encoders with five poolings fit. Series are
 * tried at more, so that a slice behind a wide receptive field finds something, though not at so much that a
 * product of two such axes has more elements than a tensor may. */
static int64_t probe_size(int axis, int rank, int which) {
  static const int64_t batch[2] = { 2, 3 }, extent[2] = { 512, 768 }, steps[2] = { 2048, 3072 };
  return axis == 0 ? batch[which] : rank > 3 ? extent[which] : steps[which];
}

atr_value atr_model_add_input(atr_model *model, const char *name, atr_type type, const atr_shape *shape) {
  atr_value none = { 0 };
  if (model->error.status) return none;
  if (!atr_type_size(type)) {
    atr__model_fail(model, ATR_E_UNSUPPORTED, "input \"%s\": element type %d is not supported", name,
                    (int)type);
    return none;
  }
  if (shape->rank < 0 || shape->rank > ATR_RANK_MAX) {
    atr__model_fail(model, ATR_E_SHAPE, "input \"%s\": rank %d is outside 0 to %d", name, shape->rank,
                    ATR_RANK_MAX);
    return none;
  }
  atr_shape probe[2] = { *shape, *shape };
  for (int axis = 0; axis < shape->rank; axis++)
    if (shape->dim[axis] < -1) {
      atr__model_fail(model, ATR_E_SHAPE, "input \"%s\": dimension %d is %lld", name, axis,
                      (long long)shape->dim[axis]);
      return none;
    } else if (shape->dim[axis] == -1)
      for (int i = 0; i < 2; i++) probe[i].dim[axis] = probe_size(axis, shape->rank, i);
  int id = atr__model_value(model, name);
  if (!id || probe_room(model)) return none;
  if (atr__grow(&model->inputs, &model->room_inputs, model->n_inputs + 1, sizeof *model->inputs)) {
    out_of_memory(model);
    return none;
  }
  set_probes(model, id, type, probe, NULL);
  atr__model_at(model, id)->shape = *shape;
  model->inputs[model->n_inputs++] = id;
  return (atr_value){ id };
}

int atr__model_any_input(atr_model *model, const char *name) {
  const atr_shape unknown = { -1, { 0 } }, probe[2] = { unknown, unknown };
  const int id = atr__model_value(model, name);
  if (!id || probe_room(model)) return 0;
  if (atr__grow(&model->inputs, &model->room_inputs, model->n_inputs + 1, sizeof *model->inputs)) {
    out_of_memory(model);
    return 0;
  }
  set_probes(model, id, ATR_TYPE_NONE, probe, NULL);
  return model->inputs[model->n_inputs++] = id;
}

/* The table of names is made anew: renaming is rare. */
static atr_status rename_value(atr_model *model, atr__value *value, const char *name) {
  char *copy = atr__strdup(name), *old = value->name;
  atr__names names = { 0 };
  if (!copy) return out_of_memory(model);
  value->name = copy;
  for (size_t i = 0; i < model->n_values; i++)
    if (atr__names_add(&names, model->values[i].name, (int)i + 1)) {
      value->name = old;
      atr__names_free(&names);
      atr__free(copy);
      return out_of_memory(model);
    }
  atr__names_free(&model->value_names);
  model->value_names = names;
  atr__free(old);
  return ATR_OK;
}

void atr_model_add_output(atr_model *model, const char *name, atr_value value) {
  if (model->error.status) return;
  if (value.id < 1 || (size_t)value.id > model->n_values) {
    atr__model_fail(model, ATR_E_PARAM, "output \"%s\" is no value of this model", name ? name : "");
    return;
  }
  atr__value *v = atr__model_at(model, value.id);
  if (name && strcmp(v->name, name)) {
    /* A computed value takes the output's name; an input or weight, or a value that is an output already, is
     * passed on. */
    int taken = 0;
    for (size_t i = 0; i < model->n_outputs; i++) taken |= model->outputs[i] == value.id;
    if (v->producer < 0 || taken) {
      const int in[1] = { value.id };
      const char *const out[1] = { name };
      atr__attrs none = { 0 };
      value.id = atr__model_node(model, atr__op_find("", "Identity"), NULL, in, 1, &none, out, 1);
      if (!value.id) return;
    } else {
      if (atr__model_find(model, name)) {
        atr__model_fail(model, ATR_E_PARAM, "the name \"%s\" is given to two values", name);
        return;
      }
      if (rename_value(model, v, name)) return;
    }
  }
  if (atr__grow(&model->outputs, &model->room_outputs, model->n_outputs + 1, sizeof *model->outputs)) {
    out_of_memory(model);
    return;
  }
  model->outputs[model->n_outputs++] = value.id;
}

/* The shape with a free dimension wherever the probes differ. */
static void merge_probes(atr_model *model, int id) {
  atr__value *value = atr__model_at(model, id);
  const atr_shape *a = &model->probe[0].shape[id - 1], *b = &model->probe[1].shape[id - 1];
  value->type = model->probe[0].type[id - 1];
  value->shape = *a;
  if (a->rank != b->rank) {
    value->shape.rank = -1;
    return;
  }
  for (int i = 0; i < a->rank; i++)
    if (a->dim[i] != b->dim[i]) value->shape.dim[i] = -1;
}

int atr__model_node_unprobed(atr_model *model, const atr__op *op, const char *name, const int *in,
                             size_t n_in, atr__attrs *attrs, const char *const *out_names, size_t n_out) {
  atr__node node;
  memset(&node, 0, sizeof node);
  node.attrs = *attrs;
  memset(attrs, 0, sizeof *attrs);
  char made_up[96];
  if (model->error.status) goto fail;
  if (!op) {
    atr__model_fail(model, ATR_E_UNSUPPORTED, "node \"%s\": its operator is not supported", name ? name : "");
    goto fail;
  }
  if (!name) {
    do snprintf(made_up, sizeof made_up, "%s_%d", op->stem, ++model->made_up);
    while (node_name_taken(model, made_up));
    name = made_up;
  } else if (node_name_taken(model, name)) {
    atr__model_fail(model, ATR_E_PARAM, "the name \"%s\" is given to two nodes", name);
    goto fail;
  }
  if (n_in < (size_t)op->min_in || (op->max_in >= 0 && n_in > (size_t)op->max_in)) {
    atr__model_fail(model, ATR_E_PARAM, "node \"%s\" (%s): %zu inputs, expected %d to %d", name, op->name,
                    n_in, op->min_in, op->max_in);
    goto fail;
  }
  if (n_out < 1 || (op->max_out >= 0 && n_out > (size_t)op->max_out)) {
    atr__model_fail(model, ATR_E_PARAM, "node \"%s\" (%s): %zu outputs, expected %d to %d", name, op->name,
                    n_out, op->min_out, op->max_out);
    goto fail;
  }
  for (size_t i = 0; i < n_in; i++)
    if (in[i] < 0 || (size_t)in[i] > model->n_values || (!in[i] && i < (size_t)op->min_in)) {
      atr__model_fail(model, ATR_E_PARAM, "node \"%s\" (%s): input %zu is missing", name, op->name, i);
      goto fail;
    }
  node.op = op;
  node.n_in = node.n_own = n_in;
  node.n_out = n_out;
  node.name = atr__strdup(name);
  node.in = atr__memdup(in, n_in * sizeof *in);
  node.out = atr__calloc(n_out, sizeof *node.out);
  if (!node.name || !node.in || !node.out ||
      atr__grow(&model->nodes, &model->room_nodes, model->n_nodes + 1, sizeof *model->nodes)) {
    out_of_memory(model);
    goto fail;
  }
  for (size_t i = 0; i < n_out; i++) {
    if (out_names && out_names[i] && !*out_names[i]) continue;
    node.out[i] = atr__model_value(model, out_names ? out_names[i] : NULL);
    if (!node.out[i]) goto fail;
    atr__model_at(model, node.out[i])->producer = (int)model->n_nodes;
  }
  if (atr__names_add(&model->node_names, node.name, (int)model->n_nodes)) {
    out_of_memory(model);
    goto fail;
  }
  model->nodes[model->n_nodes++] = node;
  return node.out[0];
fail:
  atr__attrs_free(&node.attrs);
  atr__free(node.name);
  atr__free(node.in);
  atr__free(node.out);
  return 0;
}

/* Whether what the node reads depends on free dimensions: then other sizes may suit it better. */
static int probes_differ(const atr_model *model, const atr__node *node) {
  for (size_t i = 0; i < node->n_in; i++) {
    if (!node->in[i]) continue;
    const size_t v = (size_t)node->in[i] - 1;
    const atr__blob *a = model->probe[0].known[v], *b = model->probe[1].known[v];
    if (!atr__shape_equal(&model->probe[0].shape[v], &model->probe[1].shape[v]) || !a != !b ||
        (a && (a->bytes != b->bytes || memcmp(a->data, b->data, a->bytes))))
      return 1;
  }
  return 0;
}

/* Infers the last node at the probe sizes. */
static int probe_one(atr_model *model, size_t index) {
  const atr__node *node = &model->nodes[index];
  int waits;
  for (int i = 0; i < 2; i++) {
    atr_error error = ATR_ERROR_INIT;
    const atr_status status = atr__infer_try(model, index, &model->probe[i], &error, &waits);
    if (!status) continue;
    if (!model->lenient || status == ATR_E_NOMEM || status == ATR_E_UNSUPPORTED ||
        !probes_differ(model, node)) {
      model->error = error;
      return -1;
    }
    for (size_t k = 0; k < 2 * node->n_out; k++) { /* a plan at sizes that do fit finds out */
      const int id = node->out[k / 2];
      if (!id) continue;
      model->probe[k % 2].type[id - 1] = ATR_TYPE_NONE;
      model->probe[k % 2].shape[id - 1].rank = -1;
      atr__blob_release(model->probe[k % 2].known[id - 1]);
      model->probe[k % 2].known[id - 1] = NULL;
    }
    break;
  }
  for (size_t i = 0; i < node->n_out; i++)
    if (node->out[i]) merge_probes(model, node->out[i]);
  return 0;
}

int atr__model_node(atr_model *model, const atr__op *op, const char *name, const int *in, size_t n_in,
                    atr__attrs *attrs, const char *const *out_names, size_t n_out) {
  const int first = atr__model_node_unprobed(model, op, name, in, n_in, attrs, out_names, n_out);
  if (model->error.status || probe_room(model)) return 0; /* an absent first output has id 0 too */
  return probe_one(model, model->n_nodes - 1) ? 0 : first;
}

atr_status atr__model_probe(atr_model *model, size_t from) {
  if (!model->error.status) probe_room(model);
  for (size_t k = from; !model->error.status && k < model->n_nodes; k++) probe_one(model, k);
  return model->error.status;
}

int atr__model_control(atr_model *model, const atr__op *op, const char *name, const int *in, size_t n_in,
                       size_t n_own, atr__attrs *attrs, const atr__body *bodies, size_t n_bodies,
                       const char *const *out_names, size_t n_out) {
  const int first = atr__model_node_unprobed(model, op, name, in, n_in, attrs, out_names, n_out);
  atr__body *copy = model->error.status ? NULL : (atr__body *)atr__memdup(bodies, n_bodies * sizeof *bodies);
  if (!copy) {
    out_of_memory(model);
    free_bodies(bodies, n_bodies);
    return 0;
  }
  atr__node *node = &model->nodes[model->n_nodes - 1];
  node->bodies = copy;
  node->n_bodies = n_bodies;
  node->n_own = n_own;
  return probe_room(model) || probe_one(model, model->n_nodes - 1) ? 0 : first;
}

static atr_port port_of(const atr_model *model, const int *list, size_t n, size_t i) {
  atr_port port;
  memset(&port, 0, sizeof port);
  if (i >= n) return port;
  const atr__value *value = atr__model_at(model, list[i]);
  port.name = value->name;
  port.type = value->type;
  port.shape = value->shape;
  return port;
}

atr_port atr_model_input(const atr_model *model, size_t i) {
  return port_of(model, model->inputs, model->n_inputs, i);
}
atr_port atr_model_output(const atr_model *model, size_t i) {
  return port_of(model, model->outputs, model->n_outputs, i);
}

const char *atr_model_metadata_key(const atr_model *model, size_t i) {
  return i < model->n_metadata ? model->metadata[2 * i] : NULL;
}

const char *atr_model_metadata(const atr_model *model, const char *key) {
  for (size_t i = 0; i < model->n_metadata; i++)
    if (!strcmp(model->metadata[2 * i], key)) return model->metadata[2 * i + 1];
  return NULL;
}

atr_status atr_model_set_metadata(atr_model *model, const char *key, const char *value) {
  size_t at = 0;
  while (at < model->n_metadata && strcmp(model->metadata[2 * at], key)) at++;
  if (!value) {
    if (at == model->n_metadata) return ATR_OK;
    atr__free(model->metadata[2 * at]);
    atr__free(model->metadata[2 * at + 1]);
    model->n_metadata--;
    memmove(model->metadata + 2 * at, model->metadata + 2 * at + 2,
            2 * (model->n_metadata - at) * sizeof *model->metadata);
    return ATR_OK;
  }
  char *copy = atr__strdup(value);
  if (!copy) return ATR_E_NOMEM;
  if (at == model->n_metadata) {
    char *name = atr__strdup(key);
    if (!name || atr__grow(&model->metadata, &model->room_metadata, 2 * at + 2, sizeof *model->metadata)) {
      atr__free(name);
      atr__free(copy);
      return ATR_E_NOMEM;
    }
    model->metadata[2 * at] = name;
    model->metadata[2 * at + 1] = NULL;
    model->n_metadata++;
  }
  atr__free(model->metadata[2 * at + 1]);
  model->metadata[2 * at + 1] = copy;
  return ATR_OK;
}

atr_status atr__model_copy(const atr_model *model, atr_error *error, atr_model **result) {
  *result = NULL;
  atr_model *copy;
  atr_status status = atr_model_create(model->seed, error, &copy);
  if (status) return status;
  copy->drawn = model->drawn;
  copy->made_up = model->made_up;
  copy->lenient = model->lenient;
  /* Ids are kept: values are added in their order, each by what it is. */
  int *in = NULL;
  const char **names = NULL;
  size_t next = 0, room_in = 0, room_names = 0;
  for (size_t i = 0; i < model->n_values && !copy->error.status;) {
    const atr__value *value = &model->values[i];
    if (value->init) {
      atr__model_init(copy, value->name, value->init, value->learns);
      i++;
    } else if (value->producer < 0) {
      if (value->shape.rank < 0)
        atr__model_any_input(copy, value->name);
      else
        atr_model_add_input(copy, value->name, value->type, &value->shape);
      i++;
    } else {
      const atr__node *node = &model->nodes[next++];
      atr__attrs attrs = { 0 };
      if (atr__attrs_copy(&attrs, &node->attrs) || atr__grow(&in, &room_in, node->n_in + 1, sizeof *in) ||
          atr__grow(&names, &room_names, node->n_out + 1, sizeof *names)) {
        out_of_memory(copy);
        atr__attrs_free(&attrs);
        break;
      }
      for (size_t k = 0; k < node->n_out; k++) {
        names[k] = node->out[k] ? model->values[node->out[k] - 1].name : "";
        if (node->out[k]) i++;
      }
      if (node->n_in) memcpy(in, node->in, node->n_in * sizeof *in);
      for (size_t k = 0; k < node->n_bodies; k++) atr__model_retain(node->bodies[k].model);
      if (node->n_bodies)
        atr__model_control(copy, node->op, node->name, in, node->n_in, node->n_own, &attrs, node->bodies,
                           node->n_bodies, names, node->n_out);
      else
        atr__model_node(copy, node->op, node->name, in, node->n_in, &attrs, names, node->n_out);
    }
  }
  for (size_t i = 0; i < model->n_values && i < copy->n_values; i++)
    copy->values[i].alias = model->values[i].alias;
  for (size_t i = 0; i < model->n_values && i < copy->n_values; i++)
    if (copy->values[i].shape.rank < 0) { /* what a file said of it */
      copy->values[i].type = model->values[i].type;
      copy->values[i].shape = model->values[i].shape;
    }
  for (size_t i = 0; i < model->n_outputs && !copy->error.status; i++)
    atr_model_add_output(copy, NULL, (atr_value){ model->outputs[i] });
  for (size_t i = 0; i < model->n_metadata && !copy->error.status; i++)
    if (atr_model_set_metadata(copy, model->metadata[2 * i], model->metadata[2 * i + 1])) out_of_memory(copy);
  atr__free(in);
  atr__free(names);
  if (copy->error.status) {
    status = copy->error.status;
    if (error) *error = copy->error;
    atr_model_destroy(copy);
    return status;
  }
  *result = copy;
  return ATR_OK;
}

atr_status atr__model_replace(atr_model *model, int id, atr__blob *blob, atr_error *error) {
  atr__value *value = atr__model_at(model, id);
  if (!value->init || value->type != blob->type || !atr__shape_equal(&value->init->shape, &blob->shape))
    return atr__fail(error, ATR_E_SHAPE, "\"%s\" is given a value of another type or shape", value->name);
  atr__blob_release(value->init);
  value->init = atr__blob_retain(blob);
  for (int i = 0; i < 2; i++)
    if ((size_t)id <= model->probe[i].room_values && model->probe[i].known[id - 1]) {
      atr__blob_release(model->probe[i].known[id - 1]);
      model->probe[i].known[id - 1] = atr__blob_retain(blob);
    }
  model->id = next_id();
  return ATR_OK;
}

void atr__model_live(const atr_model *model, unsigned char *keep) {
  memset(keep, 0, model->n_nodes);
  for (size_t i = 0; i < model->n_outputs; i++) {
    const int producer = atr__model_at(model, model->outputs[i])->producer;
    if (producer >= 0) keep[producer] = 1;
  }
  for (size_t n = model->n_nodes; n-- > 0;) {
    const atr__node *node = &model->nodes[n];
    for (size_t k = 0; k < node->n_out; k++) /* an update in place is wanted for itself */
      if (node->out[k] && atr__model_at(model, node->out[k])->alias) keep[n] = 1;
    for (size_t k = 0; keep[n] && k < node->n_in; k++)
      if (node->in[k] && atr__model_at(model, node->in[k])->producer >= 0)
        keep[atr__model_at(model, node->in[k])->producer] = 1;
  }
}
