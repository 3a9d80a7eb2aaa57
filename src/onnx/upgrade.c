/* upgrade.c: rewrites nodes of older opsets into those of ATR_OPSET: attributes that became inputs, operators
 * that were renamed, defaults and meanings that changed. What cannot be said in the newer form is refused.
 * Source: the change log of the ONNX operators (onnx/docs/Changelog.md). */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "onnx/onnx.h"
#include "tensor/shape.h"

const char *atr__onnx_unique(atr__onnx_graph *graph, const atr__names *taken, const char *base,
                             char name[ATR__ONNX_NAME]) {
  snprintf(name, ATR__ONNX_NAME, "%.480s", base);
  while (atr__names_find(taken, name) >= 0)
    snprintf(name, ATR__ONNX_NAME, "%.480s_%d", base, ++graph->taken->made_up);
  return name;
}

static atr_status out_of_memory(atr__onnx_graph *graph) {
  return atr__fail(graph->error, ATR_E_NOMEM, "out of memory while a model was read");
}

/* The reader adds the node, its operator and the opset. */
static atr_status unsupported(atr__onnx_graph *graph, const char *what) {
  return atr__fail(graph->error, ATR_E_UNSUPPORTED, "%s is not supported", what);
}

/* The builder's own sentence, where one of its calls failed. */
static atr_status builder_failed(atr__onnx_graph *graph) {
  if (graph->error) *graph->error = graph->model->error;
  return graph->model->error.status;
}

static atr_status drop(atr__attrs *attrs, const char *name) {
  atr__attrs kept = { 0 };
  atr_status status = ATR_OK;
  for (size_t i = 0; !status && i < attrs->n; i++)
    if (strcmp(attrs->list[i].name, name)) {
      const atr__attrs one = { &attrs->list[i], 1, 1 };
      status = atr__attrs_copy(&kept, &one);
    }
  if (status) {
    atr__attrs_free(&kept);
    return status;
  }
  atr__attrs_free(attrs);
  *attrs = kept;
  return ATR_OK;
}

static atr_status set_input(atr__onnx_graph *graph, atr__onnx_node *node, size_t index, int id) {
  if (atr__grow(&node->in, &node->room_in, index + 1, sizeof *node->in)) return out_of_memory(graph);
  while (node->n_in <= index) node->in[node->n_in++] = 0;
  node->in[index] = id;
  return ATR_OK;
}

/* A constant named NODE.part as input `index`. */
static atr_status constant(atr__onnx_graph *graph, atr__onnx_node *node, size_t index, const char *part,
                           atr_type type, int rank, int64_t n, const void *data) {
  char base[ATR__ONNX_NAME], name[ATR__ONNX_NAME];
  snprintf(base, sizeof base, "%.400s.%s", node->name, part);
  const atr_shape shape = { rank, { n } };
  const atr_value value = atr_model_add_tensor(
      graph->model, atr__onnx_unique(graph, &graph->taken->values, base, name), type, &shape, data, 0);
  return value.id ? set_input(graph, node, index, value.id) : builder_failed(graph);
}

/* Attribute → input, where the attribute is there. */
static atr_status ints_to_input(atr__onnx_graph *graph, atr__onnx_node *node, const char *name,
                                size_t index) {
  size_t n;
  const int64_t *values = atr__attrs_ints(&node->attrs, name, &n);
  if (!n) return ATR_OK;
  atr_status status = constant(graph, node, index, name, ATR_I64, 1, (int64_t)n, values);
  return status ? status : drop(&node->attrs, name);
}

static atr_status float_to_input(atr__onnx_graph *graph, atr__onnx_node *node, const char *name,
                                 size_t index) {
  if (!atr__attrs_find(&node->attrs, name)) return ATR_OK;
  const float value = atr__attrs_float(&node->attrs, name, 0);
  atr_status status = constant(graph, node, index, name, ATR_F32, 0, 0, &value);
  return status ? status : drop(&node->attrs, name);
}

