/* differentiate.c: reverse-mode differentiation: for a scalar value, appends the nodes that compute its
 * gradient.
 *
 * Nodes are visited from last to first; each operator's `gradient` appends ordinary nodes (op/grad.h). Where
 * a value is read by several nodes its gradients are added in that order, so the sum is the same every time.
 * Source: e.g. Griewank and Walther, "Evaluating Derivatives", SIAM 2008. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "model/graph.h"
#include "op/grad.h"
#include "tensor/shape.h"

struct atr__grad {
  atr_model *model;
  atr__infer_state *shapes;
  size_t node;           /* being differentiated; model->nodes may move */
  int *dy;               /* by value index: its gradient so far, 0: none */
  unsigned char *wanted; /* by value index: leads back to something asked for */
  size_t n_values;       /* of the two arrays */
  atr_status status;
  atr_error *error;
};

static const atr__node *node_of(const atr__grad *grad) {
  return &grad->model->nodes[grad->node];
}

const atr__attrs *atr__grad_attrs(const atr__grad *grad) {
  return &node_of(grad)->attrs;
}
const void *atr__grad_params(const atr__grad *grad) {
  return grad->shapes->params[grad->node];
}
size_t atr__grad_inputs(const atr__grad *grad) {
  return node_of(grad)->n_in;
}
int atr__grad_in(const atr__grad *grad, size_t i) {
  return i < node_of(grad)->n_in ? node_of(grad)->in[i] : 0;
}

int atr__grad_dy(const atr__grad *grad, size_t i) {
  const atr__node *node = node_of(grad);
  return i < node->n_out && node->out[i] ? grad->dy[node->out[i] - 1] : 0;
}

int atr__grad_wanted(const atr__grad *grad, size_t i) {
  const int in = atr__grad_in(grad, i);
  return in && grad->wanted[in - 1];
}

const atr_shape *atr__grad_shape(const atr__grad *grad, int value) {
  return &grad->shapes->shape[value - 1];
}
const atr__blob *atr__grad_known(const atr__grad *grad, int value) {
  return value ? grad->shapes->known[value - 1] : NULL;
}
atr_status atr__grad_status(const atr__grad *grad) {
  return grad->status;
}

/* A node that the builder's probes accepted is inferred for the real sizes too. */
static int append(atr__grad *grad, const atr__op *op, const int *in, size_t n_in, atr__attrs *attrs,
                  size_t n_out) {
  atr_model *model = grad->model;
  const int first = atr__model_node_unprobed(model, op, NULL, in, n_in, attrs, NULL, n_out);
  if (!first) {
    grad->status = model->error.status;
    if (grad->error) *grad->error = model->error;
    return 0;
  }
  grad->status = atr__infer_room(model, grad->shapes, grad->error);
  if (!grad->status) grad->status = atr__infer_node(model, model->n_nodes - 1, grad->shapes, grad->error);
  return grad->status ? 0 : first;
}

int atr__grad_node(atr__grad *grad, const char *domain, const char *name, const int *in, size_t n_in,
                   const atr__attrs *attrs, size_t n_out) {
  if (grad->status) return 0;
  const atr__op *op = atr__op_find(domain, name);
  if (!op) {
    grad->status = atr__fail(grad->error, ATR_E_UNSUPPORTED,
                             "gradient of node \"%s\": operator %s is missing", node_of(grad)->name, name);
    return 0;
  }
  atr__attrs copy = { 0 };
  if (attrs && atr__attrs_copy(&copy, attrs)) {
    grad->status = atr__nomem(grad->error, sizeof copy);
    atr__attrs_free(&copy);
    return 0;
  }
  return append(grad, op, in, n_in, &copy, n_out);
}

int atr__grad_last(const atr__grad *grad, size_t output) {
  return grad->status ? 0 : grad->model->nodes[grad->model->n_nodes - 1].out[output];
}

/* A constant of the model, known to inference. */
int atr__grad_constant(atr__grad *grad, atr_type type, const atr_shape *shape, const void *data) {
  if (grad->status) return 0;
  atr__blob *blob;
  grad->status = atr__blob_create(type, shape, data, grad->error, &blob);
  if (grad->status) return 0;
  const int id = atr__model_init(grad->model, NULL, blob, 0);
  grad->status = id ? atr__infer_room(grad->model, grad->shapes, grad->error) : grad->model->error.status;
  if (!grad->status) {
    grad->shapes->type[id - 1] = type;
    grad->shapes->shape[id - 1] = *shape;
    grad->shapes->known[id - 1] = atr__blob_retain(blob);
  }
  atr__blob_release(blob);
  return grad->status ? 0 : id;
}

