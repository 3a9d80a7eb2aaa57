/* receptive_field.c: how far back an output sees, and what each layer trains; see <atrous/model.h>. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "model/graph.h"
#include "tensor/shape.h"

/* How a node's window looks along one axis; whole: every position is read. */
typedef struct {
  int64_t extent, stride; /* d·(k-1) + 1 and s */
  int whole;
  int64_t up; /* of what enlarges: the stride of its output, from which the window is counted then */
} reach;

static int is(const atr__node *node, const char *name) {
  return !*node->op->domain && !strcmp(node->op->name, name);
}

static int64_t listed(const atr__node *node, const char *name, int i, int64_t otherwise) {
  size_t n;
  const int64_t *values = atr__attrs_ints(&node->attrs, name, &n);
  return values && (size_t)i < n ? values[i] : otherwise;
}

static reach reach_of(const atr_model *model, const atr__node *node, int axis) {
  reach r = { 1, 1, 0, 1 };
  const atr_shape *in = &atr__model_at(model, node->in[0])->shape;
  if (is(node, "Conv") || is(node, "MaxPool") || is(node, "AveragePool") || is(node, "LpPool")) {
    int64_t k = listed(node, "kernel_shape", axis - 2, 0);
    if (!k && node->n_in > 1) k = atr__model_at(model, node->in[1])->shape.dim[axis];
    r.extent = listed(node, "dilations", axis - 2, 1) * (k - 1) + 1;
    r.stride = listed(node, "strides", axis - 2, 1);
  } else if (is(node, "ConvTranspose")) {
    const int64_t k = atr__model_at(model, node->in[1])->shape.dim[axis];
    r.extent = listed(node, "dilations", axis - 2, 1) * (k - 1) + 1;
    r.up = listed(node, "strides", axis - 2, 1);
  } else if (is(node, "MaxUnpool")) { /* by way of the indices, which point from a window anywhere into it */
    r.extent = listed(node, "kernel_shape", axis - 2, 1);
    r.up = listed(node, "strides", axis - 2, 1);
  } else if (is(node, "Resize")) {
    r.extent = 2; /* linear interpolation reads two neighbours; its scale only shrinks the field behind it */
    if (!strcmp(atr__attrs_string(&node->attrs, "mode", "nearest"), "nearest")) r.extent = 1;
    const atr_shape *out = node->out[0] ? &model->probe[0].shape[node->out[0] - 1] : in;
    const atr_shape *probe = &model->probe[0].shape[node->in[0] - 1];
    if (axis < out->rank && out->dim[axis] < probe->dim[axis] && out->dim[axis] > 0)
      r.stride = atr__ceil_div(probe->dim[axis], out->dim[axis]);
  } else if (is(node, "Gemm") || is(node, "MatMul") || is(node, "Flatten") || is(node, "Reshape") ||
             is(node, "RNN") || is(node, "LSTM") || is(node, "GRU") || is(node, "Transpose") ||
             is(node, "GlobalAveragePool") || is(node, "GlobalMaxPool") || is(node, "GlobalLpPool") ||
             is(node, "InstanceNormalization") || is(node, "GroupNormalization") ||
             is(node, "LayerNormalization") || is(node, "MeanVarianceNormalization") ||
             !strncmp(node->op->name, "Reduce", 6))
    r.whole = 1;
  else if (is(node, "SpaceToDepth"))
    r.extent = r.stride = atr__max_i64(1, atr__attrs_int(&node->attrs, "blocksize", 1));
  else if (is(node, "Softmax") || is(node, "LogSoftmax") || is(node, "Hardmax") ||
           is(node, "LpNormalization") || is(node, "ArgMax")) {
    int64_t along = atr__attrs_int(&node->attrs, "axis", is(node, "ArgMax") ? 0 : -1);
    if (along < 0) along += in->rank;
    r.whole = along == axis;
  }
  return r;
}

int64_t atr_model_receptive_field(const atr_model *model, int axis) {
  if (!model->n_outputs || axis < 2 || !model->n_inputs) return 0;
  if (axis >= atr__model_at(model, model->inputs[0])->shape.rank) return 0;
  int64_t answer = 1;
  /* From the output back: field[v] positions of v, read with a step of one, are needed for one output
   * position. */
  int64_t *field = atr__calloc(model->n_values, sizeof *field);
  if (!field) return 0;
  field[model->outputs[0] - 1] = 1;
  for (size_t k = model->n_nodes; k-- > 0;) {
    const atr__node *node = &model->nodes[k];
    int64_t need = 0;
    for (size_t i = 0; i < node->n_out; i++) {
      if (!node->out[i] || !field[node->out[i] - 1]) continue;
      const int64_t f = field[node->out[i] - 1];
      need = f < 0 || need < 0 ? -1 : atr__max_i64(need, f);
    }
    if (!need || !node->n_in || (!node->in[0] && !node->n_bodies)) continue;
    reach r = { 1, 1, 1, 1 };
    if (!node->n_bodies && model->probe[0].shape[node->in[0] - 1].rank >= 0) r = reach_of(model, node, axis);
    int64_t before = -1;
    if (need > 0 && !r.whole &&
        (atr__mul_i64(need - 1, r.stride, &before) || atr__add_i64(before, r.extent, &before)))
      before = -1;
    if (before > 0) before = atr__ceil_div(before, r.up);
    for (size_t i = 0; i < node->n_in; i++) {
      if (!node->in[i] || atr__model_at(model, node->in[i])->init) continue;
      int64_t *f = &field[node->in[i] - 1];
      *f = before < 0 || *f < 0 ? -1 : atr__max_i64(*f, before);
    }
  }
  answer = field[model->inputs[0] - 1];
  atr__free(field);
  return answer;
}

size_t atr_model_layers(const atr_model *model) {
  return model->n_nodes;
}

atr_layer_info atr_model_layer(const atr_model *model, size_t i) {
  atr_layer_info info;
  memset(&info, 0, sizeof info);
  info.note = "";
  if (i >= model->n_nodes) return info;
  const atr__node *node = &model->nodes[i];
  info.name = node->name;
  info.op = node->op->name;
  for (size_t k = 0; k < node->n_in; k++) {
    if (!node->in[k]) continue;
    const atr__value *value = atr__model_at(model, node->in[k]);
    if (!value->init || value->type != ATR_F32) continue;
    info.parameters += value->init->count;
    if (value->learns) info.trainable += value->init->count;
  }
  info.passes_gradient = node->op->differentiable == ATR__DIFF_YES;
  if (is(node, "BatchNormalization"))
    info.note = "scale and bias learn; running mean and variance are updated without gradient";
  else if (is(node, "MaxPool") || is(node, "GlobalMaxPool"))
    info.note = "nothing to train; the gradient goes to the place of the maximum";
  else if (is(node, "MaxUnpool"))
    info.note = "nothing to train; the gradient comes from the places that the indices name";
  else if (is(node, "Dropout"))
    info.note = "nothing to train; the gradient is masked like the values";
  else if (is(node, "Relu"))
    info.note = "nothing to train; the gradient passes where the input is above 0";
  else if (!info.passes_gradient)
    info.note = "no gradient passes";
  else if (!info.trainable)
    info.note = "nothing to train";
  return info;
}
