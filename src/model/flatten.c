/* flatten.c: control flow that is decided once the inputs' shapes are known becomes ordinary nodes: the
 * branch of an If whose condition is known, the turns of a Loop or Scan that are few and known. So such a
 * model is one plan. What data decide is left as it is (plan/control.c).
 *
 * The flat model is made node after node and inferred as it grows, because conditions come from shapes.
 * Values of graphs within keep their names where these are free; initial tensors keep them always, so that
 * turns share them. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "model/graph.h"
#include "tensor/shape.h"

enum { TURNS_MOST = 16, NODES_MOST = 2048, NAME = 512 };

typedef struct flat {
  atr_model *model;
  atr__infer_state state;
  atr_error *error;
  int64_t nodes_left; /* that turns may add */
  int expanded;       /* control flow that is there no more */
} flat;

static atr_status copy_graph(flat *f, const atr_model *from, int *map, int turn);

static atr_status failed(const flat *f) {
  if (f->error) *f->error = f->model->error;
  return f->model->error.status;
}

static const atr__blob *known(const flat *f, int id) {
  return id && (size_t)id <= f->state.room_values ? f->state.known[id - 1] : NULL;
}

/* Infers the last node. */
static atr_status infer_last(flat *f) {
  int waits;
  atr_status status = atr__infer_room(f->model, &f->state, f->error);
  return status ? status : atr__infer_try(f->model, f->model->n_nodes - 1, &f->state, f->error, &waits);
}

/* The name, with the number of the turn behind it; NULL where it is taken, so that one is made up. */
static const char *name_in_turn(const atr__names *taken, const char *name, int turn, char room[NAME]) {
  if (turn >= 0)
    snprintf(room, NAME, "%.480s.%d", name, turn);
  else
    snprintf(room, NAME, "%.500s", name);
  return atr__names_find(taken, room) < 0 ? room : NULL;
}

/* An ordinary node of one output. */
static atr_status add(flat *f, const char *op, const int *in, size_t n_in, const char *attribute,
                      int64_t value, const char *name, int *id) {
  atr__attrs attrs = { 0 };
  const char *const out[1] = { name };
  if (attribute && atr__attrs_set_int(&attrs, attribute, value)) return atr__nomem(f->error, 1);
  *id = atr__model_node_unprobed(f->model, atr__op_find("", op), NULL, in, n_in, &attrs, out, 1);
  return *id ? infer_last(f) : failed(f);
}

/* The initial tensor, in the model and known to inference. */
static atr_status tensor(flat *f, const char *name, atr__blob *blob, int learns, int *id) {
  *id = atr__model_init(f->model, name, blob, learns);
  if (!*id) return failed(f);
  const atr_status status = atr__infer_room(f->model, &f->state, f->error);
  if (status) return status;
  f->state.type[*id - 1] = blob->type;
  f->state.shape[*id - 1] = blob->shape;
  f->state.known[*id - 1] = atr__blob_retain(blob);
  return ATR_OK;
}

/* A number, called by what it is: plans of one model share tensors of the same name. */
static atr_status constant(flat *f, atr_type type, int rank, int64_t value, int *id) {
  const atr_shape shape = { rank, { 1 } };
  const uint8_t byte = (uint8_t)value;
  char name[64];
  atr__blob *blob;
  snprintf(name, sizeof name, "atrous.constant.%d.%d.%lld", (int)type, rank, (long long)value);
  *id = atr__model_find(f->model, name);
  if (*id && known(f, *id)) return ATR_OK;
  atr_status status =
      atr__blob_create(type, &shape, type == ATR_BOOL ? (const void *)&byte : &value, f->error, &blob);
  if (status) return status;
  status = tensor(f, name, blob, 0, id);
  atr__blob_release(blob);
  return status;
}

