/* infer.c: drives operators' inference over a graph and folds what is known before running; see graph.h. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "model/graph.h"
#include "tensor/shape.h"

/* Folded values are shapes, indices and small constants; larger ones, and what is beyond the sum over a
 * graph, are left to run. */
enum { FOLD_ELEMENTS = 65536, FOLD_SUM = 1 << 24 };

atr_status atr__infer_room(const atr_model *model, atr__infer_state *state, atr_error *error) {
  size_t room = state->room_values;
  if (model->n_values > room) {
    size_t a = room, b = room, c = room;
    if (atr__grow(&state->type, &a, model->n_values, sizeof *state->type) ||
        atr__grow(&state->shape, &b, model->n_values, sizeof *state->shape) ||
        atr__grow(&state->known, &c, model->n_values, sizeof *state->known))
      return atr__nomem(error, model->n_values * sizeof *state->shape);
    state->room_values = a;
  }
  if (atr__grow(&state->params, &state->room_nodes, model->n_nodes, sizeof *state->params))
    return atr__nomem(error, model->n_nodes * sizeof *state->params);
  return ATR_OK;
}

void atr__infer_free(atr__infer_state *state, const atr_model *model) {
  (void)model;
  for (size_t i = 0; i < state->room_values; i++) atr__blob_release(state->known[i]);
  for (size_t i = 0; i < state->room_nodes; i++) atr__free(state->params[i]);
  atr__free(state->type);
  atr__free(state->shape);
  atr__free(state->known);
  atr__free(state->params);
  memset(state, 0, sizeof *state);
}

/* Shape and Size need only their input's shape. */
static int needs_shape_only(const atr__op *op) {
  return !*op->domain && (!strcmp(op->name, "Shape") || !strcmp(op->name, "Size"));
}

static int foldable(const atr_model *model, const atr__node *node, const atr__infer_state *state,
                    const atr_shape *out_shape) {
  if (!node->op->host_f32 || !strcmp(node->op->name, "Dropout")) return 0;
  int64_t sum = state->folded;
  for (size_t i = 0; i < node->n_out; i++) {
    const int64_t size = atr__shape_size(&out_shape[i]);
    sum += size;
    if (size > FOLD_ELEMENTS || sum > FOLD_SUM || (node->out[i] && atr__model_at(model, node->out[i])->alias))
      return 0;
  }
  if (needs_shape_only(node->op)) return 1;
  for (size_t i = 0; i < node->n_in; i++) {
    if (!node->in[i]) continue;
    if (!state->known[node->in[i] - 1] || atr__model_at(model, node->in[i])->learns) return 0;
  }
  return 1;
}

static atr_status fold(const atr__node *node, const void *params, const atr__view *in,
                       const atr_type *out_type, const atr_shape *out_shape, atr__infer_state *state,
                       atr_error *error) {
  atr_status status = ATR_OK;
  atr__view *out = atr__calloc(node->n_out, sizeof *out);
  atr__blob **blob = atr__calloc(node->n_out, sizeof *blob);
  if (!out || !blob) {
    status = atr__nomem(error, node->n_out * sizeof *out);
    goto fail;
  }
  for (size_t i = 0; i < node->n_out; i++) {
    ATR__CHECK(atr__blob_create(out_type[i], &out_shape[i], NULL, error, &blob[i]));
    out[i] = (atr__view){ blob[i]->data, out_type[i], out_shape[i], blob[i]->count };
  }
  const atr__call call = { params, node->n_in, node->n_out, in, out, NULL, error, 0 };
  ATR__CHECK(node->op->host_f32(&call));
  for (size_t i = 0; i < node->n_out; i++)
    if (node->out[i]) {
      state->folded += blob[i]->count;
      state->known[node->out[i] - 1] = blob[i];
      blob[i] = NULL;
    }
fail:
  for (size_t i = 0; blob && i < node->n_out; i++) atr__blob_release(blob[i]);
  atr__free(blob);
  atr__free(out);
  return status;
}