/* Any node before this one, with one output. */
static int before(atr__onnx_graph *graph, const atr__onnx_node *node, const char *op, const char *part,
                  const int *in, size_t n_in, const char *attribute, int64_t value) {
  char base[ATR__ONNX_NAME], name[ATR__ONNX_NAME], out[ATR__ONNX_NAME];
  snprintf(base, sizeof base, "%.400s.%s", node->name, part);
  const char *const outs[1] = { atr__onnx_unique(graph, &graph->taken->values, base, out) };
  atr__attrs attrs = { 0 };
  if (attribute && atr__attrs_set_int(&attrs, attribute, value)) {
    out_of_memory(graph);
    return 0;
  }
  const int id =
      atr__model_node(graph->model, atr__op_find("", op),
                      atr__onnx_unique(graph, &graph->taken->nodes, base, name), in, n_in, &attrs, outs, 1);
  if (!id) builder_failed(graph);
  return id;
}

/* Before 13 the axes from `axis` on (default 1) were one, softmax over all of it. */
static atr_status upgrade_softmax(atr__onnx_graph *graph, atr__onnx_node *node) {
  if (graph->opset >= 13 || node->n_in != 1 || !node->in[0]) return ATR_OK;
  const atr_shape shape = atr__model_at(graph->model, node->in[0])->shape;
  int axis;
  if (shape.rank < 0) return unsupported(graph, "an input of unknown rank");
  atr_status status =
      atr__axis(atr__attrs_int(&node->attrs, "axis", 1), shape.rank, node->op, graph->error, &axis);
  if (status) return status;
  int last = axis;
  for (int i = axis + 1; i < shape.rank; i++)
    if (shape.dim[i] != 1) last = i;
  if (last == axis) return atr__attrs_set_int(&node->attrs, "axis", axis) ? out_of_memory(graph) : ATR_OK;
  const int x = node->in[0];
  const int flat = before(graph, node, "Flatten", "flat", &x, 1, "axis", axis);
  const int y = flat ? before(graph, node, node->op, "rows", &flat, 1, "axis", 1) : 0;
  const int dims = y ? before(graph, node, "Shape", "shape", &x, 1, NULL, 0) : 0;
  if (!dims) return graph->model->error.status ? graph->model->error.status : ATR_E_NOMEM;
  node->op = "Reshape";
  node->in[0] = y;
  status = drop(&node->attrs, "axis");
  return status ? status : set_input(graph, node, 1, dims);
}

static atr_status set_text(atr__onnx_graph *graph, atr__onnx_node *node, const char *name,
                           const char *value) {
  return atr__attrs_set_string(&node->attrs, name, value) ? out_of_memory(graph) : ATR_OK;
}

/* Upsample and the first Resize counted positions from the corner, and rounded down. */
static atr_status upgrade_upsample(atr__onnx_graph *graph, atr__onnx_node *node) {
  atr_status status = ATR_OK;
  if (!strcmp(node->op, "Upsample") && graph->opset < 9) {
    const atr__attr *scales = atr__attrs_find(&node->attrs, "scales");
    if (!scales || scales->kind != ATR__ATTR_FLOATS)
      return unsupported(graph, "an attribute scales that is no list of floats");
    ATR__CHECK(constant(graph, node, 2, "scales", ATR_F32, 1, (int64_t)scales->n, scales->floats));
    ATR__CHECK(drop(&node->attrs, "scales"));
  } else {
    if (node->n_in != 2) return unsupported(graph, "other than two inputs");
    const int scales = node->in[1];
    ATR__CHECK(set_input(graph, node, 2, scales));
    node->in[1] = 0;
  }
  node->op = "Resize";
  ATR__CHECK(set_text(graph, node, "coordinate_transformation_mode", "asymmetric"));
  ATR__CHECK(set_text(graph, node, "nearest_mode", "floor"));
  if (!strcmp(atr__attrs_string(&node->attrs, "mode", ""), "bilinear"))
    ATR__CHECK(set_text(graph, node, "mode", "linear"));
fail:
  return status;
}

/* Exporters write an empty tensor for a region or scales that are not given. */
static void absent_if_empty(const atr__onnx_graph *graph, atr__onnx_node *node, size_t index) {
  if (index >= node->n_in || !node->in[index]) return;
  const atr__blob *blob = atr__model_at(graph->model, node->in[index])->init;
  if (blob && !blob->count) node->in[index] = 0;
}

static atr_status upgrade_resize(atr__onnx_graph *graph, atr__onnx_node *node) {
  if (graph->opset < 11) return upgrade_upsample(graph, node);
  absent_if_empty(graph, node, 1);
  absent_if_empty(graph, node, 2);
  absent_if_empty(graph, node, 3);
  return ATR_OK;
}

