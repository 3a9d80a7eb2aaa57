/* write.c: a model as an ONNX file, the same bytes for the same model.
 *
 * Messages of the schema are laid out in an arena that borrows names and tensors from the model, then packed
 * at once. Constants that must not learn, but sit where a weight would, become Constant nodes; every other
 * initial tensor is an initializer. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <atrous/version.h>

#include "base/alloc.h"
#include "onnx/onnx.h"

enum { IR_VERSION = 8, OPSET_LEAST = 17, KIND_TENSOR = 4, KIND_GRAPH = 5 };

/* Blocks that live until the file is packed. After a failure every request gives NULL. */
typedef struct arena {
  void **blocks;
  size_t n, room;
  int failed;
} arena;

static void *get(arena *a, size_t count, size_t size) {
  if (a->failed) return NULL;
  void *block = atr__calloc(count, size);
  if (!block || atr__grow(&a->blocks, &a->room, a->n + 1, sizeof *a->blocks)) {
    atr__free(block);
    a->failed = 1;
    return NULL;
  }
  a->blocks[a->n++] = block;
  return block;
}

static void arena_free(arena *a) {
  for (size_t i = 0; i < a->n; i++) atr__free(a->blocks[i]);
  atr__free(a->blocks);
}

/* The schema's strings are not const, though packing only reads them. */
static char *borrow(const char *s) {
  return (char *)(uintptr_t)s;
}

/* An array of n new messages, each initialised. */
#define MESSAGES(arena, list, n, type, init)                                                                 \
  do {                                                                                                       \
    (list) = get(arena, n, sizeof *(list));                                                                  \
    type *messages_ = get(arena, n, sizeof *messages_);                                                      \
    for (size_t i_ = 0; messages_ && i_ < (size_t)(n); i_++) {                                               \
      init(&messages_[i_]);                                                                                  \
      (list)[i_] = &messages_[i_];                                                                           \
    }                                                                                                        \
  } while (0)

/* Files are little-endian. */
static ProtobufCBinaryData little_endian(arena *a, const atr__blob *blob) {
  ProtobufCBinaryData raw = { blob->bytes, blob->data };
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  const size_t size = atr_type_size(blob->type);
  raw.data = get(a, blob->bytes, 1);
  for (size_t i = 0; raw.data && i < blob->bytes; i++)
    raw.data[i] = ((const uint8_t *)blob->data)[i / size * size + size - 1 - i % size];
#else
  (void)a;
#endif
  return raw;
}

static void write_tensor(arena *a, Atr__TensorProto *t, const char *name, const atr__blob *blob) {
  t->name = borrow(name);
  t->has_data_type = 1;
  t->data_type = (int32_t)blob->type;
  t->n_dims = (size_t)blob->shape.rank;
  t->dims = (int64_t *)(uintptr_t)blob->shape.dim;
  t->has_raw_data = 1;
  t->raw_data = little_endian(a, blob);
}

static void write_attribute(arena *a, Atr__AttributeProto *p, const atr__attr *attr) {
  p->name = borrow(attr->name);
  p->has_type = 1;
  p->type = (int32_t)attr->kind;
  switch (attr->kind) {
  case ATR__ATTR_FLOAT:
    p->has_f = 1;
    p->f = attr->f;
    break;
  case ATR__ATTR_INT:
    p->has_i = 1;
    p->i = attr->i;
    break;
  case ATR__ATTR_STRING:
    p->has_s = 1;
    p->s = (ProtobufCBinaryData){ strlen(attr->s), (uint8_t *)attr->s };
    break;
  case ATR__ATTR_TENSOR: {
    Atr__TensorProto *t = get(a, 1, sizeof *t);
    if (!t) return;
    atr__tensor_proto__init(t);
    write_tensor(a, t, attr->name, attr->tensor);
    p->t = t;
    break;
  }
  case ATR__ATTR_FLOATS:
    p->n_floats = attr->n;
    p->floats = attr->floats;
    break;
  case ATR__ATTR_INTS:
    p->n_ints = attr->n;
    p->ints = attr->ints;
    break;
  case ATR__ATTR_STRINGS:
    p->n_strings = attr->n;
    p->strings = get(a, attr->n, sizeof *p->strings);
    for (size_t i = 0; p->strings && i < attr->n; i++)
      p->strings[i] = (ProtobufCBinaryData){ strlen(attr->strings[i]), (uint8_t *)attr->strings[i] };
    break;
  }
}

