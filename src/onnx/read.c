/* read.c: a file's ModelProto into a model: names, order, initial tensors, nodes, outputs, metadata.
 *
 * The graph is checked by name first (each given once, none missing, no cycle) and ordered; then it goes
 * through the builder, which infers as it grows. Source: the ONNX specification (onnx/docs/IR.md). */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <atrous/model.h>

#include "base/alloc.h"
#include "onnx/read.h"
#include "tensor/element.h"
#include "tensor/shape.h"

/* What is looked up one by one must be few. */
enum { ATTRIBUTES_MOST = 1000, METADATA_MOST = 10000 };

/* "node "x" (Conv)", for sentences; nameless nodes by number. */
const char *atr__reader_called(const atr__reader *r, size_t node, char room[256]) {
  const Atr__NodeProto *p = r->proto->node[node];
  if (*atr__onnx_text(p->name))
    snprintf(room, 256, "node \"%.150s\" (%.60s)", p->name, atr__onnx_text(p->op_type));
  else
    snprintf(room, 256, "node %zu (%.60s)", node, atr__onnx_text(p->op_type));
  return room;
}

/* What is not supported at a node, as "node "x" (Conv, opset 17): …", whether this file or the builder said
 * it. */
static void say_form(const atr__reader *r, size_t node) {
  const Atr__NodeProto *p = r->proto->node[node];
  const char *domain = atr__onnx_domain(p), *op = atr__onnx_text(p->op_type);
  atr_error *error = r->graph.error;
  char rest[sizeof error->text], room[256], form[400];
  if (!error) return;
  const char *said = error->text, *after = strstr(said, "): ");
  if (!strncmp(said, "node \"", 6) && after) said = after + 3; /* the builder's beginning */
  if (!strncmp(said, op, strlen(op)) && !strncmp(said + strlen(op), ": ", 2)) said += strlen(op) + 2;
  snprintf(rest, sizeof rest, "%s", said);
  atr__reader_called(r, node, room);
  room[strlen(room) - 1] = 0; /* its ")" */
  int64_t version = *domain ? 0 : r->graph.opset;
  for (size_t i = 0; *domain && i < r->n_opsets; i++)
    if (!strcmp(atr__onnx_text(r->opsets[i]->domain), domain))
      version = r->opsets[i]->has_version ? r->opsets[i]->version : 0;
  snprintf(form, sizeof form, "%s%s%.60s, opset %lld)", room, *domain ? " of " : "", domain,
           (long long)version);
  atr__fail(error, ATR_E_UNSUPPORTED, "%s: %s", form, rest);
}

atr_status atr__reader_nomem(const atr__reader *r) {
  return atr__fail(r->graph.error, ATR_E_NOMEM, "out of memory while a model was read");
}

atr_status atr__reader_failed(const atr__reader *r) {
  if (r->graph.error) *r->graph.error = r->graph.model->error;
  return r->graph.model->error.status;
}

atr__entry *atr__reader_lookup(const atr__reader *r, const char *name) {
  const int at = atr__names_find(&r->graph.values, name);
  return at < 0 ? NULL : &r->entries[at];
}

/* A name that no value has yet: the given one, or one made of it. Kept until the file is read. */
static const char *fresh(atr__reader *r, atr__names *taken, const char *base) {
  atr__onnx_taken *t = &r->file->taken;
  char room[ATR__ONNX_NAME];
  char *name = atr__strdup(atr__onnx_unique(&r->graph, taken, base, room));
  if (!name || atr__grow(&t->owned, &t->room, t->n_owned + 1, sizeof *t->owned)) {
    atr__free(name);
    return NULL;
  }
  t->owned[t->n_owned++] = name;
  return atr__names_add(taken, name, INT32_MAX) ? NULL : name;
}

/* What a value is called in the model. A function's outputs are those of its call. */
static const char *model_name(atr__reader *r, const char *name) {
  for (size_t i = 0; r->function && i < r->function->n_output && i < r->call->n_out; i++)
    if (!strcmp(r->function->output[i], name) && *r->call->out[i]) return r->call->out[i];
  if (r->caller) return fresh(r, &r->file->taken.values, name);
  return atr__names_add(&r->file->taken.values, name, INT32_MAX) < 0 ? NULL : name;
}

