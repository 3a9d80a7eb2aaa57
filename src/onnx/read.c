/* read.c: a file's ModelProto into a model: names, order, initial tensors, nodes, outputs, metadata.
 *
 * The graph is checked by name first (each given once, none missing, no cycle) and ordered; then it goes
 * through the builder, which infers as it grows. Source: the ONNX specification (onnx/docs/IR.md). */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <atrous/model.h>

#include "base/alloc.h"
#include "onnx/onnx.h"
#include "tensor/element.h"
#include "tensor/shape.h"

/* What is looked up one by one must be few. */
enum { NEVER = -1, ATTRIBUTES_MOST = 1000, METADATA_MOST = 10000 };

/* A name of the graph. */
typedef struct entry {
  int producer;      /* index of the node, or NEVER */
  int tensor;        /* index of the initializer, or NEVER */
  int id;            /* in the model, once it is there */
  int port;          /* what is listed as an output, where that is another value */
  atr_type type;     /* of the output, as the file says */
  int weight, other; /* used in places of weights, in others */
  int listed;        /* among the outputs */
} entry;

typedef struct reader {
  const Atr__GraphProto *proto;
  Atr__OperatorSetIdProto **opsets; /* of the file */
  size_t n_opsets;
  atr__onnx_graph graph; /* values: from names to entries */
  atr__onnx_source source;
  entry *entries;
  size_t n_entries, room_entries;
  int *order; /* nodes, sorted */
} reader;

static const char *text(const char *s) {
  return s ? s : "";
}

static const char *domain_of(const Atr__NodeProto *node) {
  const char *domain = text(node->domain);
  return strcmp(domain, "ai.onnx") ? domain : "";
}

/* "node "x" (Conv)", for sentences; nameless nodes by number. */
static const char *called(const reader *r, size_t node, char room[256]) {
  const Atr__NodeProto *p = r->proto->node[node];
  if (*text(p->name))
    snprintf(room, 256, "node \"%.150s\" (%.60s)", p->name, text(p->op_type));
  else
    snprintf(room, 256, "node %zu (%.60s)", node, text(p->op_type));
  return room;
}

/* What is not supported at a node, as "node "x" (Conv, opset 17): …", whether this file or the builder said
 * it. */
static void say_form(const reader *r, size_t node) {
  const Atr__NodeProto *p = r->proto->node[node];
  const char *domain = domain_of(p), *op = text(p->op_type);
  atr_error *error = r->graph.error;
  char rest[sizeof error->text], room[256], form[400];
  if (!error) return;
  const char *said = error->text, *after = strstr(said, "): ");
  if (!strncmp(said, "node \"", 6) && after) said = after + 3; /* the builder's beginning */
  if (!strncmp(said, op, strlen(op)) && !strncmp(said + strlen(op), ": ", 2)) said += strlen(op) + 2;
  snprintf(rest, sizeof rest, "%s", said);
  called(r, node, room);
  room[strlen(room) - 1] = 0; /* its ")" */
  int64_t version = *domain ? 0 : r->graph.opset;
  for (size_t i = 0; *domain && i < r->n_opsets; i++)
    if (!strcmp(text(r->opsets[i]->domain), domain))
      version = r->opsets[i]->has_version ? r->opsets[i]->version : 0;
  snprintf(form, sizeof form, "%s%s%.60s, opset %lld)", room, *domain ? " of " : "", domain,
           (long long)version);
  atr__fail(error, ATR_E_UNSUPPORTED, "%s: %s", form, rest);
}

static atr_status out_of_memory(const reader *r) {
  return atr__fail(r->graph.error, ATR_E_NOMEM, "out of memory while a model was read");
}

static atr_status builder_failed(const reader *r) {
  if (r->graph.error) *r->graph.error = r->graph.model->error;
  return r->graph.model->error.status;
}

static entry *lookup(const reader *r, const char *name) {
  const int at = atr__names_find(&r->graph.values, name);
  return at < 0 ? NULL : &r->entries[at];
}