static atr_status upgrade_dropout(atr__onnx_graph *graph, atr__onnx_node *node) {
  if (graph->opset >= 12) return ATR_OK;
  if (graph->opset < 10 && node->n_out > 1 && *node->out[1])
    return unsupported(graph, "a mask of floating-point numbers");
  atr_status status = float_to_input(graph, node, "ratio", 1);
  return status ? status : drop(&node->attrs, "is_test");
}

/* A constant vector named NODE.part; 0 and a sentence where that fails. */
static int vector(atr__onnx_graph *graph, const atr__onnx_node *node, const char *part, int64_t n,
                  const int64_t *values) {
  char base[ATR__ONNX_NAME], name[ATR__ONNX_NAME];
  snprintf(base, sizeof base, "%.400s.%s", node->name, part);
  const atr_shape shape = { 1, { n } };
  const int id =
      atr_model_add_tensor(graph->model, atr__onnx_unique(graph, &graph->taken->values, base, name), ATR_I64,
                           &shape, values, 0)
          .id;
  if (!id) builder_failed(graph);
  return id;
}

/* Input 1 with dimensions of 1 added at its end, so that its first lies at `axis` of input 0. */
static atr_status align(atr__onnx_graph *graph, atr__onnx_node *node, int64_t axis) {
  if (node->n_in < 2 || !node->in[0] || !node->in[1]) return ATR_OK;
  const int rank = atr__model_at(graph->model, node->in[0])->shape.rank;
  const int own = atr__model_at(graph->model, node->in[1])->shape.rank;
  int64_t last[ATR_RANK_MAX];
  int n = 0;
  if (rank < 0 || own < 0) return unsupported(graph, "an input of unknown rank");
  if (axis < 0) axis += rank;
  for (int64_t k = axis + own; k < rank && n < ATR_RANK_MAX; k++, n++) last[n] = own + n;
  if (axis < 0 || !n || !own) return ATR_OK;
  const int in[2] = { node->in[1], vector(graph, node, "axes", n, last) };
  const int aligned = in[1] ? before(graph, node, "Unsqueeze", "aligned", in, 2, NULL, 0) : 0;
  if (!aligned) return builder_failed(graph);
  node->in[1] = aligned;
  return ATR_OK;
}

/* Before 7 operands of two shapes had to say so, and where the smaller lies. */
static atr_status upgrade_binary(atr__onnx_graph *graph, atr__onnx_node *node) {
  if (graph->opset >= 7) return ATR_OK;
  const atr__attr *axis = atr__attrs_find(&node->attrs, "axis");
  atr_status status = axis && axis->kind == ATR__ATTR_INT ? align(graph, node, axis->i) : ATR_OK;
  if (!status) status = drop(&node->attrs, "axis");
  return status ? status : drop(&node->attrs, "broadcast");
}

/* Before 7 a slope of one dimension went along the channels. */
static atr_status upgrade_p_relu(atr__onnx_graph *graph, atr__onnx_node *node) {
  return graph->opset < 7 ? align(graph, node, 1) : ATR_OK;
}

static atr_status upgrade_batch_normalization(atr__onnx_graph *graph, atr__onnx_node *node) {
  if (graph->opset >= 14) return ATR_OK;
  if (graph->opset < 9 && !atr__attrs_int(&node->attrs, "spatial", 1))
    return unsupported(graph, "spatial = 0");
  if (graph->opset < 7 && !atr__attrs_int(&node->attrs, "is_test", 0))
    return unsupported(graph, "is_test = 0");
  for (size_t i = 1; i < node->n_out; i++)
    if (*node->out[i]) return unsupported(graph, "its output of saved statistics");
  node->n_out = 1;
  atr_status status = drop(&node->attrs, "spatial");
  return status ? status : drop(&node->attrs, "is_test");
}

static atr_status upgrade_split(atr__onnx_graph *graph, atr__onnx_node *node) {
  atr_status status = graph->opset < 13 ? ints_to_input(graph, node, "split", 1) : ATR_OK;
  if (status || graph->opset >= 18 || (node->n_in > 1 && node->in[1])) return status;
  return atr__attrs_set_int(&node->attrs, "num_outputs", (int64_t)node->n_out) ? out_of_memory(graph)
                                                                               : ATR_OK;
}

