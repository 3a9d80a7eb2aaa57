/* nest.c: what is within nodes: calls of the file's functions, whose nodes take the place of the call, and
 * the graphs of If, Loop and Scan, which become models of their own.
 *
 * A function sees the inputs and attributes of its call and nothing else; a graph sees the names around it,
 * and what it takes from there is an input of its model and of the node. Source: the ONNX specification
 * (onnx/docs/IR.md). */
#include "config.h"

#include <stdio.h>

#include "base/alloc.h"
#include "onnx/read.h"
#include "op/control.h"

enum { CALLS_DEEP = 64, GRAPHS_MOST = 2 };

const Atr__FunctionProto *atr__reader_function(const atr__reader_file *file, const Atr__NodeProto *node) {
  for (size_t i = 0; i < file->proto->n_functions; i++) {
    const Atr__FunctionProto *f = file->proto->functions[i];
    const char *domain = atr__onnx_text(f->domain);
    if (!strcmp(domain, "ai.onnx")) domain = "";
    if (!strcmp(atr__onnx_text(f->name), atr__onnx_text(node->op_type)) &&
        !strcmp(domain, atr__onnx_domain(node)) &&
        !strcmp(atr__onnx_text(f->overload), atr__onnx_text(node->overload)))
      return f;
  }
  return NULL;
}

/* Every use of the input within must be a weight's place; calls within calls count as none. */
int atr__reader_weight_place(const atr__reader_file *file, const Atr__NodeProto *node, size_t input) {
  const Atr__FunctionProto *f = atr__reader_function(file, node);
  int used = 0;
  if (!f) return atr__onnx_weight_place(atr__onnx_domain(node), atr__onnx_text(node->op_type), input);
  if (input >= f->n_input) return 0;
  for (size_t n = 0; n < f->n_node; n++)
    for (size_t i = 0; i < f->node[n]->n_input; i++) {
      if (strcmp(f->node[n]->input[i], f->input[input])) continue;
      if (atr__reader_function(file, f->node[n]) ||
          !atr__onnx_weight_place(atr__onnx_domain(f->node[n]), atr__onnx_text(f->node[n]->op_type), i))
        return 0;
      used = 1;
    }
  return used;
}

/* With those of graphs within; as deep as the file nests. */
static uint64_t count_nodes(Atr__NodeProto *const *nodes, size_t n) {
  uint64_t sum = n;
  for (size_t i = 0; i < n; i++)
    for (size_t a = 0; a < nodes[i]->n_attribute; a++)
      if (nodes[i]->attribute[a]->g)
        sum += 1 + count_nodes(nodes[i]->attribute[a]->g->node, nodes[i]->attribute[a]->g->n_node);
  return sum;
}

static atr_status check_call(const atr__reader *r, const Atr__FunctionProto *f, const atr__onnx_node *node) {
  size_t deep = 0;
  for (const atr__reader *at = r; at; at = at->caller, deep++)
    if (at->function == f) return atr__fail(r->graph.error, ATR_E_FORMAT, "the function calls itself");
  if (deep > CALLS_DEEP)
    return atr__fail(r->graph.error, ATR_E_LIMIT, "functions and graphs nest more than %d deep", CALLS_DEEP);
  if (node->n_in > f->n_input || node->n_out > f->n_output)
    return atr__fail(r->graph.error, ATR_E_FORMAT, "%zu inputs and %zu outputs for a function of %zu and %zu",
                     node->n_in, node->n_out, f->n_input, f->n_output);
  const uint64_t nodes = 1 + count_nodes(f->node, f->n_node);
  if (nodes > r->file->nodes_left)
    return atr__fail(r->graph.error, ATR_E_LIMIT, "calls of functions make more nodes than the limit allows");
  r->file->nodes_left -= nodes;
  return ATR_OK;
}

/* The function's opsets; what it does not name is as in the file. */
static void set_opset(atr__reader *r, const Atr__FunctionProto *f) {
  for (size_t i = 0; i < f->n_opset_import; i++) {
    const char *domain = atr__onnx_text(f->opset_import[i]->domain);
    if ((!*domain || !strcmp(domain, "ai.onnx")) && f->opset_import[i]->has_version)
      r->graph.opset = f->opset_import[i]->version;
  }
  if (f->n_opset_import) {
    r->opsets = f->opset_import;
    r->n_opsets = f->n_opset_import;
  }
}