static atr_status declare(reader *r, const char *name, const char *what, entry e) {
  if (!*name) return atr__fail(r->graph.error, ATR_E_FORMAT, "%s has no name", what);
  if (atr__grow(&r->entries, &r->room_entries, r->n_entries + 1, sizeof e)) return out_of_memory(r);
  const int taken = atr__names_add(&r->graph.values, name, (int)r->n_entries);
  if (taken < 0) return out_of_memory(r);
  if (taken) return atr__fail(r->graph.error, ATR_E_FORMAT, "the name \"%s\" is given to two values", name);
  r->entries[r->n_entries++] = e;
  return ATR_OK;
}

static atr_status declare_all(reader *r) {
  const Atr__GraphProto *g = r->proto;
  atr_status status = ATR_OK;
  char what[256];
  for (size_t i = 0; !status && i < g->n_initializer; i++)
    status = declare(r, text(g->initializer[i]->name), "an initializer",
                     (entry){ .producer = NEVER, .tensor = (int)i });
  for (size_t i = 0; !status && i < g->n_input; i++) {
    const char *name = text(g->input[i]->name);
    const entry *known = lookup(r, name);
    if (known && known->tensor != NEVER) continue; /* older files list initializers among the inputs */
    status = declare(r, name, "an input", (entry){ .producer = NEVER, .tensor = NEVER });
  }
  for (size_t n = 0; !status && n < g->n_node; n++) {
    const Atr__NodeProto *node = g->node[n];
    if (*text(node->name) && atr__names_add(&r->graph.nodes, node->name, (int)n) < 0) return out_of_memory(r);
    for (size_t i = 0; !status && i < node->n_output; i++)
      if (*node->output[i])
        status =
            declare(r, node->output[i], called(r, n, what), (entry){ .producer = (int)n, .tensor = NEVER });
  }
  for (size_t i = 0; !status && i < g->n_output; i++) {
    const Atr__TypeProto *type = g->output[i]->type;
    entry *e = lookup(r, text(g->output[i]->name));
    if (e && type && type->tensor_type && type->tensor_type->has_elem_type)
      e->type = atr__onnx_type(type->tensor_type->elem_type);
  }
  return status;
}

int atr__onnx_weight_place(const char *domain, const char *op, size_t input) {
  static const struct {
    const char *op;
    unsigned inputs; /* bit i: input i */
  } places[] = {
    { "Conv", 6 },
    { "ConvTranspose", 6 },
    { "Gemm", 7 },
    { "MatMul", 3 },
    { "Add", 3 },
    { "Mul", 3 },
    { "PRelu", 2 },
    { "BatchNormalization", 6 },
    { "InstanceNormalization", 6 },
    { "Gather", 1 },
    { "LayerNormalization", 6 },
    { "GroupNormalization", 6 },
    { "RNN", 14 },
    { "LSTM", 14 | 128 },
    { "GRU", 14 },
  };
  if (input >= 32) return 0;
  if (*domain) return !strcmp(domain, "org.atrous") && input > 0;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (!strcmp(places[i].op, op)) return places[i].inputs >> input & 1;
  return 0;
}

/* Notes how every value is used; each must come from somewhere. */
static atr_status uses(reader *r) {
  const Atr__GraphProto *g = r->proto;
  char what[256];
  for (size_t n = 0; n < g->n_node; n++) {
    const Atr__NodeProto *node = g->node[n];
    for (size_t i = 0; i < node->n_input; i++) {
      if (!*node->input[i]) continue;
      entry *e = lookup(r, node->input[i]);
      if (!e)
        return atr__fail(r->graph.error, ATR_E_FORMAT, "%s: nothing gives its input \"%s\"",
                         called(r, n, what), node->input[i]);
      if (atr__onnx_weight_place(domain_of(node), text(node->op_type), i))
        e->weight = 1;
      else
        e->other = 1;
    }
  }
  return ATR_OK;
}