static atr_status upgrade_slice(atr__onnx_graph *graph, atr__onnx_node *node) {
  if (graph->opset >= 10) return ATR_OK;
  atr_status status = ints_to_input(graph, node, "starts", 1);
  if (!status) status = ints_to_input(graph, node, "ends", 2);
  return status ? status : ints_to_input(graph, node, "axes", 3);
}

static atr_status upgrade_pad(atr__onnx_graph *graph, atr__onnx_node *node) {
  if (graph->opset >= 11) return ATR_OK;
  atr_status status = ints_to_input(graph, node, "pads", 1);
  return status ? status : float_to_input(graph, node, "value", 2);
}

static atr_status upgrade_clip(atr__onnx_graph *graph, atr__onnx_node *node) {
  if (graph->opset >= 11) return ATR_OK;
  atr_status status = float_to_input(graph, node, "min", 1);
  return status ? status : float_to_input(graph, node, "max", 2);
}

static atr_status upgrade_squeeze(atr__onnx_graph *graph, atr__onnx_node *node) {
  return graph->opset < 13 ? ints_to_input(graph, node, "axes", 1) : ATR_OK;
}

static atr_status upgrade_reduce(atr__onnx_graph *graph, atr__onnx_node *node) {
  const int moved = strcmp(node->op, "ReduceSum") ? 18 : 13;
  return graph->opset < moved ? ints_to_input(graph, node, "axes", 1) : ATR_OK;
}

static atr_status upgrade_top_k(atr__onnx_graph *graph, atr__onnx_node *node) {
  const atr__attr *k = atr__attrs_find(&node->attrs, "k");
  if (graph->opset >= 10 || !k || k->kind != ATR__ATTR_INT) return ATR_OK;
  const int64_t value = k->i;
  atr_status status = constant(graph, node, 1, "k", ATR_I64, 1, 1, &value);
  return status ? status : drop(&node->attrs, "k");
}

static atr_status upgrade_scatter(atr__onnx_graph *graph, atr__onnx_node *node) {
  (void)graph;
  node->op = "ScatterElements";
  return ATR_OK;
}

/* Before 16 regions were not moved by half a pixel. */
static atr_status upgrade_roi_align(atr__onnx_graph *graph, atr__onnx_node *node) {
  if (graph->opset >= 16) return ATR_OK;
  return set_text(graph, node, "coordinate_transformation_mode", "output_half_pixel");
}

/* Without a seed the numbers shall still differ from node to node and be the same in every run: it becomes a
 * hash of the node's name (FNV-1a), small enough that a float holds it. */