/* What the call does not give takes the function's default. */
static atr_status add_defaults(atr__reader *r, const Atr__FunctionProto *f, const atr__attrs *call,
                               atr__attrs *all) {
  atr__reader plain = *r; /* a default refers to nothing */
  plain.given = NULL;
  if (atr__attrs_copy(all, call)) return atr__reader_nomem(r);
  atr_status status = ATR_OK;
  for (size_t i = 0; !status && i < f->n_attribute_proto; i++)
    if (!atr__attrs_find(all, atr__onnx_text(f->attribute_proto[i]->name)))
      status = atr__reader_attribute(&plain, f->attribute_proto[i], all);
  return status;
}

/* An output that the function passes on, or gives twice, has a node of its own. */
static atr_status call_output(atr__reader *r, const char *inner, const char *name, int *id) {
  int from;
  atr_status status = atr__reader_resolve(r, inner, &from);
  if (status) return status;
  if (!from)
    return atr__fail(r->graph.error, ATR_E_FORMAT, "the function does not give its output \"%s\"", inner);
  *id = from;
  if (!strcmp(atr__model_at(r->graph.model, from)->name, name)) return ATR_OK;
  atr__attrs none = { 0 };
  const char *const out[1] = { name };
  *id = atr__model_node(r->graph.model, atr__op_find("", "Identity"), NULL, &from, 1, &none, out, 1);
  return *id ? ATR_OK : atr__reader_failed(r);
}

atr_status atr__reader_call(atr__reader *r, const Atr__FunctionProto *f, const atr__onnx_node *node,
                            int *ids) {
  Atr__GraphProto body = ATR__GRAPH_PROTO__INIT;
  atr__attrs given = { 0 };
  atr_status status = check_call(r, f, node);
  if (status) return status;
  body.node = f->node;
  body.n_node = f->n_node;
  atr__reader in = { .file = r->file,
                     .proto = &body,
                     .opsets = r->opsets,
                     .n_opsets = r->n_opsets,
                     .caller = r,
                     .function = f,
                     .call = node,
                     .given = &given };
  in.graph = (atr__onnx_graph){ .model = r->graph.model,
                                .opset = r->graph.opset,
                                .taken = r->graph.taken,
                                .edges = r->graph.edges,
                                .room_edges = r->graph.room_edges,
                                .error = r->graph.error };
  set_opset(&in, f);
  if (in.graph.opset > ATR__ONNX_OPSET_MAX) {
    status =
        atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "opset %lld of the function", (long long)in.graph.opset);
    goto fail;
  }
  ATR__CHECK(add_defaults(&in, f, &node->attrs, &given));
  for (size_t i = 0; i < f->n_input; i++)
    ATR__CHECK(atr__reader_declare(&in, f->input[i], "an input of the function",
                                   (atr__entry){ .name = f->input[i],
                                                 .producer = ATR__NEVER,
                                                 .tensor = ATR__NEVER,
                                                 .id = i < node->n_in ? node->in[i] : 0 }));
  ATR__CHECK(atr__reader_graph(&in));
  for (size_t i = 0; i < node->n_out; i++)
    if (*node->out[i]) ATR__CHECK(call_output(&in, f->output[i], node->out[i], &ids[i]));
fail:
  r->graph.edges = in.graph.edges; /* of the same model, and may have grown */
  r->graph.room_edges = in.graph.room_edges;
  atr__attrs_free(&given);
  atr__reader_free(&in);
  return status;
}

static const char *const branches[] = { "then_branch", "else_branch" }, *const body_only[] = { "body" };

/* What a node of this operator has: its graphs by name, and how many inputs and outputs of them are its own.
 */
typedef struct form {
  const char *const *names;
  size_t n_graphs;
  size_t inputs, outputs; /* inputs of each graph; outputs that are carried on or say whether to go on */
  size_t dropped;         /* outputs of a graph that are none of the node */
} form;