/* A heap of node indices, the least on top, so that a sorted file keeps its order. */
static void push(int *heap, size_t *n, int node) {
  size_t at = (*n)++;
  for (; at && heap[(at - 1) / 2] > node; at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
  heap[at] = node;
}

static int pop(int *heap, size_t *n) {
  const int top = heap[0], last = heap[--*n];
  size_t at = 0;
  for (size_t child; (child = 2 * at + 1) < *n; at = child) {
    if (child + 1 < *n && heap[child + 1] < heap[child]) child++;
    if (heap[child] >= last) break;
    heap[at] = heap[child];
  }
  heap[at] = last;
  return top;
}

/* Kahn's algorithm: a node follows when all its inputs are there. */
static atr_status sort(reader *r) {
  const Atr__GraphProto *g = r->proto;
  const size_t n = g->n_node;
  atr_status status = ATR_OK;
  size_t edges = 0, ready = 0, done = 0;
  int *waits = atr__calloc(n, sizeof *waits), *heap = atr__calloc(n, sizeof *heap);
  size_t *first = atr__calloc(n + 2, sizeof *first);
  int *users = NULL;
  r->order = atr__calloc(n, sizeof *r->order);
  if (!waits || !heap || !first || !r->order) {
    status = out_of_memory(r);
    goto fail;
  }
  for (int pass = 0; pass < 2; pass++) { /* count the users of each node, then list them */
    for (size_t k = 0; k < n; k++)
      for (size_t i = 0; i < g->node[k]->n_input; i++) {
        const entry *e = *g->node[k]->input[i] ? lookup(r, g->node[k]->input[i]) : NULL;
        if (!e || e->producer == NEVER) continue;
        if (pass) {
          users[first[e->producer + 1]++] = (int)k;
          waits[k]++;
        } else {
          first[e->producer + 2]++;
          edges++;
        }
      }
    if (pass) break;
    for (size_t k = 2; k < n + 2; k++) first[k] += first[k - 1];
    users = atr__calloc(edges, sizeof *users);
    if (!users) {
      status = out_of_memory(r);
      goto fail;
    }
  }
  for (size_t k = 0; k < n; k++)
    if (!waits[k]) push(heap, &ready, (int)k);
  while (ready) {
    const int node = pop(heap, &ready);
    r->order[done++] = node;
    for (size_t i = first[node]; i < first[node + 1]; i++)
      if (!--waits[users[i]]) push(heap, &ready, users[i]);
  }
  if (done < n) {
    char what[256];
    size_t stuck = 0;
    while (!waits[stuck]) stuck++;
    status = atr__fail(r->graph.error, ATR_E_FORMAT, "%s is part of a cycle, or follows one",
                       called(r, stuck, what));
  }
fail:
  atr__free(waits);
  atr__free(heap);
  atr__free(first);
  atr__free(users);
  return status;
}

static atr_status add_inputs(reader *r) {
  const Atr__GraphProto *g = r->proto;
  for (size_t i = 0; i < g->n_input; i++) {
    const Atr__ValueInfoProto *info = g->input[i];
    entry *e = lookup(r, info->name);
    if (e->tensor != NEVER) continue;
    const Atr__TypeProto__Tensor *tensor = info->type ? info->type->tensor_type : NULL;
    char number[ATR__ONNX_TYPE_NAME];
    if (!tensor)
      return atr__fail(r->graph.error, ATR_E_UNSUPPORTED,
                       "input \"%s\" is not a tensor; sequences, maps and optional values are not supported",
                       info->name);
    if (!tensor->shape)
      return atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "input \"%s\" is a tensor of unknown rank",
                       info->name);
    const atr_type type = atr__onnx_type(tensor->has_elem_type ? tensor->elem_type : 0);
    if (!type)
      return atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "input \"%s\": element type %s is not supported",
                       info->name,
                       atr__onnx_type_name(tensor->has_elem_type ? tensor->elem_type : 0, number));
    if (tensor->shape->n_dim > ATR_RANK_MAX)
      return atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "input \"%s\" has %zu dimensions, more than %d",
                       info->name, tensor->shape->n_dim, ATR_RANK_MAX);
    atr_shape shape = { (int)tensor->shape->n_dim, { 0 } };
    for (int k = 0; k < shape.rank; k++) {
      const Atr__TensorShapeProto__Dimension *dim = tensor->shape->dim[k];
      shape.dim[k] = dim->has_dim_value ? dim->dim_value : -1;
      if (shape.dim[k] < -1)
        return atr__fail(r->graph.error, ATR_E_FORMAT, "input \"%s\": dimension %d is %lld", info->name, k,
                         (long long)shape.dim[k]);
    }
    e->id = atr_model_add_input(r->graph.model, info->name, type, &shape).id;
    if (!e->id) return builder_failed(r);
  }
  return ATR_OK;
}

