/* round_trip_test.c: what is written is read back: the same bytes again, the same names, weights and
 * metadata; and the forms that files of others may have. */
#include "onnx_test.h"

START_TEST(a_written_model_is_read_and_written_to_the_same_bytes) {
  atr_model *m = build_model();
  const file f = write_model(m), again = write_model(m);
  ck_assert_uint_eq(f.size, again.size);
  ck_assert_mem_eq(f.bytes, again.bytes, f.size);
  atr_model *read = load_good(f.bytes, f.size);
  const file second = write_model(read);
  ck_assert_uint_eq(f.size, second.size);
  ck_assert_mem_eq(f.bytes, second.bytes, f.size);
  ck_assert_uint_eq(read->n_values, m->n_values);
  for (size_t i = 0; i < m->n_values; i++) {
    const int id = atr__model_find(read, m->values[i].name);
    ck_assert_int_ne(id, 0);
    const atr__value *v = atr__model_at(read, id);
    ck_assert_int_eq(v->learns, m->values[i].learns);
    ck_assert_int_eq(v->type, m->values[i].type);
    ck_assert_mem_eq(&v->shape, &m->values[i].shape, sizeof v->shape);
    if (v->init) ck_assert_mem_eq(v->init->data, m->values[i].init->data, v->init->bytes);
  }
  ck_assert_str_eq(atr_model_metadata(read, "atrous.task"), "segment");
  ck_assert_str_eq(atr_model_metadata(read, "atrous.classes"), "sky\nz\xc3\xa4un\ntree\nroad");
  ck_assert_str_eq(atr_model_input(read, 0).name, "image");
  ck_assert_str_eq(atr_model_output(read, 0).name, "classes");
  atr__free(f.bytes);
  atr__free(again.bytes);
  atr__free(second.bytes);
  atr_model_destroy(read);
  atr_model_destroy(m);
}
END_TEST

/* A scale that must not learn would be taken for a weight. */
START_TEST(constants_in_places_of_weights_stay_constants) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m;
  ck_assert_int_eq(atr_model_create(1, &error, &m), ATR_OK);
  const atr_shape shape = { 3, { -1, 1, 9 } }, filter = { 3, { 1, 1, 3 } };
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape);
  const float box[3] = { 0.25f, 0.5f, 0.25f };
  const atr_value in[2] = { x, atr_model_add_tensor(m, "box", ATR_F32, &filter, box, 0) };
  atr_value smooth = atr_model_add(m, NULL, "Conv", "smooth", in, 2, NULL, 0, NULL, 0);
  const atr_value in2[2] = { smooth, atr_model_add_tensor(m, "w", ATR_F32, &filter, box, 1) };
  atr_model_add_output(m, "y", atr_model_add(m, NULL, "Conv", "learned", in2, 2, NULL, 0, NULL, 0));
  const file f = write_model(m);
  atr_model *read = load_good(f.bytes, f.size);
  ck_assert_int_eq(atr__model_at(read, atr__model_find(read, "box"))->learns, 0);
  ck_assert_int_eq(atr__model_at(read, atr__model_find(read, "w"))->learns, 1);
  const file second = write_model(read);
  ck_assert_uint_eq(f.size, second.size);
  ck_assert_mem_eq(f.bytes, second.bytes, f.size);
  atr__free(f.bytes);
  atr__free(second.bytes);
  atr_model_destroy(read);
  atr_model_destroy(m);
}
END_TEST

START_TEST(nodes_out_of_order_are_sorted) {
  draft *d = draft_new(17);
  draft_port(d, 0, "x", 1, (int64_t[]){ 4 });
  draft_port(d, 1, "y", 1, (int64_t[]){ 4 });
  DRAFT_NODE(d, "Relu", "last", "b", NULL, "y");
  DRAFT_NODE(d, "Tanh", "middle", "a", NULL, "b");
  DRAFT_NODE(d, "Sigmoid", "first", "x", NULL, "a");
  atr_model *m = draft_good(d);
  ck_assert_str_eq(m->nodes[0].name, "first");
  ck_assert_str_eq(m->nodes[1].name, "middle");
  ck_assert_str_eq(m->nodes[2].name, "last");
  atr_model_destroy(m);
}
END_TEST