static atr_status wait_for(const atr__node *node, atr__infer_state *state, int what, int *waits) {
  for (size_t i = 0; i < node->n_out; i++)
    if (node->out[i]) {
      state->type[node->out[i] - 1] = ATR_TYPE_NONE;
      state->shape[node->out[i] - 1].rank = -1;
    }
  *waits = what;
  return ATR_OK;
}

atr_status atr__infer_try(const atr_model *model, size_t index, atr__infer_state *state, atr_error *error,
                          int *waits) {
  const atr__node *node = &model->nodes[index];
  const atr__op *op = node->op;
  const size_t n_in = node->n_in, n_out = node->n_out;
  const size_t slots = n_out > (size_t)(op->max_out > 0 ? op->max_out : 1)
                           ? n_out
                           : (size_t)(op->max_out > 0 ? op->max_out : 1);
  atr_status status = ATR_OK;
  atr_type *in_type = atr__calloc(n_in, sizeof *in_type), *out_type = atr__calloc(slots, sizeof *out_type);
  atr_shape *in_shape = atr__calloc(n_in, sizeof *in_shape),
            *out_shape = atr__calloc(slots, sizeof *out_shape);
  const atr__blob **in_const = atr__calloc(n_in, sizeof *in_const);
  atr__view *view = atr__calloc(n_in, sizeof *view);
  void *params = atr__calloc(1, op->params_size);
  size_t asks = 0;
  atr_error said = ATR_ERROR_INIT; /* nobody wants to hear of what waits */
  *waits = 0;
  if (!in_type || !out_type || !in_shape || !out_shape || !in_const || !view || !params) {
    status = atr__nomem(error, n_in * sizeof *in_shape);
    goto fail;
  }
  for (size_t i = 0; i < n_in; i++) {
    if (!node->in[i]) continue;
    const size_t v = (size_t)node->in[i] - 1;
    in_type[i] = state->type[v];
    in_shape[i] = state->shape[v];
    in_const[i] = state->known[v];
    view[i] = (atr__view){ state->known[v] ? state->known[v]->data : NULL, in_type[i], in_shape[i],
                           in_shape[i].rank < 0 ? 0 : atr__shape_size(&in_shape[i]) };
    if (in_shape[i].rank < 0) {
      status = wait_for(node, state, ATR__WAITS_SHAPE, waits);
      goto fail;
    }
  }
  if (node->n_bodies) {
    status = wait_for(node, state, ATR__WAITS_RUN, waits);
    goto fail;
  }
  atr__infer infer = { op,       &node->attrs, n_in,      n_out,  in_type, in_shape,
                       in_const, out_type,     out_shape, params, &said,   &asks };
  status = op->infer(&infer);
  if (status == ATR_E_UNSUPPORTED && asks && asks <= n_in && node->in[asks - 1]) {
    status = wait_for(node, state, (int)asks, waits);
    goto fail;
  }
  if (status && error) *error = said;
  for (size_t i = 0; !status && i < n_out; i++) {
    int64_t count;
    status = atr__shape_count(&out_shape[i], error, &count);
    if (!status && node->out[i]) {
      state->type[node->out[i] - 1] = out_type[i];
      state->shape[node->out[i] - 1] = out_shape[i];
    }
  }
  if (!status && foldable(model, node, state, out_shape))
    status = fold(node, params, view, out_type, out_shape, state, error);
  if (status) {
    atr__fail_in(error, status, "node \"%s\" (%s)", node->name, op->name);
    goto fail;
  }
  atr__free(state->params[index]);
  state->params[index] = params;
  params = NULL;
fail:
  atr__free(params);
  atr__free(view);
  atr__free(in_const);
  atr__free(in_shape);
  atr__free(out_shape);
  atr__free(in_type);
  atr__free(out_type);
  return status;
}