static atr_status add_initializers(reader *r) {
  const Atr__GraphProto *g = r->proto;
  if (g->n_sparse_initializer)
    return atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "sparse initializers are not supported");
  for (size_t i = 0; i < g->n_initializer; i++) {
    const char *name = g->initializer[i]->name;
    entry *e = lookup(r, name);
    const int weight = e->weight && !e->other;
    atr__blob *blob;
    atr_status status = atr__onnx_tensor(g->initializer[i], &r->source, r->graph.error, &blob);
    const atr_type type = status ? ATR_TYPE_NONE : blob->type;
    if (!status && weight && atr__type_real(type) && type != ATR_F32) { /* so that it can learn */
      atr__blob *stored = blob;
      status = atr__onnx_edge_narrow(r->graph.error, stored, &blob);
      atr__blob_release(stored);
    }
    if (status) {
      atr__blob_release(blob);
      return atr__fail_in(r->graph.error, status, "tensor \"%s\"", name);
    }
    e->id = atr__model_init(r->graph.model, name, blob, weight);
    atr__blob_release(blob);
    if (!e->id) return builder_failed(r);
    status = atr__onnx_edge_mean(&r->graph, e->id, type);
    if (status) return status;
  }
  return ATR_OK;
}

/* Text of an attribute: bytes in the file, no NUL. *copy is to be freed. */
static atr_status copy_text(reader *r, const Atr__AttributeProto *a, const ProtobufCBinaryData *s,
                            char **copy) {
  if (s->len && memchr(s->data, 0, s->len))
    return atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "attribute \"%s\" holds a zero byte", a->name);
  *copy = atr__strndup(s->len ? (const char *)s->data : "", s->len);
  return *copy ? ATR_OK : out_of_memory(r);
}

static atr_status attribute_text(reader *r, const Atr__AttributeProto *a, atr__attrs *attrs) {
  char *copy = NULL;
  atr_status status = copy_text(r, a, &a->s, &copy);
  if (!status) status = atr__attrs_set_string(attrs, a->name, copy);
  atr__free(copy);
  return status;
}

static atr_status attribute_texts(reader *r, const Atr__AttributeProto *a, atr__attrs *attrs) {
  char **copies = atr__calloc(a->n_strings, sizeof *copies);
  if (!copies) return out_of_memory(r);
  atr_status status = ATR_OK;
  for (size_t i = 0; !status && i < a->n_strings; i++) status = copy_text(r, a, &a->strings[i], &copies[i]);
  if (!status) status = atr__attrs_set_strings(attrs, a->name, (const char *const *)copies, a->n_strings);
  for (size_t i = 0; i < a->n_strings; i++) atr__free(copies[i]);
  atr__free(copies);
  return status;
}

/* The kind, also of files before kinds were written. */
static int attribute_kind(const Atr__AttributeProto *a) {
  if (a->has_type && a->type) return a->type;
  if (a->has_f) return ATR__ATTR_FLOAT;
  if (a->has_i) return ATR__ATTR_INT;
  if (a->has_s) return ATR__ATTR_STRING;
  if (a->t) return ATR__ATTR_TENSOR;
  if (a->n_floats) return ATR__ATTR_FLOATS;
  if (a->n_ints) return ATR__ATTR_INTS;
  return a->n_strings ? ATR__ATTR_STRINGS : 0;
}