static atr_status form_of(const atr__reader *r, const atr__onnx_node *node, form *f) {
  atr_error *error = r->graph.error;
  if (*node->domain)
    return atr__fail(error, ATR_E_UNSUPPORTED, "an attribute is a graph, which is not supported");
  if (!strcmp(node->op, "If")) {
    *f = (form){ branches, 2, 0, 0, 0 };
    return node->n_in == 1 && node->in[0] ? ATR_OK : atr__fail(error, ATR_E_FORMAT, "it has no condition");
  }
  if (!strcmp(node->op, "Loop")) {
    *f = (form){ body_only, 1, node->n_in, node->n_in - 1, 1 };
    if (node->n_in < 2) return atr__fail(error, ATR_E_FORMAT, "it has %zu inputs, fewer than 2", node->n_in);
    return ATR_OK;
  }
  if (!strcmp(node->op, "Scan")) {
    const int64_t scanned = atr__attrs_int(&node->attrs, "num_scan_inputs", 0);
    if (r->graph.opset < 9)
      return atr__fail(error, ATR_E_UNSUPPORTED, "the form of opset 8, with a batch axis, is not supported");
    if (scanned < 1 || (uint64_t)scanned > node->n_in)
      return atr__fail(error, ATR_E_FORMAT, "num_scan_inputs is %lld for %zu inputs", (long long)scanned,
                       node->n_in);
    for (size_t i = 0; i < node->n_in; i++)
      if (!node->in[i]) return atr__fail(error, ATR_E_FORMAT, "its input %zu is missing", i);
    *f = (form){ body_only, 1, node->n_in, node->n_in - (size_t)scanned, 0 };
    return ATR_OK;
  }
  return atr__fail(error, ATR_E_UNSUPPORTED, "an attribute is a graph, which is not supported");
}

/* A graph within as a model. */
static atr_status read_graph(atr__reader *r, const Atr__GraphProto *proto, const form *f, atr__reader *in) {
  atr_status status = ATR_OK;
  *in = (atr__reader){ .file = r->file,
                       .proto = proto,
                       .opsets = r->opsets,
                       .n_opsets = r->n_opsets,
                       .outer = r,
                       .caller = r,
                       .given = r->given };
  in->graph = (atr__onnx_graph){ .opset = r->graph.opset, .taken = r->graph.taken, .error = r->graph.error };
  ATR__CHECK(atr_model_create(0, r->graph.error, &in->graph.model));
  ATR__CHECK(atr__reader_graph(in));
  for (size_t i = 0; i < proto->n_output; i++) {
    int id;
    const char *name = atr__onnx_text(proto->output[i]->name);
    ATR__CHECK(atr__reader_resolve(in, name, &id));
    if (atr__reader_lookup(in, name)->port) id = atr__reader_lookup(in, name)->port;
    if (!id) {
      status = atr__fail(r->graph.error, ATR_E_FORMAT, "its output %zu is nothing", i);
      goto fail;
    }
    atr_model_add_output(in->graph.model, NULL, (atr_value){ id });
    if (in->graph.model->error.status) return atr__reader_failed(in);
    if (atr__model_at(in->graph.model, id)->producer >= 0)
      atr__reader_believe(atr__model_at(in->graph.model, id), proto->output[i]);
  }
  if (in->graph.model->n_inputs - in->n_captures != f->inputs || proto->n_output < f->outputs ||
      !proto->n_output)
    status = atr__fail(r->graph.error, ATR_E_FORMAT, "it has %zu inputs and %zu outputs",
                       in->graph.model->n_inputs - in->n_captures, proto->n_output);
fail:
  return status;
}

/* Gives a graph the captures of all graphs of the node, in their order. */
static atr_status same_captures(atr__reader *in, size_t own, const int *outer, size_t n) {
  atr_model *model = in->graph.model;
  int *inputs = atr__calloc(n + 1, sizeof *inputs);
  if (!inputs) return atr__reader_nomem(in);
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < in->n_captures; k++)
      if (in->captures[k].outer == outer[i]) inputs[i] = in->captures[k].inner;
    if (!inputs[i])
      inputs[i] = atr__model_any_input(model, atr__model_at(in->outer->graph.model, outer[i])->name);
    if (!inputs[i]) {
      atr__free(inputs);
      return atr__reader_failed(in);
    }
  }
  if (n) memcpy(model->inputs + own, inputs, n * sizeof *inputs);
  atr__free(inputs);
  return ATR_OK;
}