atr_status atr__reader_declare(atr__reader *r, const char *name, const char *what, atr__entry e) {
  if (!*name) return atr__fail(r->graph.error, ATR_E_FORMAT, "%s has no name", what);
  if (atr__grow(&r->entries, &r->room_entries, r->n_entries + 1, sizeof e)) return atr__reader_nomem(r);
  const int taken = atr__names_add(&r->graph.values, name, (int)r->n_entries);
  if (taken < 0) return atr__reader_nomem(r);
  if (taken) return atr__fail(r->graph.error, ATR_E_FORMAT, "the name \"%s\" is given to two values", name);
  if (!e.name && !(e.name = model_name(r, name))) return atr__reader_nomem(r);
  r->entries[r->n_entries++] = e;
  return ATR_OK;
}

atr_status atr__reader_resolve(atr__reader *r, const char *name, int *id) {
  const atr__entry *e = atr__reader_lookup(r, name);
  if (e) {
    *id = e->id;
    return ATR_OK;
  }
  if (!r->outer) return atr__fail(r->graph.error, ATR_E_FORMAT, "nothing gives \"%s\"", name);
  int outer;
  atr_status status = atr__reader_resolve(r->outer, name, &outer);
  if (status) return status;
  atr__entry here = { .name = name, .producer = ATR__NEVER, .tensor = ATR__NEVER, .other = 1 };
  if (outer) {
    here.name = atr__model_at(r->outer->graph.model, outer)->name;
    here.id = atr__model_any_input(r->graph.model, here.name);
    if (!here.id) return atr__reader_failed(r);
    if (atr__grow(&r->captures, &r->room_captures, r->n_captures + 1, sizeof *r->captures))
      return atr__reader_nomem(r);
    r->captures[r->n_captures++] = (atr__reader_capture){ outer, here.id };
  }
  *id = here.id;
  return atr__reader_declare(r, name, "a value", here);
}

