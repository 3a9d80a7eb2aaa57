/* edge.c: float16, bfloat16 and float64 at the edges of a model: everything is computed in float32, between
 * casts.
 *
 * Ports keep the file's types. A value of one of the three types (an input, a constant, what Cast makes) has
 * a twin in float32, made when a node first reads it as numbers; an output of one of them is cast from the
 * float32 that was computed. Between the edges nothing is rounded to the narrower type. Integers of 8 and 16
 * bits go the same way, and back at once, through operators that are written for float32 alone, which holds
 * them. What the file meant is remembered by value for CastLike alone. Casts are ordinary nodes, so a written
 * model says what is computed. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "onnx/onnx.h"
#include "tensor/element.h"

static int edge_type(atr_type type) {
  return atr__type_real(type) && type != ATR_F32;
}

/* Integers that float32 holds exactly; the kernels of MaxPool and Resize know float32 alone. */
static int narrow_integer(atr_type type) {
  return atr__type_integer(type) && atr_type_size(type) < 4;
}

static atr_status out_of_memory(const atr__onnx_graph *graph) {
  return atr__fail(graph->error, ATR_E_NOMEM, "out of memory while a model was read");
}

static atr_status builder_failed(const atr__onnx_graph *graph) {
  if (graph->error) *graph->error = graph->model->error;
  return graph->model->error.status;
}

static atr_type type_of(const atr__onnx_graph *graph, int id) {
  return id ? atr__model_at(graph->model, id)->type : ATR_TYPE_NONE;
}

/* What is known of a value beyond the model; NULL: out of memory. */
static atr__onnx_edge *edge(atr__onnx_graph *graph, int id) {
  if (atr__grow(&graph->edges, &graph->room_edges, (size_t)id, sizeof *graph->edges)) return NULL;
  return &graph->edges[id - 1];
}

static atr_type meant(const atr__onnx_graph *graph, int id) {
  const atr_type type = type_of(graph, id);
  if (!id || type != ATR_F32 || (size_t)id > graph->room_edges) return type;
  const atr_type declared = graph->edges[id - 1].declared;
  return declared ? declared : type;
}

atr_status atr__onnx_edge_mean(atr__onnx_graph *graph, int id, atr_type type) {
  if (!edge_type(type) || type_of(graph, id) != ATR_F32) return ATR_OK;
  atr__onnx_edge *e = edge(graph, id);
  if (!e) return out_of_memory(graph);
  e->declared = type;
  return ATR_OK;
}

atr_status atr__onnx_edge_narrow(atr_error *error, const atr__blob *blob, atr__blob **real) {
  atr_status status = atr__blob_create(ATR_F32, &blob->shape, NULL, error, real);
  for (int64_t i = 0; !status && i < blob->count; i++)
    ((float *)(*real)->data)[i] = (float)atr__blob_real(blob, i);
  return status;
}

static atr_status cast(atr__onnx_graph *graph, int from, atr_type to, const char *base,
                       const char *value_name, int *id) {
  char name[ATR__ONNX_NAME];
  const char *const outs[1] = { value_name };
  atr__attrs attrs = { 0 };
  if (atr__attrs_set_int(&attrs, "to", (int64_t)to)) return out_of_memory(graph);
  *id = atr__model_node(graph->model, atr__op_find("", "Cast"),
                        atr__onnx_unique(graph, &graph->taken->nodes, base, name), &from, 1, &attrs, outs, 1);
  return *id ? ATR_OK : builder_failed(graph);
}

/* The value in float32. */
static atr_status in_float32(atr__onnx_graph *graph, int *id) {
  const int native = *id;
  const atr_type type = type_of(graph, native);
  const atr__onnx_edge *e = edge(graph, native);
  if (!e) return out_of_memory(graph);
  if (e->twin) {
    *id = e->twin;
    return ATR_OK;
  }
  const atr__value *value = atr__model_at(graph->model, native);
  char base[ATR__ONNX_NAME], name[ATR__ONNX_NAME];
  snprintf(base, sizeof base, "%.400s.float32", value->name);
  atr__onnx_unique(graph, &graph->taken->values, base, name);
  int twin = 0;
  atr_status status;
  if (value->init) {
    atr__blob *real;
    status = atr__onnx_edge_narrow(graph->error, value->init, &real);
    if (status) return status;
    twin = atr__model_init(graph->model, name, real, 0);
    atr__blob_release(real);
    if (!twin) return builder_failed(graph);
  } else {
    status = cast(graph, native, ATR_F32, base, name, &twin);
    if (status) return status;
  }
  graph->edges[native - 1].twin = twin;
  *id = twin;
  return atr__onnx_edge_mean(graph, twin, type);
}

/* An attribute that asks for one of the three types asks for float32. */
static atr_status soften(atr__onnx_graph *graph, atr__onnx_node *node, atr_type *declared) {
  static const char *const names[] = { "dtype", "output_datatype" };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const atr_type type = (atr_type)atr__attrs_int(&node->attrs, names[i], 0);
    if (!edge_type(type)) continue;
    *declared = type;
    if (atr__attrs_set_int(&node->attrs, names[i], ATR_F32)) return out_of_memory(graph);
  }
  return ATR_OK;
}

atr_status atr__onnx_edge_in(atr__onnx_graph *graph, atr__onnx_node *node, atr_type *declared) {
  *declared = ATR_TYPE_NONE;
  if (*node->domain) return ATR_OK;
  if (!strcmp(node->op, "CastLike") && node->n_in == 2 && edge_type(meant(graph, node->in[1]))) {
    if (atr__attrs_set_int(&node->attrs, "to", (int64_t)meant(graph, node->in[1])))
      return out_of_memory(graph);
    node->op = "Cast";
    node->n_in = 1;
  }
  if (!strcmp(node->op, "Cast") || !strcmp(node->op, "CastLike")) return ATR_OK;
  const atr_type first = node->n_in ? type_of(graph, node->in[0]) : ATR_TYPE_NONE;
  if (narrow_integer(first) && (!strcmp(node->op, "MaxPool") || !strcmp(node->op, "Resize"))) {
    *declared = first;
    return in_float32(graph, &node->in[0]);
  }
  atr_status status = soften(graph, node, declared);
  int found = *declared != ATR_TYPE_NONE;
  for (size_t i = 0; !status && i < node->n_in; i++) {
    const atr_type type = meant(graph, node->in[i]);
    if (!found && atr__type_real(type)) {
      *declared = type;
      found = 1;
    }
    if (edge_type(type_of(graph, node->in[i]))) status = in_float32(graph, &node->in[i]);
  }
  return status;
}

atr_status atr__onnx_edge_port(atr__onnx_graph *graph, int id, atr_type type, const char *name, int *port) {
  char base[ATR__ONNX_NAME];
  snprintf(base, sizeof base, "%.400s.cast", name);
  return cast(graph, id, type, base, name, port);
}