static atr_status add_attribute(reader *r, const Atr__AttributeProto *a, atr__attrs *attrs) {
  atr_status status;
  if (!*text(a->name)) return atr__fail(r->graph.error, ATR_E_FORMAT, "an attribute has no name");
  if (atr__attrs_find(attrs, a->name))
    return atr__fail(r->graph.error, ATR_E_FORMAT, "attribute \"%s\" is given twice", a->name);
  switch (attribute_kind(a)) {
  case ATR__ATTR_FLOAT: status = atr__attrs_set_float(attrs, a->name, a->f); break;
  case ATR__ATTR_INT: status = atr__attrs_set_int(attrs, a->name, a->i); break;
  case ATR__ATTR_STRING: status = attribute_text(r, a, attrs); break;
  case ATR__ATTR_FLOATS: status = atr__attrs_set_floats(attrs, a->name, a->floats, a->n_floats); break;
  case ATR__ATTR_INTS: status = atr__attrs_set_ints(attrs, a->name, a->ints, a->n_ints); break;
  case ATR__ATTR_STRINGS: status = attribute_texts(r, a, attrs); break;
  case ATR__ATTR_TENSOR: {
    atr__blob *blob = NULL;
    if (!a->t) return atr__fail(r->graph.error, ATR_E_FORMAT, "attribute \"%s\" has no tensor", a->name);
    status = atr__onnx_tensor(a->t, &r->source, r->graph.error, &blob);
    if (status) return atr__fail_in(r->graph.error, status, "attribute \"%s\"", a->name);
    status = atr__attrs_set_tensor(attrs, a->name, blob);
    atr__blob_release(blob);
    break;
  }
  default:
    return atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "attribute \"%s\" is %s, which is not supported",
                     a->name, atr__onnx_kind_name(attribute_kind(a)));
  }
  return status == ATR_E_NOMEM ? out_of_memory(r) : status;
}

/* A Constant node is a tensor that never learns. */
static atr_status add_constant(reader *r, const atr__onnx_node *node) {
  static const char *const kinds[] = { "value", "value_float", "value_int", "value_floats", "value_ints" };
  atr__blob *blob = NULL;
  atr_status status = ATR_OK;
  const atr__attr *a = NULL;
  if (node->n_out != 1 || !*node->out[0] || node->n_in)
    return atr__fail(r->graph.error, ATR_E_FORMAT, "a Constant has %zu inputs and %zu outputs", node->n_in,
                     node->n_out);
  for (size_t i = 0; !a && i < sizeof kinds / sizeof *kinds; i++) a = atr__attrs_find(&node->attrs, kinds[i]);
  const atr_shape scalar = { 0, { 0 } };
  if (!a) return atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "its value is of a kind that is not supported");
  const atr_shape vector = { 1, { (int64_t)a->n } };
  switch (a->kind) {
  case ATR__ATTR_TENSOR: blob = atr__blob_retain(a->tensor); break;
  case ATR__ATTR_FLOAT: status = atr__blob_create(ATR_F32, &scalar, &a->f, r->graph.error, &blob); break;
  case ATR__ATTR_INT: status = atr__blob_create(ATR_I64, &scalar, &a->i, r->graph.error, &blob); break;
  case ATR__ATTR_FLOATS: status = atr__blob_create(ATR_F32, &vector, a->floats, r->graph.error, &blob); break;
  case ATR__ATTR_INTS: status = atr__blob_create(ATR_I64, &vector, a->ints, r->graph.error, &blob); break;
  case ATR__ATTR_STRING:
  case ATR__ATTR_STRINGS:
    return atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "its value is of a kind that is not supported");
  }
  if (status) return status;
  const int id = atr__model_init(r->graph.model, node->out[0], blob, 0);
  atr__blob_release(blob);
  if (!id) return builder_failed(r);
  lookup(r, node->out[0])->id = id;
  return ATR_OK;
}