static atr_status declare_all(atr__reader *r) {
  const Atr__GraphProto *g = r->proto;
  atr_status status = ATR_OK;
  char what[256];
  for (size_t i = 0; !status && i < g->n_initializer; i++)
    status = atr__reader_declare(r, atr__onnx_text(g->initializer[i]->name), "an initializer",
                                 (atr__entry){ .producer = ATR__NEVER, .tensor = (int)i });
  for (size_t i = 0; !status && i < g->n_input; i++) {
    const char *name = atr__onnx_text(g->input[i]->name);
    const atr__entry *known = atr__reader_lookup(r, name);
    if (known && known->tensor != ATR__NEVER) continue; /* older files list initializers among the inputs */
    status = atr__reader_declare(r, name, "an input",
                                 (atr__entry){ .producer = ATR__NEVER, .tensor = ATR__NEVER });
  }
  for (size_t n = 0; !status && n < g->n_node; n++) {
    const Atr__NodeProto *node = g->node[n];
    if (!r->caller && *atr__onnx_text(node->name) &&
        atr__names_add(&r->file->taken.nodes, node->name, (int)n) < 0)
      return atr__reader_nomem(r);
    for (size_t i = 0; !status && i < node->n_output; i++)
      if (*node->output[i])
        status = atr__reader_declare(r, node->output[i], atr__reader_called(r, n, what),
                                     (atr__entry){ .producer = (int)n, .tensor = ATR__NEVER });
  }
  for (size_t i = 0; !status && i < g->n_output; i++) {
    const Atr__TypeProto *type = g->output[i]->type;
    atr__entry *e = atr__reader_lookup(r, atr__onnx_text(g->output[i]->name));
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
static atr_status uses(atr__reader *r) {
  const Atr__GraphProto *g = r->proto;
  char what[256];
  for (size_t n = 0; n < g->n_node; n++) {
    const Atr__NodeProto *node = g->node[n];
    const size_t first = r->first_read[n];
    for (size_t i = first; i < r->first_read[n + 1]; i++) {
      if (!*r->reads[i]) continue;
      const int own = i - first < node->n_input;
      atr__entry *e = atr__reader_lookup(r, r->reads[i]);
      if (!e && r->outer) continue; /* asked for when it is needed */
      if (!e)
        return atr__fail(r->graph.error, ATR_E_FORMAT, "%s: nothing gives its input \"%s\"",
                         atr__reader_called(r, n, what), r->reads[i]);
      if (own && !r->caller && atr__reader_weight_place(r->file, node, i - first))
        e->weight = 1;
      else
        e->other = 1;
    }
  }
  return ATR_OK;
}

static atr_status add_inputs(atr__reader *r) {
  const Atr__GraphProto *g = r->proto;
  for (size_t i = 0; i < g->n_input; i++) {
    const Atr__ValueInfoProto *info = g->input[i];
    atr__entry *e = atr__reader_lookup(r, info->name);
    if (e->tensor != ATR__NEVER) continue;
    if (r->caller) { /* within, an input is whatever it is given */
      e->id = atr__model_any_input(r->graph.model, e->name);
      if (!e->id) return atr__reader_failed(r);
      continue;
    }
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
    if (!e->id) return atr__reader_failed(r);
  }
  return ATR_OK;
}

static atr_status add_initializers(atr__reader *r) {
  const Atr__GraphProto *g = r->proto;
  if (g->n_sparse_initializer)
    return atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "sparse initializers are not supported");
  for (size_t i = 0; i < g->n_initializer; i++) {
    const char *name = g->initializer[i]->name;
    atr__entry *e = atr__reader_lookup(r, name);
    const int weight = e->weight && !e->other;
    atr__blob *blob;
    /* Graphs within may be read again: by a function's next call. */
    const int once = r->proto == r->file->proto->graph;
    atr_status status =
        (once ? atr__onnx_tensor_take(g->initializer[i], &r->file->source, r->graph.error, &blob)
              : atr__onnx_tensor(g->initializer[i], &r->file->source, r->graph.error, &blob));
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
    e->id = atr__model_init(r->graph.model, e->name, blob, weight);
    atr__blob_release(blob);
    if (!e->id) return atr__reader_failed(r);
    status = atr__onnx_edge_mean(&r->graph, e->id, type);
    if (status) return status;
  }
  return ATR_OK;
}

/* A Constant node is a tensor that never learns. */
static atr_status add_constant(atr__reader *r, const atr__onnx_node *node, int *ids) {
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
  if (!id) return atr__reader_failed(r);
  ids[0] = id;
  return ATR_OK;
}

/* An output that the file has as float16, bfloat16 or float64, computed in float32 and cast at the end; or
 * the first output, where integers are computed so. */
static int ends_in_cast(const atr__onnx_node *node, const atr__entry *e, size_t i, atr_type declared) {
  if (atr__type_integer(declared)) return i == 0;
  return atr__type_real(e->type) && e->type != ATR_F32 && !*node->domain && strcmp(node->op, "Cast") &&
         strcmp(node->op, "CastLike") && strcmp(node->op, "ConstantOfShape");
}

static atr_status add_to_model(atr__reader *r, const Atr__NodeProto *p, atr__onnx_node *node,
                               const atr__op *op, atr_type declared, int *ids) {
  atr_model *model = r->graph.model;
  char base[ATR__ONNX_NAME], name[ATR__ONNX_NAME];
  const char **names = atr__calloc(node->n_out, sizeof *names);
  char **own = atr__calloc(node->n_out, sizeof *own);
  atr_status status = names && own ? ATR_OK : atr__reader_nomem(r);
  for (size_t i = 0; !status && i < node->n_out; i++) {
    names[i] = node->out[i];
    if (!*node->out[i] || !ends_in_cast(node, atr__reader_lookup(r, p->output[i]), i, declared)) continue;
    snprintf(base, sizeof base, "%.400s.float32", node->out[i]);
    names[i] = own[i] = atr__strdup(atr__onnx_unique(&r->graph, &r->graph.taken->values, base, name));
    if (!own[i]) status = atr__reader_nomem(r);
  }
  if (!status) {
    atr__model_node(model, op, node->name, node->in, node->n_in, &node->attrs, names, node->n_out);
    if (model->error.status) status = atr__reader_failed(r);
  }
  const size_t index = model->n_nodes - 1;
  for (size_t i = 0; !status && i < node->n_out; i++) {
    if (!*node->out[i]) continue;
    atr__entry *e = atr__reader_lookup(r, p->output[i]);
    ids[i] = model->nodes[index].out[i];
    status = atr__onnx_edge_mean(&r->graph, ids[i], declared);
    if (status || !own[i]) continue;
    const int whole = atr__type_integer(declared);
    status = atr__onnx_edge_port(&r->graph, ids[i], whole ? declared : e->type, node->out[i], &e->port);
    if (whole) ids[i] = e->port;
  }
  for (size_t i = 0; own && i < node->n_out; i++) atr__free(own[i]);
  atr__free(own);
  atr__free(names);
  return status;
}

static atr_status insert(atr__reader *r, const Atr__NodeProto *p, atr__onnx_node *node, int *ids) {
  atr_type declared;
  atr_status status = atr__onnx_check(&r->graph, node);
  if (status) return status;
  if (!strcmp(node->domain, "ai.onnx.preview.training") && !strcmp(node->op, "Gradient"))
    return atr__reader_gradient(r, node, ids);
  if (!*node->domain && !strcmp(node->op, "Constant")) return add_constant(r, node, ids);
  status = atr__onnx_edge_in(&r->graph, node, &declared);
  if (!status) status = atr__onnx_upgrade(&r->graph, node);
  if (status) return status;
  const atr__op *op = atr__op_find(node->domain, node->op);
  if (!op) return atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "the operator is not supported");
  return add_to_model(r, p, node, op, declared, ids);
}