START_TEST(nodes_without_a_name_or_with_a_taken_one_get_their_own) {
  draft *d = draft_new(17);
  draft_port(d, 0, "x", 1, (int64_t[]){ 4 });
  draft_port(d, 1, "y", 1, (int64_t[]){ 4 });
  DRAFT_NODE(d, "Relu", NULL, "x", NULL, "a");
  DRAFT_NODE(d, "Relu", "same", "a", NULL, "b");
  DRAFT_NODE(d, "Relu", "same", "b", NULL, "c");
  DRAFT_NODE(d, "Relu", "Relu_0", "c", NULL, "y");
  atr_model *m = draft_good(d);
  for (size_t i = 0; i < m->n_nodes; i++)
    for (size_t k = 0; k < i; k++) ck_assert_str_ne(m->nodes[i].name, m->nodes[k].name);
  ck_assert_str_eq(m->nodes[1].name, "same");
  ck_assert_str_eq(m->nodes[3].name, "Relu_0");
  atr_model_destroy(m);
}
END_TEST

START_TEST(a_first_output_may_be_absent) {
  draft *d = draft_new(17);
  draft_port(d, 0, "x", 3, (int64_t[]){ 1, 1, 4 });
  draft_port(d, 1, "where", 3, (int64_t[]){ 1, 1, 2 });
  Atr__NodeProto *pool = DRAFT_NODE(d, "MaxPool", "pool", "x", NULL, "", "where");
  Atr__AttributeProto *a = draft_attribute(d, pool, "kernel_shape", 7);
  int64_t window[1] = { 3 };
  a->n_ints = 1;
  a->ints = window;
  atr_model *m = draft_good(d);
  ck_assert_int_eq(m->nodes[0].out[0], 0);
  ck_assert_int_eq(atr_model_output(m, 0).type, ATR_I64);
  ck_assert_int_eq(atr_model_output(m, 0).shape.dim[2], 2);
  atr_model_destroy(m);
}
END_TEST

START_TEST(lists_of_text_are_read_and_written) {
  static const float zeros[16] = { 0 };
  draft *d = draft_new(17);
  draft_port(d, 0, "x", 3, (int64_t[]){ 2, 1, 3 });
  draft_port(d, 1, "y", 4, (int64_t[]){ 2, 1, 1, 4 });
  Atr__NodeProto *node = DRAFT_NODE(d, "RNN", "rnn", "x", "w", "r", NULL, "y");
  Atr__AttributeProto *a = draft_attribute(d, node, "activations", 8);
  ProtobufCBinaryData name[1] = { { 8, (uint8_t *)(uintptr_t) "Softsign" } };
  a->n_strings = 1;
  a->strings = name;
  draft_tensor(d, "w", ATR_F32, 3, (int64_t[]){ 1, 4, 3 }, zeros, 12 * sizeof *zeros);
  draft_tensor(d, "r", ATR_F32, 3, (int64_t[]){ 1, 4, 4 }, zeros, 16 * sizeof *zeros);
  atr_model *m = draft_good(d);
  size_t n;
  const char *const *list = atr__attrs_strings(&m->nodes[0].attrs, "activations", &n);
  ck_assert_uint_eq(n, 1);
  ck_assert_str_eq(list[0], "Softsign");
  const file f = write_model(m);
  atr_model *read = load_good(f.bytes, f.size);
  ck_assert_str_eq(atr__attrs_strings(&read->nodes[0].attrs, "activations", &n)[0], "Softsign");
  const file second = write_model(read);
  ck_assert_uint_eq(f.size, second.size);
  ck_assert_mem_eq(f.bytes, second.bytes, f.size);
  atr__free(f.bytes);
  atr__free(second.bytes);
  atr_model_destroy(read);
  atr_model_destroy(m);
}
END_TEST

