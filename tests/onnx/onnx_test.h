/* onnx_test.h: what the tests of the ONNX reader and writer share: a built model, files made by hand through
 * the schema, and loading that must succeed or fail with given words and leaves no block behind. */
#ifndef ONNX_TEST_H
#define ONNX_TEST_H

#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "onnx/onnx.h"

/* A small network with every kind of part: weights, statistics, a constant among them, metadata, free sizes.
 */
static inline atr_model *build_model(void) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m;
  ck_assert_msg(atr_model_create(7, &error, &m) == ATR_OK, "%s", error.text);
  const atr_shape shape = { 4, { -1, 3, -1, -1 } };
  atr_value v = atr_model_add_input(m, "image", ATR_F32, &shape);
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.name = "first";
  p.out_channels = 4;
  p.filter[0] = p.filter[1] = 3;
  p.dilation[0] = p.dilation[1] = 2;
  p.pad = ATR_PAD_SAME;
  v = atr_model_relu(m, atr_model_batch_normalization(m, "norm", 1e-5f, 0.9f, atr_model_conv(m, &p, v)));
  p.name = "pool";
  p.filter[0] = p.filter[1] = p.stride[0] = p.stride[1] = 2;
  p.dilation[0] = p.dilation[1] = 1;
  p.pad = ATR_PAD_VALID;
  v = atr_model_max_pool(m, &p, v);
  atr_model_add_output(m, "classes", atr_model_softmax(m, 1, 1, v));
  ck_assert_int_eq(atr_model_set_metadata(m, "atrous.task", "segment"), ATR_OK);
  ck_assert_int_eq(atr_model_set_metadata(m, "atrous.classes", "sky\nz\xc3\xa4un\ntree\nroad"), ATR_OK);
  ck_assert_msg(atr_model_check(m, &error) == ATR_OK, "%s", error.text);
  return m;
}

typedef struct file {
  void *bytes;
  size_t size;
} file;

static inline file write_model(const atr_model *m) {
  atr_error error = ATR_ERROR_INIT;
  file f;
  ck_assert_msg(atr__onnx_write(m, &error, &f.bytes, &f.size) == ATR_OK, "%s", error.text);
  return f;
}

static inline atr_model *load_good(const void *bytes, size_t size) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m;
  ck_assert_msg(atr_model_load_memory(bytes, size, NULL, &error, &m) == ATR_OK, "%s", error.text);
  return m;
}

static inline void load_bad(const void *bytes, size_t size, const atr_limits *limits, atr_status want,
                            const char *words) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = (atr_model *)&error;
  const int64_t live = atr__alloc_live();
  const atr_status status = atr_model_load_memory(bytes, size, limits, &error, &m);
  ck_assert_msg(status == want, "%s, not %s: %s", atr_status_name(status), atr_status_name(want), error.text);
  ck_assert_ptr_null(m);
  ck_assert_int_eq(error.status, want);
  ck_assert_msg(strstr(error.text, words) != NULL, "\"%s\" is not in: %s", words, error.text);
  ck_assert_int_eq(atr__alloc_live(), live);
}

/* A file by hand: one graph of up to 16 parts each. Pointers must outlive packing. */
typedef struct draft {
  Atr__ModelProto model;
  Atr__GraphProto graph;
  Atr__OperatorSetIdProto opset, *opsets[1];
  Atr__NodeProto node[16], *nodes[16];
  Atr__AttributeProto attribute[16], *attributes[16];
  size_t n_attributes;
  Atr__TensorProto tensor[16], *tensors[16];
  int64_t dims[16][8];
  Atr__ValueInfoProto port[16], *inputs[16], *outputs[16];
  size_t n_ports;
  Atr__TypeProto type[16];
  Atr__TypeProto__Tensor port_tensor[16];
  Atr__TensorShapeProto shape[16];
  Atr__TensorShapeProto__Dimension dim[16][8], *dim_list[16][8];
  char *names[16][8];
} draft;

static inline draft *draft_new(int64_t opset) {
  draft *d = calloc(1, sizeof *d);
  ck_assert_ptr_nonnull(d);
  atr__model_proto__init(&d->model);
  atr__graph_proto__init(&d->graph);
  atr__operator_set_id_proto__init(&d->opset);
  d->opset.has_version = 1;
  d->opset.version = opset;
  d->opsets[0] = &d->opset;
  d->model.n_opset_import = 1;
  d->model.opset_import = d->opsets;
  d->model.graph = &d->graph;
  d->graph.node = d->nodes;
  d->graph.initializer = d->tensors;
  d->graph.input = d->inputs;
  d->graph.output = d->outputs;
  return d;
}