static void write_graph(arena *a, const atr_model *model, const char *const *names, size_t n_inputs,
                        Atr__GraphProto *g);

/* A graph within: what it takes from around it has the name that it has there. */
static void write_body(arena *a, const atr__node *node, const char *const *names, const atr__body *body,
                       Atr__AttributeProto *p) {
  const atr_model *model = body->model;
  const size_t captures = node->n_in - node->n_own, own = model->n_inputs - captures;
  const char **inner = get(a, model->n_values + 1, sizeof *inner);
  Atr__GraphProto *g = get(a, 1, sizeof *g);
  if (!inner || !g) return;
  for (size_t i = 0; i < model->n_values; i++) inner[i] = model->values[i].name;
  for (size_t i = 0; i < captures; i++)
    if (node->in[node->n_own + i]) inner[model->inputs[own + i] - 1] = names[node->in[node->n_own + i] - 1];
  atr__graph_proto__init(g);
  p->name = borrow(body->name);
  p->has_type = 1;
  p->type = KIND_GRAPH;
  p->g = g;
  write_graph(a, model, inner, own, g);
  g->name = borrow(body->name);
}

/* names: by value index. */
static void write_node(arena *a, const char *const *names, Atr__NodeProto *p, const atr__node *node) {
  p->name = borrow(node->name);
  p->op_type = borrow(node->op->name);
  if (*node->op->domain) p->domain = borrow(node->op->domain);
  p->n_input = node->n_own;
  p->n_output = node->n_out;
  p->input = get(a, node->n_own, sizeof *p->input);
  p->output = get(a, node->n_out, sizeof *p->output);
  for (size_t i = 0; p->input && i < node->n_own; i++)
    p->input[i] = borrow(node->in[i] ? names[node->in[i] - 1] : "");
  for (size_t i = 0; p->output && i < node->n_out; i++)
    p->output[i] = borrow(node->out[i] ? names[node->out[i] - 1] : "");
  p->n_attribute = node->attrs.n + node->n_bodies;
  MESSAGES(a, p->attribute, p->n_attribute, Atr__AttributeProto, atr__attribute_proto__init);
  for (size_t i = 0; !a->failed && i < node->attrs.n; i++)
    write_attribute(a, p->attribute[i], &node->attrs.list[i]);
  for (size_t i = 0; !a->failed && i < node->n_bodies; i++)
    write_body(a, node, names, &node->bodies[i], p->attribute[node->attrs.n + i]);
}

/* A Constant's one attribute is its tensor; its node is called as its output. */
static void write_constant(arena *a, Atr__NodeProto *p, const atr__value *value) {
  p->name = borrow(value->name);
  p->op_type = borrow("Constant");
  p->n_output = 1;
  p->output = get(a, 1, sizeof *p->output);
  p->n_attribute = 1;
  MESSAGES(a, p->attribute, 1, Atr__AttributeProto, atr__attribute_proto__init);
  Atr__TensorProto *t = get(a, 1, sizeof *t);
  if (!t) return;
  atr__tensor_proto__init(t);
  write_tensor(a, t, value->name, value->init);
  p->output[0] = borrow(value->name);
  p->attribute[0]->name = borrow("value");
  p->attribute[0]->has_type = 1;
  p->attribute[0]->type = KIND_TENSOR;
  p->attribute[0]->t = t;
}

