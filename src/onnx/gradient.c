/* gradient.c: the operator Gradient of ai.onnx.preview.training, which asks for the derivative of a tensor of
 * its own graph: what it stands for is written out as ordinary nodes (model/differentiate.c), and nothing of
 * it is left in the model. y of more than one element counts as the sum of them, as ONNX's Gradient-1 has it
 * for a scalar; the place where it is asked for must be the graph's own (inputs are xs, then zs), and sizes
 * must be known, since gradients are made for one size. */
#include "config.h"

#include "base/alloc.h"
#include "onnx/read.h"
#include "tensor/shape.h"

/* The ids of the tensors that an attribute names; each must be what stands at its place among the inputs. */
static atr_status named(atr__reader *r, const atr__onnx_node *node, const char *attribute, size_t from,
                        size_t *n) {
  const char *const *names = atr__attrs_strings(&node->attrs, attribute, n);
  atr_status status = ATR_OK;
  for (size_t i = 0; !status && i < *n; i++) {
    int id = 0;
    status = atr__reader_resolve(r, names[i], &id);
    if (!status && (from + i >= node->n_in || node->in[from + i] != id))
      status = atr__fail(r->graph.error, ATR_E_UNSUPPORTED,
                         "the derivative at another place than \"%s\" itself is not supported", names[i]);
  }
  return status;
}

static atr_status infer(const atr_model *model, atr__infer_state *state, atr_error *error) {
  atr_shape *shapes = atr__calloc(model->n_inputs, sizeof *shapes);
  if (!shapes) return atr__nomem(error, model->n_inputs * sizeof *shapes);
  atr_status status = ATR_OK;
  for (size_t i = 0; !status && i < model->n_inputs; i++) {
    const atr__value *input = atr__model_at(model, model->inputs[i]);
    shapes[i] = input->shape;
    if (!atr__shape_known(&input->shape))
      status = atr__fail(error, ATR_E_UNSUPPORTED,
                         "the input \"%s\" has a free dimension: derivatives are "
                         "written out for one size",
                         input->name);
  }
  if (!status) status = atr__infer_graph(model, shapes, model->n_inputs, state, error);
  atr__free(shapes);
  return status;
}

/* The value under the output's name: zeros where y does not depend on x. */
static int put(atr_model *model, int x, int gradient, const char *name) {
  atr__attrs none = { 0 };
  const char *const out[] = { name };
  if (!gradient) {
    const atr__value *value = atr__model_at(model, x);
    atr__blob *zeros = NULL;
    if (atr__blob_create(value->type, &value->shape, NULL, &model->error, &zeros)) return 0;
    gradient = atr__model_init(model, NULL, zeros, 0);
    atr__blob_release(zeros);
  }
  return atr__model_node(model, atr__op_find("", "Identity"), NULL, &gradient, 1, &none, out, 1);
}

atr_status atr__reader_gradient(atr__reader *r, const atr__onnx_node *node, int *ids) {
  atr_model *model = r->graph.model;
  atr_error *error = r->graph.error;
  atr__infer_state shapes = { 0 };
  atr__attrs whole = { 0 };
  size_t n = 0, n_fixed = 0;
  int y = 0, *gradient = NULL;
  atr_status status = named(r, node, "xs", 0, &n);
  if (!status) status = named(r, node, "zs", n, &n_fixed);
  if (!status) status = atr__reader_resolve(r, atr__attrs_string(&node->attrs, "y", ""), &y);
  if (!status && node->n_out > n)
    status = atr__fail(error, ATR_E_PARAM, "%zu outputs for %zu tensors in xs", node->n_out, n);
  if (status) return status;
  ATR__CHECK(infer(model, &shapes, error));
  ATR__CHECK(atr__attrs_set_int(&whole, "keepdims", 0));
  gradient = atr__calloc(n, sizeof *gradient);
  if (!gradient) {
    status = atr__nomem(error, n * sizeof *gradient);
    goto fail;
  }
  const size_t first = model->n_nodes;
  const int sum = atr__model_node(model, atr__op_find("", "ReduceSum"), NULL, &y, 1, &whole, NULL, 1);
  if (!sum) {
    status = atr__reader_failed(r);
    goto fail;
  }
  ATR__CHECK(atr__infer_room(model, &shapes, error));
  ATR__CHECK(atr__infer_node(model, first, &shapes, error));
  ATR__CHECK(atr__differentiate(model, &shapes, sum, node->in, n, gradient, NULL, error));
  if (atr__model_probe(model, first + 1)) {
    status = atr__reader_failed(r);
    goto fail;
  }
  for (size_t i = 0; i < node->n_out; i++) {
    if (!*node->out[i]) continue;
    ids[i] = put(model, node->in[i], gradient[i], node->out[i]);
    if (!ids[i]) {
      status = atr__reader_failed(r);
      goto fail;
    }
  }
fail:
  atr__infer_free(&shapes, model);
  atr__attrs_free(&whole);
  atr__free(gradient);
  return status;
}