static const Atr__GraphProto *graph_named(const Atr__NodeProto *p, const char *name) {
  for (size_t i = 0; i < p->n_attribute; i++)
    if (p->attribute[i]->g && !strcmp(atr__onnx_text(p->attribute[i]->name), name)) return p->attribute[i]->g;
  return NULL;
}

/* Behind the node's own inputs come its captures; outputs that the file leaves out at the end are absent. */
static atr_status add_control(atr__reader *r, atr__onnx_node *node, const form *f, atr__reader *in,
                              int *ids) {
  atr__body bodies[GRAPHS_MOST];
  const size_t own = node->n_in, outputs = in[0].proto->n_output - f->dropped;
  int *outer = NULL;
  const char **out = NULL;
  size_t n = 0, room = 0;
  atr_status status = ATR_OK;
  for (size_t b = 0; b < f->n_graphs; b++)
    for (size_t k = 0; k < in[b].n_captures; k++) {
      size_t at = 0;
      while (at < n && outer[at] != in[b].captures[k].outer) at++;
      if (at < n) continue;
      if (atr__grow(&outer, &room, n + 1, sizeof *outer) ||
          atr__grow(&node->in, &node->room_in, own + n + 1, sizeof *node->in)) {
        status = atr__reader_nomem(r);
        goto fail;
      }
      outer[n] = node->in[own + n] = in[b].captures[k].outer;
      n++;
    }
  for (size_t b = 0; b < f->n_graphs; b++) {
    ATR__CHECK(same_captures(&in[b], f->inputs, outer, n));
    if (in[b].proto->n_output - f->dropped != outputs || node->n_out > outputs) {
      status = atr__fail(r->graph.error, ATR_E_FORMAT, "%s gives %zu outputs, the node has %zu", f->names[b],
                         in[b].proto->n_output - f->dropped, b ? outputs : node->n_out);
      goto fail;
    }
  }
  out = atr__calloc(outputs + 1, sizeof *out);
  if (!out) {
    status = atr__reader_nomem(r);
    goto fail;
  }
  for (size_t i = 0; i < outputs; i++) out[i] = i < node->n_out ? node->out[i] : "";
  for (size_t b = 0; b < f->n_graphs; b++) {
    bodies[b] = (atr__body){ f->names[b], in[b].graph.model };
    in[b].graph.model = NULL; /* the node's from here on */
  }
  atr__model_control(r->graph.model, atr__op_control(node->op), node->name, node->in, own + n, own,
                     &node->attrs, bodies, f->n_graphs, out, outputs);
  if (r->graph.model->error.status) {
    status = atr__reader_failed(r);
    goto fail;
  }
  const atr__node *added = &r->graph.model->nodes[r->graph.model->n_nodes - 1];
  for (size_t i = 0; i < node->n_out; i++) ids[i] = added->out[i];
fail:
  atr__free(outer);
  atr__free(out);
  return status;
}

atr_status atr__reader_control(atr__reader *r, const Atr__NodeProto *p, atr__onnx_node *node, int *ids) {
  form f = { NULL, 0, 0, 0, 0 };
  atr__reader in[GRAPHS_MOST];
  size_t read = 0, given = 0;
  memset(in, 0, sizeof in);
  atr_status status = atr__onnx_check(&r->graph, node);
  if (!status) status = form_of(r, node, &f);
  if (status) return status;
  for (size_t i = 0; i < p->n_attribute; i++) given += p->attribute[i]->g != NULL;
  if (given != f.n_graphs)
    return atr__fail(r->graph.error, ATR_E_FORMAT, "it has %zu graphs, must have %zu", given, f.n_graphs);
  for (; !status && read < f.n_graphs; read++) {
    const Atr__GraphProto *proto = graph_named(p, f.names[read]);
    if (!proto) {
      status = atr__fail(r->graph.error, ATR_E_FORMAT, "it has no graph \"%s\"", f.names[read]);
      break;
    }
    status = read_graph(r, proto, &f, &in[read]);
    if (status && status != ATR_E_NOMEM) atr__fail_in(r->graph.error, status, "%s", f.names[read]);
  }
  if (!status) status = add_control(r, node, &f, in, ids);
  for (size_t b = 0; b < GRAPHS_MOST; b++) {
    atr_model_destroy(in[b].graph.model);
    atr__reader_free(&in[b]);
  }
  return status;
}