int atr__grad_ints(atr__grad *grad, const int64_t *values, size_t n) {
  const atr_shape shape = { 1, { (int64_t)n } };
  return atr__grad_constant(grad, ATR_I64, &shape, values);
}

int atr__grad_real(atr__grad *grad, float value) {
  const atr_shape scalar = { 0, { 0 } };
  return atr__grad_constant(grad, ATR_F32, &scalar, &value);
}

int atr__grad_shape_of(atr__grad *grad, int value) {
  if (grad->status) return 0;
  const atr_shape shape = *atr__grad_shape(grad, value);
  return atr__grad_ints(grad, shape.dim, (size_t)shape.rank);
}

int atr__grad_reshape(atr__grad *grad, int value, const atr_shape *shape) {
  if (grad->status || atr__shape_equal(atr__grad_shape(grad, value), shape)) return grad->status ? 0 : value;
  atr__attrs attrs = { 0 };
  if (atr__attrs_set_int(&attrs, "allowzero", 1)) {
    grad->status = atr__nomem(grad->error, sizeof attrs);
    return 0;
  }
  const int in[2] = { value, atr__grad_ints(grad, shape->dim, (size_t)shape->rank) };
  const int result = atr__grad_node(grad, "", "Reshape", in, 2, &attrs, 1);
  atr__attrs_free(&attrs);
  return result;
}

int atr__grad_unbroadcast(atr__grad *grad, int value, int target) {
  if (grad->status) return 0;
  const atr_shape from = *atr__grad_shape(grad, value), to = *atr__grad_shape(grad, target);
  if (atr__shape_equal(&from, &to)) return value;
  int64_t axes[ATR_RANK_MAX];
  size_t n = 0;
  const int lead = from.rank - to.rank;
  for (int i = 0; i < from.rank; i++)
    if (i < lead || (to.dim[i - lead] == 1 && from.dim[i] != 1)) axes[n++] = i;
  if (n) {
    atr__attrs attrs = { 0 };
    if (atr__attrs_set_int(&attrs, "keepdims", 1)) {
      grad->status = atr__nomem(grad->error, sizeof attrs);
      return 0;
    }
    const int in[2] = { value, atr__grad_ints(grad, axes, n) };
    value = atr__grad_node(grad, "", "ReduceSum", in, 2, &attrs, 1);
    atr__attrs_free(&attrs);
  }
  return lead ? atr__grad_reshape(grad, value, &to) : value;
}

int atr__grad_out(atr__grad *grad, size_t i) {
  if (grad->status) return 0;
  atr_model *model = grad->model;
  atr__node *node = &model->nodes[grad->node];
  if (i >= node->n_out) {
    int *grown = atr__realloc_array(node->out, i + 1, sizeof *grown);
    if (!grown) {
      grad->status = atr__nomem(grad->error, (i + 1) * sizeof *grown);
      return 0;
    }
    memset(grown + node->n_out, 0, (i + 1 - node->n_out) * sizeof *grown);
    node->out = grown;
    node->n_out = i + 1;
  }
  if (!node->out[i]) {
    const int id = atr__model_value(model, NULL);
    grad->status = id ? atr__infer_room(model, grad->shapes, grad->error) : model->error.status;
    if (grad->status) return 0;
    node = &model->nodes[grad->node];
    node->out[i] = id;
    atr__model_at(model, id)->producer = (int)grad->node;
    grad->status = atr__infer_node(model, grad->node, grad->shapes, grad->error);
  }
  return grad->status ? 0 : node->out[i];
}

void atr__grad_set(atr__grad *grad, size_t input, int value) {
  const int in = atr__grad_in(grad, input);
  if (grad->status || !value || !in || (size_t)in > grad->n_values) return;
  char have[ATR__SHAPE_TEXT], need[ATR__SHAPE_TEXT];
  if (!atr__shape_equal(atr__grad_shape(grad, value), atr__grad_shape(grad, in))) {
    grad->status = atr__fail(grad->error, ATR_E_SHAPE,
                             "gradient of node \"%s\": input %zu has shape %s, its gradient %s",
                             node_of(grad)->name, input, atr__shape_text(atr__grad_shape(grad, in), need),
                             atr__shape_text(atr__grad_shape(grad, value), have));
    return;
  }
  if (grad->dy[in - 1]) {
    const int both[2] = { grad->dy[in - 1], value };
    value = atr__grad_node(grad, "", "Add", both, 2, NULL, 1);
  }
  grad->dy[in - 1] = value;
}