/* Its name, inputs and outputs in the model, and its attributes save graphs, which are counted. */
static atr_status prepare(atr__reader *r, size_t index, atr__onnx_node *node, const char **out,
                          size_t *graphs) {
  const Atr__NodeProto *p = r->proto->node[index];
  atr__names *taken = &r->file->taken.nodes;
  char base[ATR__ONNX_NAME];
  atr_status status = ATR_OK;
  node->domain = atr__onnx_domain(p);
  node->op = atr__onnx_text(p->op_type);
  node->out = out;
  node->n_out = p->n_output;
  node->name = p->name;
  for (size_t i = 0; i < p->n_output; i++)
    out[i] = *p->output[i] ? atr__reader_lookup(r, p->output[i])->name : "";
  if (r->caller || !*atr__onnx_text(p->name) || atr__names_find(taken, p->name) != (int)index) {
    snprintf(base, sizeof base, "%.200s_%zu", *atr__onnx_text(p->name) ? p->name : node->op, index);
    node->name = fresh(r, taken, r->caller && *atr__onnx_text(p->name) ? p->name : base);
    if (!node->name) return atr__reader_nomem(r);
  }
  if (p->n_attribute > ATTRIBUTES_MOST)
    return atr__fail(r->graph.error, ATR_E_LIMIT, "%zu attributes, more than %d", p->n_attribute,
                     ATTRIBUTES_MOST);
  *graphs = 0;
  for (size_t i = 0; !status && i < p->n_attribute; i++)
    if (p->attribute[i]->g && atr__reader_attribute_kind(p->attribute[i]) == ATR__ONNX_GRAPH)
      ++*graphs;
    else
      status = atr__reader_attribute(r, p->attribute[i], &node->attrs);
  if (!status && atr__grow(&node->in, &node->room_in, p->n_input + 1, sizeof *node->in))
    status = atr__reader_nomem(r);
  for (size_t i = 0; !status && i < p->n_input; i++) {
    node->in[i] = 0;
    if (*p->input[i]) status = atr__reader_resolve(r, p->input[i], &node->in[i]);
    node->n_in++;
  }
  return status;
}