/* Chains as long as the limits allow are read in a moment. */
START_TEST(a_hundred_thousand_nodes_are_read) {
  enum { NODES = 100000 };
  draft *d = draft_relu();
  Atr__NodeProto *node = calloc(NODES, sizeof *node), **nodes = calloc(NODES, sizeof *nodes);
  char(*name)[16] = calloc(NODES + 1, sizeof *name), **names = calloc(NODES + 1, sizeof *names);
  for (int i = 0; i <= NODES; i++) {
    if (i == 0 || i == NODES)
      strcpy(name[i], i ? "y" : "x");
    else
      snprintf(name[i], sizeof name[i], "v%d", i);
    names[i] = name[i];
  }
  for (int i = 0; i < NODES; i++) {
    atr__node_proto__init(&node[i]);
    node[i].op_type = (char *)(uintptr_t) "Relu";
    node[i].n_input = node[i].n_output = 1;
    node[i].input = &names[i];
    node[i].output = &names[i + 1];
    nodes[NODES - 1 - i] = &node[i]; /* backwards */
  }
  d->graph.n_node = NODES;
  d->graph.node = nodes;
  atr_model *m = draft_good(d);
  ck_assert_uint_eq(m->n_nodes, NODES);
  atr_model_destroy(m);
  free(node), free(nodes), free(name), free(names);
}
END_TEST

START_TEST(initializers_may_be_listed_among_the_inputs) {
  draft *d = draft_relu();
  draft_port(d, 0, "w", 1, (int64_t[]){ 1 });
  draft_tensor(d, "w", ATR_F32, 1, (int64_t[]){ 1 }, "\0\0\x80\x3f", 4);
  atr_model *m = draft_good(d);
  ck_assert_str_eq(atr_model_input(m, 0).name, "x");
  ck_assert_ptr_null(atr_model_input(m, 1).name);
  atr_model_destroy(m);
}
END_TEST

static void reads(int32_t type, const void *raw, size_t bytes, int64_t n, const double *want) {
  draft *d = draft_relu();
  draft_tensor(d, "t", type, 1, &n, raw, bytes);
  atr_model *m = draft_good(d);
  const atr__blob *t = atr__model_at(m, atr__model_find(m, "t"))->init;
  for (int64_t i = 0; i < n; i++) {
    const double got = atr__blob_real(t, i);
    ck_assert_msg(!memcmp(&got, &want[i], sizeof got), "element %d of type %d is %.17g, must be %.17g",
                  (int)i, (int)type, got, want[i]);
  }
  atr_model_destroy(m);
}

START_TEST(tensors_of_every_type_are_read_from_little_endian_bytes) {
  reads(ATR_F32, "\0\0\x80\x3f\0\0\x40\xc0", 8, 2, (double[]){ 1, -3 });
  reads(ATR_U8, "\xff\x01", 2, 2, (double[]){ 255, 1 });
  reads(ATR_I8, "\xff\x01", 2, 2, (double[]){ -1, 1 });
  reads(ATR_I32, "\xfe\xff\xff\xff\0\x01\0\0", 8, 2, (double[]){ -2, 256 });
  reads(ATR_I64, "\xfe\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\x01\0\0\0", 16, 2, (double[]){ -2, 4294967296. });
  reads(ATR_BOOL, "\x02\0", 2, 2, (double[]){ 1, 0 });
  reads(ATR_F64, "\0\0\0\0\0\0\xf8\x3f", 8, 1, (double[]){ 1.5 });
  /* float16: 1, -2, the least denormal, the greatest denormal, the greatest, -infinity, -0 */
  reads(10, "\0\x3c\0\xc0\x01\0\xff\x03\xff\x7b\0\xfc\0\x80", 14, 7,
        (double[]){ 1, -2, 1.0 / 16777216, 1023.0 / 16777216, 65504, -1.0 / 0.0, -0.0 });
  reads(16, "\x80\x3f\x40\xc0", 4, 2, (double[]){ 1, -3 });
}
END_TEST