static int64_t count_nodes(const atr_model *m) {
  int64_t sum = (int64_t)m->n_nodes;
  for (size_t n = 0; n < m->n_nodes; n++)
    for (size_t i = 0; i < m->nodes[n].n_bodies; i++) sum += count_nodes(m->nodes[n].bodies[i].model);
  return sum;
}

/* Whether so many turns of this graph may be laid out. */
static int affordable(flat *f, const atr_model *body, int64_t turns) {
  const int64_t nodes = turns * (count_nodes(body) + 1);
  if (turns < 1 || turns > TURNS_MOST || nodes > f->nodes_left) return 0;
  f->nodes_left -= nodes;
  return 1;
}

/* A graph within, its inputs being the first n values; outputs are to be freed. */
static atr_status expand(flat *f, const atr_model *body, const int *inputs, int turn, int **outputs) {
  int *map = atr__calloc(body->n_values + 1, sizeof *map);
  *outputs = atr__calloc(body->n_outputs + 1, sizeof **outputs);
  atr_status status = map && *outputs ? ATR_OK : atr__nomem(f->error, body->n_values * sizeof *map);
  for (size_t i = 0; !status && i < body->n_inputs; i++) map[body->inputs[i] - 1] = inputs[i];
  if (!status) status = copy_graph(f, body, map, turn);
  for (size_t i = 0; !status && i < body->n_outputs; i++) (*outputs)[i] = map[body->outputs[i] - 1];
  atr__free(map);
  return status;
}

/* in: the node's inputs in the flat model; out: receives its outputs' ids. done: whether it was replaced. */
static atr_status expand_if(flat *f, const atr__node *node, const int *in, int turn, int *out, int *done) {
  const atr__blob *condition = known(f, in[0]);
  int *outputs = NULL;
  if (!condition || condition->count != 1 || condition->type != ATR_BOOL) return ATR_OK;
  const char *branch = atr__blob_int(condition, 0) ? "then_branch" : "else_branch";
  const atr_model *body = node->bodies[strcmp(node->bodies[0].name, branch) != 0].model;
  atr_status status = expand(f, body, in + node->n_own, turn, &outputs);
  for (size_t i = 0; !status && i < node->n_out; i++) out[i] = outputs[i];
  atr__free(outputs);
  *done = !status;
  return status;
}

/* Whether the body passes its condition on, or always says yes. */
static int goes_on(const atr_model *body) {
  int id = body->outputs[0];
  for (;;) {
    const atr__value *v = atr__model_at(body, id);
    if (id == body->inputs[1]) return 1;
    if (v->init) return v->type == ATR_BOOL && v->init->count == 1 && atr__blob_int(v->init, 0);
    if (v->producer < 0 || strcmp(body->nodes[v->producer].op->name, "Identity")) return 0;
    id = body->nodes[v->producer].in[0];
  }
}

/* What each turn gave, as one tensor with a new axis. */
static atr_status stack(flat *f, const int *list, size_t n, int64_t axis, int backwards, int *id) {
  int *parts = atr__calloc(n + 1, sizeof *parts), axes;
  atr_status status = parts ? constant(f, ATR_I64, 1, axis, &axes) : atr__nomem(f->error, n * sizeof *parts);
  for (size_t k = 0; !status && k < n; k++) {
    const int in[2] = { list[backwards ? n - 1 - k : k], axes };
    status = add(f, "Unsqueeze", in, 2, NULL, 0, NULL, &parts[k]);
  }
  if (!status) status = add(f, "Concat", parts, n, "axis", axis, NULL, id);
  atr__free(parts);
  return status;
}

/* A Loop or Scan with its turns laid out. */
typedef struct layout {
  size_t turns, carried; /* values carried on */
  size_t first, own;     /* the body's first carried input; its inputs before the captures */
  size_t dropped;        /* outputs of the body before the carried ones */
} layout;

static int64_t listed(const atr__node *node, const char *name, size_t i) {
  size_t n;
  const int64_t *list = atr__attrs_ints(&node->attrs, name, &n);
  return list && i < n ? list[i] : 0;
}