static atr_status upgrade_random(atr__onnx_graph *graph, atr__onnx_node *node) {
  uint32_t hash = 2166136261u;
  if (atr__attrs_find(&node->attrs, "seed")) return ATR_OK;
  for (const char *c = node->name; *c; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
  return atr__attrs_set_float(&node->attrs, "seed", (float)(hash >> 8)) ? out_of_memory(graph) : ATR_OK;
}

/* From 20 on the modes are called as Resize's are. */
static atr_status upgrade_grid_sample(atr__onnx_graph *graph, atr__onnx_node *node) {
  const char *mode = atr__attrs_string(&node->attrs, "mode", "linear");
  if (graph->opset >= 20) return ATR_OK;
  if (!strcmp(mode, "bilinear")) return set_text(graph, node, "mode", "linear");
  return strcmp(mode, "bicubic") ? ATR_OK : set_text(graph, node, "mode", "cubic");
}

/* Its scale and bias were one a group until 21: each is repeated for the group's channels. */
static atr_status upgrade_group_normalization(atr__onnx_graph *graph, atr__onnx_node *node) {
  if (graph->opset >= 21 || node->n_in != 3 || !node->in[0]) return ATR_OK;
  const atr_shape x = atr__model_at(graph->model, node->in[0])->shape;
  const int64_t groups = atr__attrs_int(&node->attrs, "num_groups", 0);
  if (x.rank < 2 || x.dim[1] < 1) return unsupported(graph, "an unknown number of channels");
  if (groups < 1 || x.dim[1] % groups) return ATR_OK; /* inference says it */
  const int64_t axis = 1, square[2] = { groups, x.dim[1] / groups };
  static const char *const part[2][6] = {
    { "scale.axis", "scale.column", "scale.square", "scale.spread", "scale.channels", "scale.flat" },
    { "bias.axis", "bias.column", "bias.square", "bias.spread", "bias.channels", "bias.flat" },
  };
  for (size_t i = 1; i < 3; i++) {
    const char *const *name = part[i - 1];
    const int column[2] = { node->in[i], vector(graph, node, name[0], 1, &axis) };
    const int a = column[1] ? before(graph, node, "Unsqueeze", name[1], column, 2, NULL, 0) : 0;
    const int spread[2] = { a, a ? vector(graph, node, name[2], 2, square) : 0 };
    const int b = spread[1] ? before(graph, node, "Expand", name[3], spread, 2, NULL, 0) : 0;
    const int flat[2] = { b, b ? vector(graph, node, name[4], 1, &x.dim[1]) : 0 };
    const int c = flat[1] ? before(graph, node, "Reshape", name[5], flat, 2, NULL, 0) : 0;
    if (!c) return graph->model->error.status ? graph->model->error.status : ATR_E_NOMEM;
    node->in[i] = c;
  }
  return ATR_OK;
}

/* Before 20 the axis was an attribute, 1 unless given. */
static atr_status upgrade_dft(atr__onnx_graph *graph, atr__onnx_node *node) {
  if (graph->opset >= 20) return ATR_OK;
  const int64_t axis = atr__attrs_int(&node->attrs, "axis", 1);
  atr_status status = constant(graph, node, 2, "axis", ATR_I64, 0, 0, &axis);
  return status ? status : drop(&node->attrs, "axis");
}

static const struct {
  const char *op;
  atr_status (*upgrade)(atr__onnx_graph *graph, atr__onnx_node *node);
} list[] = {
  { "Add", upgrade_binary },
  { "And", upgrade_binary },
  { "BatchNormalization", upgrade_batch_normalization },
  { "Bernoulli", upgrade_random },
  { "Clip", upgrade_clip },
  { "DFT", upgrade_dft },
  { "Div", upgrade_binary },
  { "Dropout", upgrade_dropout },
  { "Equal", upgrade_binary },
  { "Gemm", upgrade_binary },
  { "Greater", upgrade_binary },
  { "GridSample", upgrade_grid_sample },
  { "GroupNormalization", upgrade_group_normalization },
  { "Hardmax", upgrade_softmax },
  { "Less", upgrade_binary },
  { "LogSoftmax", upgrade_softmax },
  { "Mul", upgrade_binary },
  { "Or", upgrade_binary },
  { "PRelu", upgrade_p_relu },
  { "Pad", upgrade_pad },
  { "Pow", upgrade_binary },
  { "RandomNormal", upgrade_random },
  { "RandomNormalLike", upgrade_random },
  { "RandomUniform", upgrade_random },
  { "RandomUniformLike", upgrade_random },
  { "ReduceL1", upgrade_reduce },
  { "ReduceL2", upgrade_reduce },
  { "ReduceLogSum", upgrade_reduce },
  { "ReduceLogSumExp", upgrade_reduce },
  { "ReduceMax", upgrade_reduce },
  { "ReduceMean", upgrade_reduce },
  { "ReduceMin", upgrade_reduce },
  { "ReduceProd", upgrade_reduce },
  { "ReduceSum", upgrade_reduce },
  { "ReduceSumSquare", upgrade_reduce },
  { "Resize", upgrade_resize },
  { "RoiAlign", upgrade_roi_align },
  { "Scatter", upgrade_scatter },
  { "Slice", upgrade_slice },
  { "Softmax", upgrade_softmax },
  { "Split", upgrade_split },
  { "Squeeze", upgrade_squeeze },
  { "Sub", upgrade_binary },
  { "TopK", upgrade_top_k },
  { "Unsqueeze", upgrade_squeeze },
  { "Upsample", upgrade_upsample },
  { "Xor", upgrade_binary },
};

atr_status atr__onnx_upgrade(atr__onnx_graph *graph, atr__onnx_node *node) {
  if (*node->domain) return ATR_OK;
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    if (!strcmp(list[i].op, node->op)) {
      atr_status status = list[i].upgrade(graph, node);
      if (status == ATR_E_NOMEM) return out_of_memory(graph);
      return status;
    }
  return ATR_OK;
}