/* dims: -1 is left free. */
static inline void draft_port(draft *d, int output, const char *name, int rank, const int64_t *dims) {
  const size_t i = d->n_ports++;
  atr__value_info_proto__init(&d->port[i]);
  atr__type_proto__init(&d->type[i]);
  atr__type_proto__tensor__init(&d->port_tensor[i]);
  atr__tensor_shape_proto__init(&d->shape[i]);
  d->port[i].name = (char *)(uintptr_t)name;
  d->port[i].type = &d->type[i];
  d->type[i].tensor_type = &d->port_tensor[i];
  d->port_tensor[i].has_elem_type = 1;
  d->port_tensor[i].elem_type = ATR_F32;
  d->port_tensor[i].shape = &d->shape[i];
  d->shape[i].n_dim = (size_t)rank;
  d->shape[i].dim = d->dim_list[i];
  for (int k = 0; k < rank; k++) {
    d->dim_list[i][k] = &d->dim[i][k];
    atr__tensor_shape_proto__dimension__init(&d->dim[i][k]);
    d->dim[i][k].has_dim_value = dims[k] != -1;
    d->dim[i][k].dim_value = dims[k];
  }
  if (output)
    d->outputs[d->graph.n_output++] = &d->port[i];
  else
    d->inputs[d->graph.n_input++] = &d->port[i];
}

static inline Atr__TensorProto *draft_tensor(draft *d, const char *name, int32_t type, size_t rank,
                                             const int64_t *dims, const void *raw, size_t bytes) {
  const size_t i = d->graph.n_initializer++;
  Atr__TensorProto *t = d->tensors[i] = &d->tensor[i];
  atr__tensor_proto__init(t);
  t->name = (char *)(uintptr_t)name;
  t->has_data_type = 1;
  t->data_type = type;
  t->n_dims = rank;
  t->dims = d->dims[i];
  if (rank) memcpy(d->dims[i], dims, rank * sizeof *dims);
  if (raw) {
    t->has_raw_data = 1;
    t->raw_data = (ProtobufCBinaryData){ bytes, (uint8_t *)(uintptr_t)raw };
  }
  return t;
}

/* names: inputs, NULL, outputs, NULL; each as text, up to 8 in all. */
static inline Atr__NodeProto *draft_node(draft *d, const char *op, const char *name,
                                         const char *const *names) {
  const size_t i = d->graph.n_node++;
  Atr__NodeProto *n = d->nodes[i] = &d->node[i];
  atr__node_proto__init(n);
  n->op_type = (char *)(uintptr_t)op;
  n->name = (char *)(uintptr_t)name;
  size_t k = 0;
  for (n->input = d->names[i]; names[k]; k++) d->names[i][n->n_input++] = (char *)(uintptr_t)names[k];
  for (n->output = d->names[i] + k; names[++k];) n->output[n->n_output++] = (char *)(uintptr_t)names[k];
  return n;
}
#define DRAFT_NODE(d, op, name, ...) draft_node(d, op, name, (const char *const[]){ __VA_ARGS__, NULL })

/* Attributes follow their node at once. */
static inline Atr__AttributeProto *draft_attribute(draft *d, Atr__NodeProto *n, const char *name, int kind) {
  const size_t i = d->n_attributes++;
  Atr__AttributeProto *a = d->attributes[i] = &d->attribute[i];
  atr__attribute_proto__init(a);
  a->name = (char *)(uintptr_t)name;
  a->has_type = 1;
  a->type = kind;
  if (!n->n_attribute++) n->attribute = &d->attributes[i];
  return a;
}

static inline file draft_pack(draft *d) {
  file f;
  f.size = atr__model_proto__get_packed_size(&d->model);
  f.bytes = malloc(f.size + 1);
  ck_assert_ptr_nonnull(f.bytes);
  atr__model_proto__pack(&d->model, f.bytes);
  return f;
}

static inline void draft_bad(draft *d, atr_status want, const char *words) {
  const file f = draft_pack(d);
  load_bad(f.bytes, f.size, NULL, want, words);
  free(f.bytes);
  free(d);
}

static inline atr_model *draft_good(draft *d) {
  const file f = draft_pack(d);
  atr_model *m = load_good(f.bytes, f.size);
  free(f.bytes);
  free(d);
  return m;
}

/* x → Relu → y, to be broken. */
static inline draft *draft_relu(void) {
  draft *d = draft_new(17);
  draft_port(d, 0, "x", 2, (int64_t[]){ 2, 3 });
  draft_port(d, 1, "y", 2, (int64_t[]){ 2, 3 });
  DRAFT_NODE(d, "Relu", "relu", "x", NULL, "y");
  return d;
}

static inline int onnx_test_main(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, getenv("CK_TAP_LOG_FILE_NAME") ? CK_SILENT : CK_ENV);
  const int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return getenv("CK_TAP_LOG_FILE_NAME") ? 0 : failed != 0;
}

#endif