/* What a free dimension is called: of an input "n", "c", then "t", or "h" and "w", or "d2" …; of an output
 * the same where inference saw it follow that axis of the first input, else "OUTPUT_2". */
static char *dimension_name(arena *a, const atr_model *model, const atr__value *value, int id, int axis,
                            int is_input, size_t index) {
  static const char *const image[4] = { "n", "c", "h", "w" }, *const series[3] = { "n", "c", "t" };
  const int rank = value->shape.rank;
  const size_t room = strlen(value->name) + 32;
  char *name = get(a, room, 1);
  if (!name) return NULL;
  int follows = is_input && (axis == 0 || index == 0);
  if (!is_input && model->n_inputs) {
    const int first = model->inputs[0] - 1;
    follows = axis < model->values[first].shape.rank && model->values[first].shape.dim[axis] == -1 &&
              (axis == 0 || model->values[first].shape.rank == rank);
    for (int i = 0; follows && i < 2; i++)
      follows = model->probe[i].shape[first].dim[axis] == model->probe[i].shape[id - 1].dim[axis];
  }
  if (!follows)
    snprintf(name, room, "%s_%d", value->name, axis);
  else if (axis == 0 || rank == 3 || rank == 4)
    snprintf(name, room, "%s", axis == 0 ? "n" : rank == 3 ? series[axis] : image[axis]);
  else
    snprintf(name, room, "d%d", axis);
  return name;
}

static void write_port(arena *a, const atr_model *model, const char *name, Atr__ValueInfoProto *p, int id,
                       int is_input, size_t index) {
  const atr__value *value = atr__model_at(model, id);
  p->name = borrow(name);
  if (!value->type) return; /* known only while running */
  Atr__TypeProto *type = p->type = get(a, 1, sizeof *type);
  Atr__TypeProto__Tensor *tensor = get(a, 1, sizeof *tensor);
  if (!tensor) return;
  atr__type_proto__init(type);
  atr__type_proto__tensor__init(tensor);
  type->tensor_type = tensor;
  tensor->has_elem_type = 1;
  tensor->elem_type = (int32_t)value->type;
  if (value->shape.rank < 0) return;
  Atr__TensorShapeProto *shape = tensor->shape = get(a, 1, sizeof *shape);
  if (!shape) return;
  atr__tensor_shape_proto__init(shape);
  shape->n_dim = (size_t)value->shape.rank;
  MESSAGES(a, shape->dim, shape->n_dim, Atr__TensorShapeProto__Dimension,
           atr__tensor_shape_proto__dimension__init);
  for (int k = 0; !a->failed && k < value->shape.rank; k++) {
    shape->dim[k]->has_dim_value = value->shape.dim[k] >= 0;
    shape->dim[k]->dim_value = value->shape.dim[k];
    if (value->shape.dim[k] < 0)
      shape->dim[k]->dim_param = dimension_name(a, model, value, id, k, is_input, index);
  }
}

/* Initial tensors that the reader would take for weights although they are none. uses: by value index, 1 in
 * a weight's place, 2 in another. */
static int is_constant(const atr__value *value, int uses) {
  return value->init && value->init->type == ATR_F32 && !value->learns && uses == 1;
}