/* An output that the file has as float16, bfloat16 or float64, computed in float32 and cast at the end. */
static int ends_in_cast(const atr__onnx_node *node, const entry *e) {
  return e && atr__type_real(e->type) && e->type != ATR_F32 && !*node->domain && strcmp(node->op, "Cast") &&
         strcmp(node->op, "CastLike") && strcmp(node->op, "ConstantOfShape");
}

static atr_status add_to_model(reader *r, atr__onnx_node *node, const atr__op *op, atr_type declared) {
  atr_model *model = r->graph.model;
  char base[ATR__ONNX_NAME], name[ATR__ONNX_NAME];
  const char **names = atr__calloc(node->n_out, sizeof *names);
  char **own = atr__calloc(node->n_out, sizeof *own);
  atr_status status = names && own ? ATR_OK : out_of_memory(r);
  for (size_t i = 0; !status && i < node->n_out; i++) {
    names[i] = node->out[i];
    if (!*node->out[i] || !ends_in_cast(node, lookup(r, node->out[i]))) continue;
    snprintf(base, sizeof base, "%.400s.float32", node->out[i]);
    names[i] = own[i] = atr__strdup(atr__onnx_unique(&r->graph, &r->graph.values, base, name));
    if (!own[i]) status = out_of_memory(r);
  }
  if (!status) {
    atr__model_node(model, op, node->name, node->in, node->n_in, &node->attrs, names, node->n_out);
    if (model->error.status) status = builder_failed(r);
  }
  const size_t index = model->n_nodes - 1;
  for (size_t i = 0; !status && i < node->n_out; i++) {
    if (!*node->out[i]) continue;
    entry *e = lookup(r, node->out[i]);
    e->id = model->nodes[index].out[i];
    status = atr__onnx_edge_mean(&r->graph, e->id, declared);
    if (!status && own[i]) status = atr__onnx_edge_port(&r->graph, e->id, e->type, node->out[i], &e->port);
  }
  for (size_t i = 0; own && i < node->n_out; i++) atr__free(own[i]);
  atr__free(own);
  atr__free(names);
  return status;
}

static atr_status insert(reader *r, atr__onnx_node *node) {
  atr_type declared;
  atr_status status = atr__onnx_check(&r->graph, node);
  if (status) return status;
  if (!*node->domain && !strcmp(node->op, "Constant")) return add_constant(r, node);
  status = atr__onnx_edge_in(&r->graph, node, &declared);
  if (!status) status = atr__onnx_upgrade(&r->graph, node);
  if (status) return status;
  const atr__op *op = atr__op_find(node->domain, node->op);
  if (!op) return atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "the operator is not supported");
  return add_to_model(r, node, op, declared);
}

static atr_status add_node(reader *r, size_t index) {
  const Atr__NodeProto *p = r->proto->node[index];
  char what[256], base[ATR__ONNX_NAME], name[ATR__ONNX_NAME];
  atr_status status = ATR_OK;
  atr__onnx_node node = { 0 };
  node.domain = domain_of(p);
  node.op = text(p->op_type);
  node.out = (const char *const *)p->output;
  node.n_out = p->n_output;
  node.name = p->name;
  if (!*text(p->name) || atr__names_find(&r->graph.nodes, p->name) != (int)index) {
    snprintf(base, sizeof base, "%.200s_%zu", *text(p->name) ? p->name : node.op, index);
    node.name = atr__onnx_unique(&r->graph, &r->graph.nodes, base, name);
  }
  if (p->n_attribute > ATTRIBUTES_MOST)
    status = atr__fail(r->graph.error, ATR_E_LIMIT, "%zu attributes, more than %d", p->n_attribute,
                       ATTRIBUTES_MOST);
  for (size_t i = 0; !status && i < p->n_attribute; i++)
    status = add_attribute(r, p->attribute[i], &node.attrs);
  if (!status && atr__grow(&node.in, &node.room_in, p->n_input + 1, sizeof *node.in))
    status = out_of_memory(r);
  for (size_t i = 0; !status && i < p->n_input; i++)
    node.in[node.n_in++] = *p->input[i] ? lookup(r, p->input[i])->id : 0;
  if (!status) status = insert(r, &node);
  /* The builder's sentences name the node already. */
  if (status == ATR_E_UNSUPPORTED)
    say_form(r, index);
  else if (status && status != ATR_E_NOMEM && !r->graph.model->error.status)
    atr__fail_in(r->graph.error, status, "%s", called(r, index, what));
  atr__attrs_free(&node.attrs);
  atr__free(node.in);
  return status;
}