atr_status atr__clip_through_time(atr_model *model, float bound, atr_error *error) {
  static const char *const layers[] = { "RNN", "LSTM", "GRU", "RecurrentCell" };
  for (size_t k = 0; bound > 0 && k < model->n_nodes; k++)
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
      if (!strcmp(model->nodes[k].op->name, layers[i]) &&
          atr__attrs_set_float(&model->nodes[k].attrs, "clip_through_time", bound))
        return atr__nomem(error, sizeof bound);
  return ATR_OK;
}

atr_status atr__differentiate(atr_model *model, atr__infer_state *shapes, int loss, const int *wanted,
                              size_t n, int *gradient, int *trace, atr_error *error) {
  const size_t n_values = model->n_values, n_nodes = model->n_nodes;
  atr_status status = ATR_OK;
  if (error) *error = (atr_error)ATR_ERROR_INIT;
  atr__grad grad = { model, shapes, 0, NULL, NULL, n_values, ATR_OK, error };
  if (atr__shape_size(&shapes->shape[loss - 1]) != 1) {
    char text[ATR__SHAPE_TEXT];
    return atr__fail(error, ATR_E_SHAPE, "the loss \"%s\" has shape %s; it must be one number",
                     atr__model_at(model, loss)->name, atr__shape_text(&shapes->shape[loss - 1], text));
  }
  grad.dy = atr__calloc(n_values, sizeof *grad.dy);
  grad.wanted = atr__calloc(n_values, 1);
  if (!grad.dy || !grad.wanted) {
    status = atr__nomem(error, n_values * sizeof *grad.dy);
    goto fail;
  }
  for (size_t i = 0; i < n; i++) grad.wanted[wanted[i] - 1] = 1;
  for (size_t k = 0; k < n_nodes; k++) {
    const atr__node *node = &model->nodes[k];
    int leads = 0;
    for (size_t i = 0; i < node->n_in; i++) leads |= node->in[i] && grad.wanted[node->in[i] - 1];
    for (size_t i = 0; leads && i < node->n_out; i++)
      if (node->out[i]) grad.wanted[node->out[i] - 1] = 1;
  }
  const atr_shape loss_shape = shapes->shape[loss - 1];
  const float one = 1;
  grad.dy[loss - 1] = atr__grad_constant(&grad, ATR_F32, &loss_shape, &one);
  for (size_t k = n_nodes; k-- > 0 && !grad.status;) {
    grad.node = k;
    const atr__node *node = node_of(&grad);
    int arrives = 0, leads = 0;
    for (size_t i = 0; i < node->n_out; i++)
      arrives |= node->out[i] && (size_t)node->out[i] <= n_values && grad.dy[node->out[i] - 1];
    for (size_t i = 0; i < node->n_in; i++) leads |= atr__grad_wanted(&grad, i);
    if (!arrives || !leads || node->op->differentiable == ATR__DIFF_ZERO) continue;
    if (node->op->differentiable == ATR__DIFF_NO || !node->op->gradient) {
      grad.status =
          atr__fail(error, ATR_E_UNSUPPORTED, "node \"%s\" (%s) has no gradient", node->name, node->op->name);
      break;
    }
    status = node->op->gradient(&grad);
    if (status && !grad.status) grad.status = status;
  }
  ATR__CHECK(grad.status);
  for (size_t i = 0; i < n; i++) gradient[i] = grad.dy[wanted[i] - 1];
  if (trace) memcpy(trace, grad.dy, n_values * sizeof *trace);
fail:
  /* Where memory ran out in the model or in an operator, the sentence is still to be written. */
  if (status && error && !error->status) {
    if (model->error.status)
      *error = model->error;
    else
      atr__fail(error, status, "gradient of node \"%s\": %s", n_nodes ? node_of(&grad)->name : "",
                atr_status_text(status));
  }
  atr__free(grad.dy);
  atr__free(grad.wanted);
  return status;
}