START_TEST(typed_lists_are_read) {
  int32_t small[3] = { -1, 127, -128 };
  draft *d = draft_relu();
  Atr__TensorProto *t = draft_tensor(d, "t", ATR_I8, 1, (int64_t[]){ 3 }, NULL, 0);
  t->n_int32_data = 3;
  t->int32_data = small;
  int32_t half[1] = { 0x3c00 };
  t = draft_tensor(d, "h", 10, 0, NULL, NULL, 0);
  t->n_int32_data = 1;
  t->int32_data = half;
  float real[2] = { 0.5f, -7 };
  t = draft_tensor(d, "f", ATR_F32, 1, (int64_t[]){ 2 }, NULL, 0);
  t->n_float_data = 2;
  t->float_data = real;
  int64_t wide[1] = { INT64_MIN };
  t = draft_tensor(d, "i", ATR_I64, 1, (int64_t[]){ 1 }, NULL, 0);
  t->n_int64_data = 1;
  t->int64_data = wide;
  draft_tensor(d, "none", ATR_F32, 1, (int64_t[]){ 0 }, NULL, 0);
  atr_model *m = draft_good(d);
  const atr__blob *b = atr__model_at(m, atr__model_find(m, "t"))->init;
  for (int i = 0; i < 3; i++) ck_assert_int_eq(atr__blob_int(b, i), small[i]);
  ck_assert_double_eq(atr__blob_real(atr__model_at(m, atr__model_find(m, "h"))->init, 0), 1);
  ck_assert_double_eq(atr__blob_real(atr__model_at(m, atr__model_find(m, "f"))->init, 1), -7);
  ck_assert(atr__blob_int(atr__model_at(m, atr__model_find(m, "i"))->init, 0) == INT64_MIN);
  ck_assert_int_eq(atr__model_at(m, atr__model_find(m, "none"))->init->count, 0);
  atr_model_destroy(m);
}
END_TEST

START_TEST(a_saved_file_is_loaded_by_its_path) {
  char name[] = "./atrous-save-XXXXXX";
  const int fd = mkstemp(name);
  ck_assert_int_ge(fd, 0);
  atr_model *m = build_model(), *read;
  atr_error error = ATR_ERROR_INIT;
  ck_assert_msg(atr_model_save(m, name, &error) == ATR_OK, "%s", error.text);
  ck_assert_msg(atr_model_load(name, NULL, &error, &read) == ATR_OK, "%s", error.text);
  atr_model_destroy(read);
  ck_assert_int_eq(remove(name), 0);
  ck_assert_int_eq(atr_model_save(m, "/nonexistent/model.onnx", &error), ATR_E_IO);
  ck_assert_ptr_nonnull(strstr(error.text, "/nonexistent/model.onnx"));
  atr_model_destroy(m);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("round_trip");
  TCase *tests = tcase_create("round_trip");
  tcase_add_test(tests, a_written_model_is_read_and_written_to_the_same_bytes);
  tcase_add_test(tests, constants_in_places_of_weights_stay_constants);
  tcase_add_test(tests, nodes_out_of_order_are_sorted);
  tcase_add_test(tests, nodes_without_a_name_or_with_a_taken_one_get_their_own);
  tcase_add_test(tests, a_first_output_may_be_absent);
  tcase_add_test(tests, lists_of_text_are_read_and_written);
  tcase_add_test(tests, a_hundred_thousand_nodes_are_read);
  tcase_add_test(tests, initializers_may_be_listed_among_the_inputs);
  tcase_add_test(tests, tensors_of_every_type_are_read_from_little_endian_bytes);
  tcase_add_test(tests, typed_lists_are_read);
  tcase_add_test(tests, a_saved_file_is_loaded_by_its_path);
  suite_add_tcase(suite, tests);
  return onnx_test_main(suite);
}