/* What the file says of a value whose type and shape are known only while running. */
static void believe(atr__value *value, const Atr__ValueInfoProto *info) {
  const Atr__TypeProto__Tensor *tensor = info->type ? info->type->tensor_type : NULL;
  if (value->shape.rank >= 0 || !tensor) return;
  value->type = atr__onnx_type(tensor->has_elem_type ? tensor->elem_type : 0);
  if (!tensor->shape || tensor->shape->n_dim > ATR_RANK_MAX) return;
  value->shape.rank = (int)tensor->shape->n_dim;
  for (int k = 0; k < value->shape.rank; k++) {
    const Atr__TensorShapeProto__Dimension *dim = tensor->shape->dim[k];
    value->shape.dim[k] = dim->has_dim_value && dim->dim_value >= 0 ? dim->dim_value : -1;
  }
}

static atr_status add_outputs(reader *r) {
  const Atr__GraphProto *g = r->proto;
  for (size_t i = 0; i < g->n_output; i++) {
    const char *name = text(g->output[i]->name);
    entry *e = lookup(r, name);
    if (!e || !e->id) return atr__fail(r->graph.error, ATR_E_FORMAT, "nothing gives the output \"%s\"", name);
    if (e->listed) return atr__fail(r->graph.error, ATR_E_FORMAT, "the output \"%s\" is given twice", name);
    e->listed = 1;
    const int id = e->port ? e->port : e->id;
    atr_model_add_output(r->graph.model, NULL, (atr_value){ id });
    if (r->graph.model->error.status) return builder_failed(r);
    believe(atr__model_at(r->graph.model, id), g->output[i]);
  }
  return ATR_OK;
}

static atr_status add_metadata(reader *r, const Atr__ModelProto *file) {
  if (file->n_metadata_props > METADATA_MOST)
    return atr__fail(r->graph.error, ATR_E_LIMIT, "%zu entries of metadata, more than %d",
                     file->n_metadata_props, METADATA_MOST);
  for (size_t i = 0; i < file->n_metadata_props; i++) {
    const char *key = text(file->metadata_props[i]->key);
    if (atr_model_metadata(r->graph.model, key))
      return atr__fail(r->graph.error, ATR_E_FORMAT, "the metadata has \"%s\" twice", key);
    if (atr_model_set_metadata(r->graph.model, key, text(file->metadata_props[i]->value)))
      return out_of_memory(r);
  }
  return ATR_OK;
}