/* The first n_inputs inputs are the graph's own; names: by value index. Within, nothing learns. */
static void write_graph(arena *a, const atr_model *model, const char *const *names, size_t n_inputs,
                        Atr__GraphProto *g) {
  unsigned char *uses = get(a, model->n_values + 1, 1);
  size_t n_constants = 0, n_tensors = 0, constant = 0, tensor = 0;
  if (!uses) return;
  for (size_t n = 0; n < model->n_nodes; n++) {
    const atr__node *node = &model->nodes[n];
    for (size_t i = 0; i < node->n_in; i++)
      if (node->in[i])
        uses[node->in[i] - 1] |= atr__onnx_weight_place(node->op->domain, node->op->name, i) ? 1 : 2;
  }
  for (size_t i = 0; i < model->n_values; i++) {
    if (is_constant(&model->values[i], uses[i]))
      n_constants++;
    else
      n_tensors += model->values[i].init != NULL;
  }
  g->name = borrow("atrous");
  g->n_initializer = n_tensors;
  MESSAGES(a, g->initializer, n_tensors, Atr__TensorProto, atr__tensor_proto__init);
  g->n_node = n_constants + model->n_nodes;
  MESSAGES(a, g->node, g->n_node, Atr__NodeProto, atr__node_proto__init);
  g->n_input = n_inputs;
  MESSAGES(a, g->input, n_inputs, Atr__ValueInfoProto, atr__value_info_proto__init);
  g->n_output = model->n_outputs;
  MESSAGES(a, g->output, model->n_outputs, Atr__ValueInfoProto, atr__value_info_proto__init);
  for (size_t i = 0; !a->failed && i < model->n_values; i++) {
    const atr__value *value = &model->values[i];
    if (is_constant(value, uses[i]))
      write_constant(a, g->node[constant++], value);
    else if (value->init)
      write_tensor(a, g->initializer[tensor++], value->name, value->init);
  }
  for (size_t n = 0; !a->failed && n < model->n_nodes; n++)
    write_node(a, names, g->node[n_constants + n], &model->nodes[n]);
  for (size_t i = 0; !a->failed && i < n_inputs; i++)
    write_port(a, model, names[model->inputs[i] - 1], g->input[i], model->inputs[i], 1, i);
  for (size_t i = 0; !a->failed && i < model->n_outputs; i++)
    write_port(a, model, names[model->outputs[i] - 1], g->output[i], model->outputs[i], 0, i);
}

/* The first opset with all that the node says: some attributes, and values of them, came after the operator.
 */
static int opset_of(const atr_model *model, const atr__node *node) {
  static const struct {
    const char *op, *attribute, *value;
    int since;
  } later[] = {
    { "AveragePool", "dilations", NULL, 19 },
    { "DequantizeLinear", "block_size", NULL, 21 },
    { "DequantizeLinear", "output_dtype", NULL, 23 },
    { "Pad", "mode", "wrap", 19 },
    { "QuantizeLinear", "block_size", NULL, 21 },
    { "QuantizeLinear", "output_dtype", NULL, 21 },
    { "Resize", "coordinate_transformation_mode", "half_pixel_symmetric", 19 },
  };
  int since = node->op->since;
  for (size_t i = 0; i < sizeof later / sizeof *later; i++)
    if (!strcmp(node->op->name, later[i].op) && atr__attrs_find(&node->attrs, later[i].attribute) &&
        (!later[i].value ||
         !strcmp(atr__attrs_string(&node->attrs, later[i].attribute, ""), later[i].value)) &&
        later[i].since > since)
      since = later[i].since;
  if (!strcmp(node->op->name, "QuantizeLinear") || !strcmp(node->op->name, "DequantizeLinear"))
    for (size_t i = 0; i < node->n_in; i++) /* 16 bits came later than 8 */
      if (node->in[i] && atr_type_size(atr__model_at(model, node->in[i])->type) == 2 && since < 21)
        since = 21;
  return since;
}

/* Domains beside ONNX's own, each of version 1. */
static const char *const other_domains[] = { "org.atrous", "ai.onnx.preview.training" };
enum { OTHER_DOMAINS = 2 };

/* The newest opset that a node asks for, and which other domains there are; with the graphs within. */
static void opsets_of(const atr_model *model, int *newest, int others[OTHER_DOMAINS]) {
  for (size_t n = 0; n < model->n_nodes; n++) {
    const atr__node *node = &model->nodes[n];
    for (int i = 0; i < OTHER_DOMAINS; i++) others[i] |= !strcmp(node->op->domain, other_domains[i]);
    if (!*node->op->domain && opset_of(model, node) > *newest) *newest = opset_of(model, node);
    for (size_t i = 0; i < node->n_bodies; i++) opsets_of(node->bodies[i].model, newest, others);
  }
}