/* The body's inputs of turn k that are not carried. */
static atr_status turn_inputs(flat *f, const atr__node *node, const int *in, const layout *l, size_t k,
                              int *inputs) {
  atr_status status = ATR_OK;
  if (l->dropped) { /* Loop */
    status = constant(f, ATR_I64, 0, (int64_t)k, &inputs[0]);
    return status ? status : constant(f, ATR_BOOL, 0, 1, &inputs[1]);
  }
  for (size_t i = l->carried; !status && i < l->own; i++) {
    const size_t scanned = i - l->carried;
    const int64_t at =
        listed(node, "scan_input_directions", scanned) ? (int64_t)(l->turns - 1 - k) : (int64_t)k;
    int both[2] = { in[i], 0 };
    status = constant(f, ATR_I64, 0, at, &both[1]);
    if (!status)
      status = add(f, "Gather", both, 2, "axis", listed(node, "scan_input_axes", scanned), NULL, &inputs[i]);
  }
  return status;
}

static atr_status lay_out(flat *f, const atr__node *node, const int *in, const layout *l, int *out) {
  const atr_model *body = node->bodies[0].model;
  const size_t piles = body->n_outputs - l->dropped - l->carried;
  int *inputs = atr__calloc(body->n_inputs + 1, sizeof *inputs), *outputs = NULL;
  int *collected = atr__calloc(piles * l->turns + 1, sizeof *collected);
  atr_status status = inputs && collected ? ATR_OK : atr__nomem(f->error, body->n_inputs * sizeof *inputs);
  for (size_t i = 0; !status && i < body->n_inputs; i++)
    if (i >= l->own || (i >= l->first && i < l->first + l->carried)) inputs[i] = in[i];
  for (size_t k = 0; !status && k < l->turns; k++) {
    status = turn_inputs(f, node, in, l, k, inputs);
    if (!status) status = expand(f, body, inputs, (int)k, &outputs);
    for (size_t i = 0; !status && i < l->carried; i++) inputs[l->first + i] = outputs[l->dropped + i];
    for (size_t i = 0; !status && i < piles; i++)
      collected[i * l->turns + k] = outputs[l->dropped + l->carried + i];
    atr__free(outputs);
    outputs = NULL;
  }
  for (size_t i = 0; !status && i < node->n_out; i++) {
    if (i < l->carried)
      out[i] = inputs[l->first + i];
    else if (node->out[i])
      status = stack(f, collected + (i - l->carried) * l->turns, l->turns,
                     l->dropped ? 0 : listed(node, "scan_output_axes", i - l->carried),
                     !l->dropped && listed(node, "scan_output_directions", i - l->carried), &out[i]);
  }
  atr__free(inputs);
  atr__free(collected);
  return status;
}

static atr_status expand_loop(flat *f, const atr__node *node, const int *in, int *out, int *done) {
  const atr_model *body = node->bodies[0].model;
  const atr__blob *count = known(f, in[0]), *condition = known(f, in[1]);
  if (!count || count->count != 1 || count->type != ATR_I64 || !goes_on(body)) return ATR_OK;
  if (in[1] &&
      (!condition || condition->count != 1 || condition->type != ATR_BOOL || !atr__blob_int(condition, 0)))
    return ATR_OK;
  const int64_t turns = atr__blob_int(count, 0);
  if (!affordable(f, body, turns)) return ATR_OK;
  const layout l = { (size_t)turns, node->n_own - 2, 2, node->n_own, 1 };
  *done = 1;
  return lay_out(f, node, in, &l, out);
}