static atr_status add_node(atr__reader *r, size_t index) {
  const Atr__NodeProto *p = r->proto->node[index];
  const Atr__FunctionProto *function = atr__reader_function(r->file, p);
  char what[256];
  size_t graphs = 0;
  atr__onnx_node node = { 0 };
  const char **out = atr__calloc(p->n_output + 1, sizeof *out);
  int *ids = atr__calloc(p->n_output + 1, sizeof *ids);
  atr_status status = out && ids ? prepare(r, index, &node, out, &graphs) : atr__reader_nomem(r);
  if (!status)
    status = function ? atr__reader_call(r, function, &node, ids)
             : graphs ? atr__reader_control(r, p, &node, ids)
                      : insert(r, p, &node, ids);
  for (size_t i = 0; !status && i < p->n_output; i++)
    if (*p->output[i]) atr__reader_lookup(r, p->output[i])->id = ids[i];
  /* The builder's sentences name the node already. */
  if (status == ATR_E_UNSUPPORTED && !function && !graphs)
    say_form(r, index);
  else if (status && status != ATR_E_NOMEM && (function || graphs || !r->graph.model->error.status))
    atr__fail_in(r->graph.error, status, "%s", atr__reader_called(r, index, what));
  atr__attrs_free(&node.attrs);
  atr__free(node.in);
  atr__free(out);
  atr__free(ids);
  return status;
}