/* The opset of ONNX's own operators. */
static atr_status opset(reader *r, const Atr__ModelProto *file) {
  const int64_t ir = file->has_ir_version ? file->ir_version : ATR__ONNX_IR_MIN;
  if (ir < ATR__ONNX_IR_MIN || ir > ATR__ONNX_IR_MAX)
    return atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "IR version %lld is outside %d to %d", (long long)ir,
                     ATR__ONNX_IR_MIN, ATR__ONNX_IR_MAX);
  int named = 0;
  for (size_t i = 0; i < file->n_opset_import; i++) {
    const char *domain = text(file->opset_import[i]->domain);
    const int64_t version = file->opset_import[i]->has_version ? file->opset_import[i]->version : 0;
    if (!*domain || !strcmp(domain, "ai.onnx")) {
      if (named++ && r->graph.opset != version)
        return atr__fail(r->graph.error, ATR_E_FORMAT, "the file names opset %lld and opset %lld",
                         (long long)r->graph.opset, (long long)version);
      r->graph.opset = version;
    }
    if (!strcmp(domain, "org.atrous") && version != 1)
      return atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "version %lld of the operators org.atrous",
                       (long long)version);
  }
  r->opsets = file->opset_import;
  r->n_opsets = file->n_opset_import;
  if (!file->n_opset_import) return atr__fail(r->graph.error, ATR_E_FORMAT, "no opset is named");
  if (named && (r->graph.opset < ATR__ONNX_OPSET_MIN || r->graph.opset > ATR__ONNX_OPSET_MAX))
    return atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "opset %lld is outside %d to %d",
                     (long long)r->graph.opset, ATR__ONNX_OPSET_MIN, ATR__ONNX_OPSET_MAX);
  return ATR_OK;
}

static atr_status read_file(const Atr__ModelProto *file, const char *folder, const atr_limits *limits,
                            atr_error *error, atr_model **result) {
  if (!file->graph) return atr__fail(error, ATR_E_FORMAT, "not an ONNX model: it has no graph");
  reader r = { 0 };
  r.proto = file->graph;
  r.graph.error = error;
  r.source = (atr__onnx_source){ folder, limits->total_bytes };
  atr_status status;
  ATR__CHECK(atr_model_create(0, error, &r.graph.model));
  ATR__CHECK(opset(&r, file));
  ATR__CHECK(declare_all(&r));
  ATR__CHECK(uses(&r));
  ATR__CHECK(sort(&r));
  ATR__CHECK(add_inputs(&r));
  ATR__CHECK(add_initializers(&r));
  for (size_t i = 0; i < r.proto->n_node; i++) ATR__CHECK(add_node(&r, (size_t)r.order[i]));
  ATR__CHECK(add_outputs(&r));
  ATR__CHECK(add_metadata(&r, file));
  if (!r.proto->n_output) status = atr__fail(error, ATR_E_FORMAT, "the graph has no output");
fail:
  atr__names_free(&r.graph.values);
  atr__names_free(&r.graph.nodes);
  atr__free(r.graph.edges);
  atr__free(r.entries);
  atr__free(r.order);
  if (status)
    atr_model_destroy(r.graph.model);
  else
    *result = r.graph.model;
  return status;
}

static atr_status load(const void *bytes, size_t size, const char *folder, const atr_limits *limits,
                       atr_error *error, atr_model **model) {
  ProtobufCMessage *message;
  atr_status status = atr__onnx_unpack(&atr__model_proto__descriptor, bytes, size, limits, error, &message);
  if (status) return status;
  status = read_file((const Atr__ModelProto *)message, folder, limits, error, model);
  atr__onnx_unpack_free(message);
  return status;
}

atr_status atr_model_load_memory(const void *bytes, size_t size, const atr_limits *given, atr_error *error,
                                 atr_model **model) {
  *model = NULL;
  const atr_limits limits = atr__onnx_limits(given);
  return load(bytes, size, NULL, &limits, error, model);
}

atr_status atr_model_load(const char *path, const atr_limits *given, atr_error *error, atr_model **model) {
  *model = NULL;
  const atr_limits limits = atr__onnx_limits(given);
  void *bytes = NULL;
  size_t size = 0;
  const char *slash = strrchr(path, '/');
  char *folder = slash ? atr__strndup(path, (size_t)(slash - path) + 1) : atr__strdup(".");
  if (!folder) return atr__nomem(error, strlen(path) + 1);
  atr_status status = atr__file_read(path, limits.file_bytes, error, &bytes, &size);
  if (!status) {
    status = load(bytes, size, folder, &limits, error, model);
    if (status) atr__fail_in(error, status, "%s", path);
  }
  atr__free(bytes);
  atr__free(folder);
  return status;
}