static atr_status expand_scan(flat *f, const atr__node *node, const int *in, int *out, int *done) {
  const size_t scanned = (size_t)atr__attrs_int(&node->attrs, "num_scan_inputs", 1),
               carried = node->n_own - scanned;
  int64_t turns = -1;
  for (size_t i = 0; i < scanned; i++) {
    const atr_shape *shape = &f->state.shape[in[carried + i] - 1];
    int64_t axis = listed(node, "scan_input_axes", i);
    if (axis < 0) axis += shape->rank;
    if (axis < 0 || axis >= shape->rank || (i && shape->dim[axis] != turns)) return ATR_OK;
    turns = shape->dim[axis];
  }
  if (!affordable(f, node->bodies[0].model, turns)) return ATR_OK;
  const layout l = { (size_t)turns, carried, 0, node->n_own, 0 };
  *done = 1;
  return lay_out(f, node, in, &l, out);
}

/* The node as it is, with other ids. */
static atr_status copy_node(flat *f, const atr_model *from, const atr__node *node, const int *in, int turn,
                            int *out) {
  atr__attrs attrs = { 0 };
  char room[NAME];
  const char **names = atr__calloc(node->n_out + 1, sizeof *names);
  char *texts = atr__calloc(node->n_out + 1, NAME);
  atr_status status =
      names && texts && !atr__attrs_copy(&attrs, &node->attrs) ? ATR_OK : atr__nomem(f->error, NAME);
  if (status) {
    atr__attrs_free(&attrs);
    goto fail;
  }
  for (size_t i = 0; i < node->n_out; i++)
    names[i] = node->out[i] ? name_in_turn(&f->model->value_names, atr__model_at(from, node->out[i])->name,
                                           turn, texts + i * NAME)
                            : "";
  const char *name = name_in_turn(&f->model->node_names, node->name, turn, room);
  if (node->n_bodies) {
    for (size_t i = 0; i < node->n_bodies; i++) atr__model_retain(node->bodies[i].model);
    atr__model_control(f->model, node->op, name, in, node->n_in, node->n_own, &attrs, node->bodies,
                       node->n_bodies, names, node->n_out);
  } else
    atr__model_node_unprobed(f->model, node->op, name, in, node->n_in, &attrs, names, node->n_out);
  status = f->model->error.status ? failed(f) : infer_last(f);
  if (status) goto fail;
  for (size_t i = 0; i < node->n_out; i++) out[i] = f->model->nodes[f->model->n_nodes - 1].out[i];
fail:
  atr__free(names);
  atr__free(texts);
  return status;
}

static atr_status copy_tensors(flat *f, const atr_model *from, int *map) {
  for (size_t i = 0; i < from->n_values; i++) {
    const atr__value *value = &from->values[i];
    if (!value->init) continue;
    map[i] = atr__model_find(f->model, value->name); /* of another turn, or of the same graph elsewhere */
    if (map[i] && atr__model_at(f->model, map[i])->init == value->init) continue;
    const atr_status status = tensor(f, value->name, value->init, value->learns, &map[i]);
    if (status) return status;
  }
  return ATR_OK;
}

/* Every live node of the graph; map: its inputs are set. turn -1: names stay. */
static atr_status copy_graph(flat *f, const atr_model *from, int *map, int turn) {
  atr_status status = ATR_OK;
  unsigned char *live = atr__calloc(from->n_nodes, 1);
  int *in = NULL, *out = NULL;
  size_t room_in = 0, room_out = 0;
  if (!live) return atr__nomem(f->error, from->n_nodes);
  atr__model_live(from, live);
  ATR__CHECK(copy_tensors(f, from, map));
  for (size_t n = 0; n < from->n_nodes; n++) {
    const atr__node *node = &from->nodes[n];
    int done = 0;
    if (!live[n]) continue;
    if (atr__grow(&in, &room_in, node->n_in + 1, sizeof *in) ||
        atr__grow(&out, &room_out, node->n_out + 1, sizeof *out)) {
      status = atr__nomem(f->error, node->n_in * sizeof *in);
      goto fail;
    }
    for (size_t i = 0; i < node->n_in; i++) in[i] = node->in[i] ? map[node->in[i] - 1] : 0;
    memset(out, 0, node->n_out * sizeof *out);
    if (node->n_bodies) switch (*node->op->name) {
      case 'I': status = expand_if(f, node, in, turn, out, &done); break;
      case 'L': status = expand_loop(f, node, in, out, &done); break;
      default: status = expand_scan(f, node, in, out, &done);
      }
    if (status) {
      atr__fail_in(f->error, status, "node \"%s\" (%s)", node->name, node->op->name);
      goto fail;
    }
    f->expanded += done;
    if (!done) ATR__CHECK(copy_node(f, from, node, in, turn, out));
    for (size_t i = 0; i < node->n_out; i++)
      if (node->out[i]) map[node->out[i] - 1] = out[i];
  }
fail:
  atr__free(live);
  atr__free(in);
  atr__free(out);
  return status;
}