static uint64_t tensor_bytes(const atr_model *model) {
  uint64_t sum = 0;
  for (size_t i = 0; i < model->n_values; i++)
    if (model->values[i].init) sum += model->values[i].init->bytes;
  for (size_t n = 0; n < model->n_nodes; n++)
    for (size_t i = 0; i < model->nodes[n].n_bodies; i++)
      sum += tensor_bytes(model->nodes[n].bodies[i].model);
  return sum;
}

static void write_model(arena *a, const atr_model *model, Atr__ModelProto *p, Atr__GraphProto *g) {
  int newest = OPSET_LEAST, others[OTHER_DOMAINS] = { 0 };
  size_t n = 1;
  opsets_of(model, &newest, others);
  p->has_ir_version = 1;
  p->ir_version = IR_VERSION;
  p->producer_name = borrow("atrous");
  p->producer_version = borrow(ATR_VERSION);
  p->graph = g;
  p->n_opset_import = 1;
  for (int i = 0; i < OTHER_DOMAINS; i++) p->n_opset_import += others[i] != 0;
  MESSAGES(a, p->opset_import, p->n_opset_import, Atr__OperatorSetIdProto, atr__operator_set_id_proto__init);
  if (a->failed) return;
  p->opset_import[0]->domain = borrow("");
  p->opset_import[0]->has_version = 1;
  p->opset_import[0]->version = newest;
  for (int i = 0; i < OTHER_DOMAINS; i++) {
    if (!others[i]) continue;
    p->opset_import[n]->domain = borrow(other_domains[i]);
    p->opset_import[n]->has_version = 1;
    p->opset_import[n++]->version = 1;
  }
  p->n_metadata_props = model->n_metadata;
  MESSAGES(a, p->metadata_props, model->n_metadata, Atr__StringStringEntryProto,
           atr__string_string_entry_proto__init);
  for (size_t i = 0; !a->failed && i < model->n_metadata; i++) {
    p->metadata_props[i]->key = model->metadata[2 * i];
    p->metadata_props[i]->value = model->metadata[2 * i + 1];
  }
}

atr_status atr__onnx_write(const atr_model *model, atr_error *error, void **result, size_t *result_size) {
  *result = NULL;
  *result_size = 0;
  atr_status status = atr_model_check(model, error);
  if (status) return status;
  const uint64_t tensors = tensor_bytes(model);
  arena a = { NULL, 0, 0, 0 };
  Atr__ModelProto p = ATR__MODEL_PROTO__INIT;
  Atr__GraphProto g = ATR__GRAPH_PROTO__INIT;
  const char **names = get(&a, model->n_values + 1, sizeof *names);
  for (size_t i = 0; names && i < model->n_values; i++) names[i] = model->values[i].name;
  if (names) write_graph(&a, model, names, model->n_inputs, &g);
  write_model(&a, model, &p, &g);
  const size_t size = a.failed ? 0 : atr__model_proto__get_packed_size(&p);
  uint8_t *bytes = NULL;
  if (a.failed)
    status = atr__nomem(error, sizeof p);
  else if (tensors > INT32_MAX || size > INT32_MAX)
    status =
        atr__fail(error, ATR_E_LIMIT, "the model takes more than the 2 GiB that a protobuf file can hold");
  else if (!(bytes = atr__malloc(size)))
    status = atr__nomem(error, size);
  else {
    *result_size = atr__model_proto__pack(&p, bytes);
    *result = bytes;
  }
  arena_free(&a);
  return status;
}

atr_status atr_model_save(const atr_model *model, const char *path, atr_error *error) {
  void *bytes;
  size_t size;
  atr_status status = atr__onnx_write(model, error, &bytes, &size);
  if (status) return status;
  status = atr__file_write(path, bytes, size, error);
  atr__free(bytes);
  return status;
}