atr_status atr__infer_node(const atr_model *model, size_t index, atr__infer_state *state, atr_error *error) {
  const atr__node *node = &model->nodes[index];
  int waits;
  const atr_status status = atr__infer_try(model, index, state, error, &waits);
  if (status || !waits) return status;
  if (waits > 0)
    return atr__fail(error, ATR_E_UNSUPPORTED,
                     "node \"%s\" (%s): input %d (\"%s\") is computed while running; it must be known when "
                     "the plan is made",
                     node->name, node->op->name, waits - 1, atr__model_at(model, node->in[waits - 1])->name);
  return atr__fail(error, ATR_E_UNSUPPORTED, "node \"%s\" (%s): its shape is known only while running",
                   node->name, node->op->name);
}

/* Types and shapes of inputs and initial tensors. */
static atr_status infer_start(const atr_model *model, const atr_shape *inputs, size_t n,
                              atr__infer_state *state, atr_error *error) {
  char given[ATR__SHAPE_TEXT], declared[ATR__SHAPE_TEXT];
  if (n != model->n_inputs)
    return atr__fail(error, ATR_E_PARAM, "%zu input shapes were given, the model has %zu inputs", n,
                     model->n_inputs);
  atr_status status = atr__infer_room(model, state, error);
  for (size_t i = 0; !status && i < n; i++) {
    const atr__value *value = atr__model_at(model, model->inputs[i]);
    int fits = inputs[i].rank == value->shape.rank;
    int64_t count;
    for (int k = 0; fits && k < inputs[i].rank; k++)
      fits = value->shape.dim[k] == -1 || value->shape.dim[k] == inputs[i].dim[k];
    if (!fits)
      return atr__fail(error, ATR_E_SHAPE, "input \"%s\" was given shape %s, the model has %s", value->name,
                       atr__shape_text(&inputs[i], given), atr__shape_text(&value->shape, declared));
    status = atr__shape_count(&inputs[i], error, &count);
    if (status) return atr__fail_in(error, status, "input \"%s\"", value->name);
    state->type[model->inputs[i] - 1] = value->type;
    state->shape[model->inputs[i] - 1] = inputs[i];
  }
  for (size_t i = 0; !status && i < model->n_values; i++)
    if (model->values[i].init && !state->known[i]) {
      state->type[i] = model->values[i].type;
      state->shape[i] = model->values[i].init->shape;
      state->known[i] = atr__blob_retain(model->values[i].init);
    }
  return status;
}

atr_status atr__infer_graph(const atr_model *model, const atr_shape *inputs, size_t n,
                            atr__infer_state *state, atr_error *error) {
  atr_status status = infer_start(model, inputs, n, state, error);
  for (size_t i = 0; !status && i < model->n_nodes; i++) status = atr__infer_node(model, i, state, error);
  return status;
}

atr_status atr__infer_graph_try(const atr_model *model, const atr_shape *inputs, size_t n,
                                atr__infer_state *state, int *waits, atr_error *error) {
  atr_status status = infer_start(model, inputs, n, state, error);
  unsigned char *live = atr__calloc(model->n_nodes, 1);
  if (!live) return atr__nomem(error, model->n_nodes);
  *waits = 0;
  atr__model_live(model, live);
  for (size_t i = 0; !status && i < model->n_nodes; i++) {
    int one;
    status = atr__infer_try(model, i, state, error, &one);
    *waits |= live[i] && one;
  }
  atr__free(live);
  return status;
}

atr_status atr__infer_copy(const atr_model *model, const atr__infer_state *from, atr__infer_state *to,
                           atr_error *error) {
  memset(to, 0, sizeof *to);
  atr_status status = atr__infer_room(model, to, error);
  if (status) return status;
  for (size_t i = 0; i < model->n_values; i++) {
    to->type[i] = from->type[i];
    to->shape[i] = from->shape[i];
    to->known[i] = atr__blob_retain(from->known[i]);
  }
  to->folded = from->folded;
  return ATR_OK;
}