static atr_status add_ports(flat *f, const atr_model *from, const atr_shape *inputs, int *map) {
  for (size_t i = 0; i < from->n_inputs; i++) {
    const atr__value *value = atr__model_at(from, from->inputs[i]);
    const int id = map[from->inputs[i] - 1] =
        atr_model_add_input(f->model, value->name, value->type, &value->shape).id;
    if (!id) return failed(f);
    const atr_status status = atr__infer_room(f->model, &f->state, f->error);
    if (status) return status;
    f->state.type[id - 1] = value->type;
    f->state.shape[id - 1] = inputs[i];
  }
  return ATR_OK;
}

static atr_status add_outputs(flat *f, const atr_model *from, const int *map) {
  for (size_t i = 0; i < from->n_outputs; i++) {
    const atr__value *value = atr__model_at(from, from->outputs[i]);
    int id = map[from->outputs[i] - 1];
    if (strcmp(atr__model_at(f->model, id)->name, value->name)) {
      const atr_status status = add(f, "Identity", &id, 1, NULL, 0, value->name, &id);
      if (status) return status;
    }
    atr_model_add_output(f->model, NULL, (atr_value){ id });
    if (f->model->error.status) return failed(f);
    if (f->state.shape[id - 1].rank < 0) { /* what the file said of it */
      atr__model_at(f->model, id)->type = value->type;
      atr__model_at(f->model, id)->shape = value->shape;
    }
  }
  return ATR_OK;
}

/* Shapes that do not fit are for inference to complain of. */
static int fits(const atr_model *model, const atr_shape *inputs, size_t n) {
  int64_t count;
  for (size_t i = 0; i < n && n == model->n_inputs; i++) {
    const atr_shape *has = &atr__model_at(model, model->inputs[i])->shape;
    if (has->rank != inputs[i].rank || atr__shape_count(&inputs[i], NULL, &count)) return 0;
    for (int k = 0; k < has->rank; k++)
      if (has->dim[k] != -1 && has->dim[k] != inputs[i].dim[k]) return 0;
  }
  return n == model->n_inputs;
}

atr_status atr__model_flatten(const atr_model *model, const atr_shape *inputs, size_t n, atr_error *error,
                              atr_model **result) {
  size_t graphs = 0;
  *result = NULL;
  for (size_t k = 0; k < model->n_nodes; k++) graphs += model->nodes[k].n_bodies;
  if (!graphs || !fits(model, inputs, n)) return ATR_OK;
  flat f = { .error = error, .nodes_left = NODES_MOST };
  atr_status status;
  int *map = atr__calloc(model->n_values + 1, sizeof *map);
  if (!map) return atr__nomem(error, model->n_values * sizeof *map);
  ATR__CHECK(atr_model_create(model->seed, error, &f.model));
  ATR__CHECK(add_ports(&f, model, inputs, map));
  ATR__CHECK(copy_graph(&f, model, map, -1));
  ATR__CHECK(add_outputs(&f, model, map));
fail:
  atr__infer_free(&f.state, f.model);
  atr__free(map);
  if (status || !f.expanded)
    atr_model_destroy(f.model);
  else
    *result = f.model;
  return status;
}