/* What the file says of a value whose type and shape are known only while running. */
void atr__reader_believe(atr__value *value, const Atr__ValueInfoProto *info) {
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

static atr_status add_outputs(atr__reader *r) {
  const Atr__GraphProto *g = r->proto;
  for (size_t i = 0; i < g->n_output; i++) {
    const char *name = atr__onnx_text(g->output[i]->name);
    atr__entry *e = atr__reader_lookup(r, name);
    if (!e || !e->id) return atr__fail(r->graph.error, ATR_E_FORMAT, "nothing gives the output \"%s\"", name);
    if (e->listed) return atr__fail(r->graph.error, ATR_E_FORMAT, "the output \"%s\" is given twice", name);
    e->listed = 1;
    const int id = e->port ? e->port : e->id;
    atr_model_add_output(r->graph.model, NULL, (atr_value){ id });
    if (r->graph.model->error.status) return atr__reader_failed(r);
    atr__reader_believe(atr__model_at(r->graph.model, id), g->output[i]);
  }
  return ATR_OK;
}

static atr_status add_metadata(atr__reader *r, const Atr__ModelProto *file) {
  if (file->n_metadata_props > METADATA_MOST)
    return atr__fail(r->graph.error, ATR_E_LIMIT, "%zu entries of metadata, more than %d",
                     file->n_metadata_props, METADATA_MOST);
  for (size_t i = 0; i < file->n_metadata_props; i++) {
    const char *key = atr__onnx_text(file->metadata_props[i]->key);
    if (atr_model_metadata(r->graph.model, key))
      return atr__fail(r->graph.error, ATR_E_FORMAT, "the metadata has \"%s\" twice", key);
    if (atr_model_set_metadata(r->graph.model, key, atr__onnx_text(file->metadata_props[i]->value)))
      return atr__reader_nomem(r);
  }
  return ATR_OK;
}

/* The opset of ONNX's own operators. */
static atr_status opset(atr__reader *r, const Atr__ModelProto *file) {
  const int64_t ir = file->has_ir_version ? file->ir_version : ATR__ONNX_IR_MIN;
  if (ir < ATR__ONNX_IR_MIN || ir > ATR__ONNX_IR_MAX)
    return atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "IR version %lld is outside %d to %d", (long long)ir,
                     ATR__ONNX_IR_MIN, ATR__ONNX_IR_MAX);
  int named = 0;
  for (size_t i = 0; i < file->n_opset_import; i++) {
    const char *domain = atr__onnx_text(file->opset_import[i]->domain);
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

atr_status atr__reader_graph(atr__reader *r) {
  atr_status status;
  ATR__CHECK(declare_all(r));
  ATR__CHECK(atr__reader_reads(r));
  ATR__CHECK(uses(r));
  ATR__CHECK(atr__reader_sort(r));
  ATR__CHECK(add_inputs(r));
  ATR__CHECK(add_initializers(r));
  for (size_t i = 0; i < r->proto->n_node; i++) ATR__CHECK(add_node(r, (size_t)r->order[i]));
fail:
  return status;
}

void atr__reader_free(atr__reader *r) {
  atr__names_free(&r->graph.values);
  if (!r->function) atr__free(r->graph.edges); /* a call's are its caller's */
  atr__free(r->entries);
  atr__free(r->reads);
  atr__free(r->first_read);
  atr__free(r->order);
  atr__free(r->captures);
}

static atr_status read_file(const Atr__ModelProto *proto, const char *folder, const atr_limits *limits,
                            atr_error *error, atr_model **result) {
  if (!proto->graph) return atr__fail(error, ATR_E_FORMAT, "not an ONNX model: it has no graph");
  atr__reader_file file = { .proto = proto,
                            .source = { folder, limits->total_bytes },
                            .nodes_left = limits->nodes };
  atr__reader r = { .file = &file, .proto = proto->graph };
  r.graph.error = error;
  r.graph.taken = &file.taken;
  atr_status status;
  ATR__CHECK(atr_model_create(0, error, &r.graph.model));
  r.graph.model->lenient = 1;
  ATR__CHECK(opset(&r, proto));
  ATR__CHECK(atr__reader_graph(&r));
  ATR__CHECK(add_outputs(&r));
  ATR__CHECK(add_metadata(&r, proto));
  ATR__CHECK(atr__gru_doubt(r.graph.model, atr__onnx_text(proto->producer_name), error));
  if (!r.proto->n_output) status = atr__fail(error, ATR_E_FORMAT, "the graph has no output");
fail:
  atr__reader_free(&r);
  atr__names_free(&file.taken.values);
  atr__names_free(&file.taken.nodes);
  for (size_t i = 0; i < file.taken.n_owned; i++) atr__free(file.taken.owned[i]);
  atr__free(file.taken.owned);
  if (status)
    atr_model_destroy(r.graph.model);
  else
    *result = r.graph.model;
  return status;
}

/* Whether the file can be a model at all: its first field is one of ModelProto. */
static int begins_like_model(const uint8_t *bytes, size_t size) {
  static const char fields[] = { (1 << 3),     (2 << 3) | 2, (3 << 3) | 2, (4 << 3) | 2, (5 << 3),
                                 (6 << 3) | 2, (7 << 3) | 2, (8 << 3) | 2, (14 << 3) | 2 };
  return size > 1 && memchr(fields, bytes[0], sizeof fields) != NULL;
}

/* `owned`: the file's bytes, freed and NULL as soon as they are not needed any more; may be NULL itself. */
static atr_status load(const void *bytes, size_t size, void **owned, const char *folder,
                       const atr_limits *limits, atr_error *error, atr_model **model) {
  ProtobufCMessage *message;
  atr_status status = atr__onnx_unpack(&atr__model_proto__descriptor, bytes, size, limits, error, &message);
  if (status == ATR_E_FORMAT && !begins_like_model(bytes, size))
    return atr__fail_in(error, ATR_E_FORMAT, "not an ONNX file");
  if (status) return status;
  if (owned) {
    atr__free(*owned);
    *owned = NULL;
  }
  status = read_file((const Atr__ModelProto *)message, folder, limits, error, model);
  atr__onnx_unpack_free(message);
  return status;
}

atr_status atr_model_load_memory(const void *bytes, size_t size, const atr_limits *given, atr_error *error,
                                 atr_model **model) {
  *model = NULL;
  const atr_limits limits = atr__onnx_limits(given);
  return load(bytes, size, NULL, NULL, &limits, error, model);
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
    status = load(bytes, size, &bytes, folder, &limits, error, model);
    if (status) atr__fail_in(error, status, "%s", path);
  }
  atr__free(bytes);
  atr__free(folder);
  return status;
}
