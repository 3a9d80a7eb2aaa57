/* malformed_test.c: files that are broken or hostile: an error with a sentence, never a crash, never a block
 * left behind. The broken files are made by hand, or from a good one by cutting and flipping. */
#include "onnx_test.h"

#include "base/random.h"

START_TEST(every_prefix_of_a_file_is_refused_without_a_leak) {
  atr_model *m = build_model();
  const file f = write_model(m);
  for (size_t n = 0; n < f.size; n++) {
    void *cut = malloc(n ? n : 1); /* of its own, so that a sanitizer sees a read past its end */
    memcpy(cut, f.bytes, n);
    atr_error error = ATR_ERROR_INIT;
    atr_model *got;
    const int64_t live = atr__alloc_live();
    const atr_status status = atr_model_load_memory(cut, n, NULL, &error, &got);
    /* Cut between two whole fields after the graph and the opset, a file is a shorter one without its
     * metadata. */
    if (status == ATR_OK) {
      ck_assert_uint_gt(n, f.size - 200);
      ck_assert_int_lt((int)got->n_metadata, 2);
      atr_model_destroy(got);
    } else
      ck_assert_msg(error.text[0], "no sentence");
    ck_assert_int_eq(atr__alloc_live(), live);
    free(cut);
  }
  atr__free(f.bytes);
  atr_model_destroy(m);
}
END_TEST

START_TEST(flipped_bits_never_crash_or_leak) {
  atr_model *m = build_model();
  const file f = write_model(m);
  unsigned char *bytes = malloc(f.size);
  atr__random random;
  atr__random_seed(&random, 1, 0);
  for (int i = 0; i < 10000; i++) {
    memcpy(bytes, f.bytes, f.size);
    const uint32_t flips = 1 + atr__random_below(&random, 4);
    for (uint32_t k = 0; k < flips; k++)
      bytes[atr__random_below(&random, (uint32_t)f.size)] ^=
          (unsigned char)(1u << atr__random_below(&random, 8));
    atr_error error = ATR_ERROR_INIT;
    atr_model *got;
    const int64_t live = atr__alloc_live();
    if (atr_model_load_memory(bytes, f.size, NULL, &error, &got) == ATR_OK)
      atr_model_destroy(got);
    else
      ck_assert_msg(error.text[0], "no sentence");
    ck_assert_int_eq(atr__alloc_live(), live);
  }
  free(bytes);
  atr__free(f.bytes);
  atr_model_destroy(m);
}
END_TEST

START_TEST(every_allocation_may_fail) {
  atr_model *m = build_model();
  const file f = write_model(m);
  int ok = 0;
  for (int64_t n = 0; !ok; n++) {
    atr_error error = ATR_ERROR_INIT;
    atr_model *got;
    const int64_t live = atr__alloc_live();
    atr__alloc_fail(n, (int)(n & 1));
    const atr_status status = atr_model_load_memory(f.bytes, f.size, NULL, &error, &got);
    atr__alloc_fail(-1, 0);
    ok = status == ATR_OK;
    ck_assert_msg(ok || status == ATR_E_NOMEM, "allocation %lld: %s", (long long)n, error.text);
    atr_model_destroy(got);
    ck_assert_int_eq(atr__alloc_live(), live);
    ck_assert_int_lt(n, 100000);
  }
  ok = 0;
  for (int64_t n = 0; !ok; n++) {
    atr_error error = ATR_ERROR_INIT;
    file again = { NULL, 0 };
    const int64_t live = atr__alloc_live();
    atr__alloc_fail(n, 0);
    const atr_status status = atr__onnx_write(m, &error, &again.bytes, &again.size);
    atr__alloc_fail(-1, 0);
    ok = status == ATR_OK;
    ck_assert_int_eq(status, ok ? ATR_OK : ATR_E_NOMEM);
    atr__free(again.bytes);
    ck_assert_int_eq(atr__alloc_live(), live);
  }
  atr__free(f.bytes);
  atr_model_destroy(m);
}
END_TEST

/* Wraps bytes at the end of a buffer in a field: writes tag and length before them, returns the new start. */
static size_t wrap(unsigned char *b, size_t at, size_t end, unsigned field) {
  size_t length = end - at;
  unsigned char head[12];
  size_t n = 0;
  head[n++] = (unsigned char)(field << 3 | 2);
  for (; length > 127; length >>= 7) head[n++] = (unsigned char)(length | 128);
  head[n++] = (unsigned char)length;
  memcpy(b + at - n, head, n);
  return at - n;
}

/* graph { node { attribute { graph { … } } } }: three levels a turn. */
static void bomb(size_t turns, atr_status want, const char *words) {
  const size_t end = turns * 16 + 16;
  unsigned char *b = malloc(end);
  size_t at = end;
  for (size_t i = 0; i < turns; i++) {
    at = wrap(b, at, end, i ? 6 : 1); /* a graph in an attribute, or the innermost, empty node */
    if (i) at = wrap(b, at, end, 5);
    if (i) at = wrap(b, at, end, 1);
  }
  at = wrap(b, at, end, 7);
  load_bad(b + at, end - at, NULL, want, words);
  free(b);
}

START_TEST(nesting_beyond_64_is_refused_without_recursion) {
  bomb(4500, ATR_E_LIMIT, "nest more than 64 deep"); /* 54 kB */
  bomb(1000000, ATR_E_LIMIT, "nest more than 64 deep");
  bomb(10, ATR_E_FORMAT, "no opset"); /* not too deep */
}
END_TEST

START_TEST(lengths_beyond_the_file_are_refused) {
  load_bad("\x3a\xff\xff\xff\xff\x0f", 6, NULL, ATR_E_FORMAT, "past the end");
  load_bad("\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, NULL, ATR_E_FORMAT, "past the end");
  load_bad("\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11, NULL, ATR_E_FORMAT, "64 bits");
  load_bad("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13, NULL, ATR_E_FORMAT, "64 bits");
  load_bad("\x3b\x3c", 2, NULL, ATR_E_FORMAT, "group");
  load_bad("\x3e", 1, NULL, ATR_E_FORMAT, "wire type");
  load_bad("\x00\x00", 2, NULL, ATR_E_FORMAT, "number");
  load_bad("\xff\xff\xff\xff\xff\x01", 6, NULL, ATR_E_FORMAT, "number");
  load_bad("\x38\x01", 2, NULL, ATR_E_FORMAT, "graph has wire type 0");
  load_bad("\x3a\x00\x3a\x00", 4, NULL, ATR_E_FORMAT, "graph is given twice");
  load_bad("\x12\x02\xc0\x80", 4, NULL, ATR_E_FORMAT, "UTF-8");
  load_bad("\x12\x03xx", 5, NULL, ATR_E_FORMAT, "UTF-8"); /* its last byte is NUL */
  load_bad("", 0, NULL, ATR_E_FORMAT, "no graph");
  load_bad("\x89PNG\r\n\x1a\n", 8, NULL, ATR_E_FORMAT, "byte");
}
END_TEST

START_TEST(limits_are_kept) {
  atr_model *m = build_model();
  const file f = write_model(m);
  atr_limits limits = ATR_LIMITS_INIT;
  limits.nodes = 3;
  load_bad(f.bytes, f.size, &limits, ATR_E_LIMIT, "3 nodes");
  limits = (atr_limits)ATR_LIMITS_INIT;
  limits.tensors = 5;
  load_bad(f.bytes, f.size, &limits, ATR_E_LIMIT, "5 tensors");
  limits = (atr_limits)ATR_LIMITS_INIT;
  limits.total_bytes = 400;
  load_bad(f.bytes, f.size, &limits, ATR_E_LIMIT, "\"first.weight\"");
  limits = (atr_limits)ATR_LIMITS_INIT;
  limits.string_bytes = 4;
  load_bad(f.bytes, f.size, &limits, ATR_E_LIMIT, "text");
  limits = (atr_limits)ATR_LIMITS_INIT;
  limits.nesting = 2;
  load_bad(f.bytes, f.size, &limits, ATR_E_LIMIT, "2 deep");
  limits = (atr_limits)ATR_LIMITS_INIT;
  limits.file_bytes = f.size - 1;
  load_bad(f.bytes, f.size, &limits, ATR_E_LIMIT, "limit");
  atr__free(f.bytes);
  atr_model_destroy(m);
  /* Many empty messages: few bytes each, much memory each. */
  unsigned char *many = malloc(400016);
  for (size_t i = 0; i < 200000; i++) memcpy(many + 16 + 2 * i, "\x0a", 2);
  const size_t at = wrap(many, 16, 400016, 7);
  load_bad(many + at, 400016 - at, NULL, ATR_E_LIMIT, "100000 nodes");
  for (size_t i = 0; i < 200000; i++) memcpy(many + 16 + 2 * i, "\x5a", 2);
  limits = (atr_limits)ATR_LIMITS_INIT;
  limits.nodes = limits.tensors = 1000;
  load_bad(many + at, 400016 - at, &limits, ATR_E_LIMIT, "messages and texts");
  free(many);
}
END_TEST

START_TEST(names_must_be_given_once) {
  draft *d = draft_relu();
  DRAFT_NODE(d, "Relu", "again", "x", NULL, "y");
  draft_bad(d, ATR_E_FORMAT, "\"y\" is given to two values");
  d = draft_relu();
  draft_port(d, 0, "x", 1, (int64_t[]){ 1 });
  draft_bad(d, ATR_E_FORMAT, "\"x\" is given to two values");
  d = draft_relu();
  draft_tensor(d, "y", ATR_F32, 0, NULL, "1234", 4);
  draft_bad(d, ATR_E_FORMAT, "\"y\" is given to two values");
  d = draft_relu();
  draft_tensor(d, NULL, ATR_F32, 0, NULL, "1234", 4);
  draft_bad(d, ATR_E_FORMAT, "no name");
  d = draft_relu();
  draft_port(d, 1, "y", 1, (int64_t[]){ 1 });
  draft_bad(d, ATR_E_FORMAT, "\"y\" is given twice");
  d = draft_relu();
  draft_port(d, 1, "z", 1, (int64_t[]){ 1 });
  draft_bad(d, ATR_E_FORMAT, "nothing gives the output \"z\"");
  d = draft_relu();
  DRAFT_NODE(d, "Relu", "lost", "nowhere", NULL, "z");
  draft_bad(d, ATR_E_FORMAT, "node \"lost\" (Relu): nothing gives its input \"nowhere\"");
}
END_TEST

START_TEST(cycles_are_refused) {
  draft *d = draft_relu();
  DRAFT_NODE(d, "Relu", "one", "b", NULL, "a");
  DRAFT_NODE(d, "Relu", "two", "a", NULL, "b");
  draft_bad(d, ATR_E_FORMAT, "node \"one\" (Relu) is part of a cycle");
  d = draft_relu();
  DRAFT_NODE(d, "Relu", "self", "a", NULL, "a");
  draft_bad(d, ATR_E_FORMAT, "cycle");
}
END_TEST

START_TEST(unknown_operators_are_named) {
  draft *d = draft_relu();
  Atr__NodeProto *n = DRAFT_NODE(d, "Frobnicate", "mystery", "x", NULL, "z");
  n->domain = (char *)(uintptr_t) "com.example";
  draft_bad(d, ATR_E_UNSUPPORTED,
            "node \"mystery\" (Frobnicate of com.example, opset 0): the operator is not supported");
  d = draft_relu();
  DRAFT_NODE(d, "Frobnicate", "mystery", "x", NULL, "z");
  draft_bad(d, ATR_E_UNSUPPORTED,
            "node \"mystery\" (Frobnicate, opset 17): ONNX up to opset 28 has no such operator");
  d = draft_relu();
  DRAFT_NODE(d, "StringSplit", NULL, "x", NULL, "z");
  d->opset.version = 20;
  draft_bad(d, ATR_E_UNSUPPORTED, "node 1 (StringSplit, opset 20): the operator is not supported");
  d = draft_relu();
  DRAFT_NODE(d, "Gelu", "early", "x", NULL, "z");
  draft_bad(d, ATR_E_UNSUPPORTED, "node \"early\" (Gelu, opset 17): the operator came with opset 20");
}
END_TEST

START_TEST(attributes_must_be_those_of_the_operator) {
  draft *d = draft_relu();
  draft_attribute(d, DRAFT_NODE(d, "Elu", "bent", "x", NULL, "z"), "beta", 1);
  draft_bad(d, ATR_E_UNSUPPORTED, "node \"bent\" (Elu, opset 17): it has no attribute \"beta\" in ONNX");
  d = draft_relu();
  draft_attribute(d, DRAFT_NODE(d, "Elu", "bent", "x", NULL, "z"), "alpha", 2);
  draft_bad(d, ATR_E_FORMAT, "node \"bent\" (Elu): attribute \"alpha\" is an int, must be a float");
  d = draft_relu();
  draft_attribute(d, DRAFT_NODE(d, "Transpose", NULL, "x", NULL, "z"), "perm", 2);
  draft_bad(d, ATR_E_FORMAT, "attribute \"perm\" is an int, must be a list of ints");
  d = draft_relu();
  draft_attribute(d, DRAFT_NODE(d, "Elu", NULL, "x", NULL, "z"), "alph", 1);
  draft_bad(d, ATR_E_UNSUPPORTED, "no attribute \"alph\"");
}
END_TEST

START_TEST(versions_are_checked) {
  draft *d = draft_relu();
  d->opset.version = 5;
  draft_bad(d, ATR_E_UNSUPPORTED, "node \"relu\" (Relu, opset 5): its form before opset 6 is not supported");
  d = draft_relu();
  d->opset.version = 0;
  draft_bad(d, ATR_E_UNSUPPORTED, "opset 0 is outside 1 to");
  d = draft_relu();
  d->opset.version = -1;
  draft_bad(d, ATR_E_UNSUPPORTED, "opset -1 is outside");
  d = draft_relu();
  d->opset.version = 29;
  draft_bad(d, ATR_E_UNSUPPORTED, "opset 29 is outside 1 to 28");
  d = draft_relu();
  d->opset.version = INT64_MAX;
  draft_bad(d, ATR_E_UNSUPPORTED, "opset 9223372036854775807 is outside");
  d = draft_relu();
  d->model.n_opset_import = 0;
  draft_bad(d, ATR_E_FORMAT, "no opset");
  d = draft_relu();
  draft_attribute(d, d->nodes[0], "g", 5);
  draft_bad(d, ATR_E_UNSUPPORTED, "(Relu, opset 17): attribute \"g\" is a graph, which is not supported");
  d = draft_relu();
  d->opset.domain = (char *)(uintptr_t) "com.example";
  draft_bad(d, ATR_E_FORMAT, "node \"relu\" (Relu): the file names no opset of ONNX's own operators");
  d = draft_relu();
  Atr__OperatorSetIdProto other = d->opset, *both[2] = { &d->opset, &other };
  other.version = 18;
  d->model.n_opset_import = 2;
  d->model.opset_import = both;
  draft_bad(d, ATR_E_FORMAT, "the file names opset 17 and opset 18");
  static const int64_t bad_ir[] = { 0, 2, 15, -1, INT64_MAX };
  for (size_t i = 0; i < sizeof bad_ir / sizeof *bad_ir; i++) {
    d = draft_relu();
    d->model.has_ir_version = 1;
    d->model.ir_version = bad_ir[i];
    draft_bad(d, ATR_E_UNSUPPORTED, "is outside 3 to 14");
  }
}
END_TEST

static void bad_tensor(int32_t type, size_t rank, const int64_t *dims, size_t bytes, atr_status want,
                       const char *words) {
  static const unsigned char zeros[64];
  draft *d = draft_relu();
  draft_tensor(d, "t", type, rank, dims, zeros, bytes);
  draft_bad(d, want, words);
}

START_TEST(tensors_must_be_as_large_as_their_shape) {
  const int64_t d23[] = { 2, 3 }, negative[] = { 2, -3 }, huge[] = { INT64_MAX, INT64_MAX },
                nine[] = { 1, 1, 1, 1, 1, 1, 1, 1 }, large[] = { 65536, 65536 };
  bad_tensor(ATR_F32, 2, d23, 20, ATR_E_FORMAT, "tensor \"t\": it has 20 bytes, its shape takes 24");
  bad_tensor(ATR_F32, 2, d23, 28, ATR_E_FORMAT, "28 bytes");
  bad_tensor(ATR_I64, 2, d23, 24, ATR_E_FORMAT, "its shape takes 48");
  bad_tensor(10, 2, d23, 24, ATR_E_FORMAT, "its shape takes 12");
  bad_tensor(ATR_F32, 2, negative, 24, ATR_E_FORMAT, "-3");
  bad_tensor(ATR_F32, 2, huge, 24, ATR_E_LIMIT, "tensor \"t\"");
  bad_tensor(ATR_F32, 2, large, 0, ATR_E_LIMIT, "tensor \"t\"");
  bad_tensor(8, 2, d23, 24, ATR_E_UNSUPPORTED, "element type string");
  bad_tensor(0, 2, d23, 24, ATR_E_UNSUPPORTED, "element type 0");
  bad_tensor(-1, 2, d23, 24, ATR_E_UNSUPPORTED, "element type -1");
  draft *d = draft_relu();
  draft_tensor(d, "t", ATR_F32, 8, nine, "1234", 4)->n_dims = 16; /* reads on into the next tensor's dims */
  draft_bad(d, ATR_E_UNSUPPORTED, "16 dimensions");
  d = draft_relu();
  int32_t list[2] = { 1, 2 };
  Atr__TensorProto *t = draft_tensor(d, "t", ATR_I32, 1, (int64_t[]){ 3 }, NULL, 0);
  t->n_int32_data = 2;
  t->int32_data = list;
  draft_bad(d, ATR_E_FORMAT, "it has 2 elements, its shape takes 3");
  d = draft_relu();
  t = draft_tensor(d, "t", ATR_F32, 1, (int64_t[]){ 2 }, NULL, 0);
  t->n_int32_data = 2;
  t->int32_data = list;
  draft_bad(d, ATR_E_FORMAT, "another type");
  d = draft_relu();
  t = draft_tensor(d, "t", ATR_I32, 1, (int64_t[]){ 2 }, list, 8);
  t->n_int32_data = 2;
  t->int32_data = list;
  draft_bad(d, ATR_E_FORMAT, "given twice");
}
END_TEST

START_TEST(inputs_must_be_tensors_of_known_rank) {
  draft *d = draft_relu();
  d->dim[0][1].dim_value = -3;
  draft_bad(d, ATR_E_FORMAT, "input \"x\": dimension 1 is -3");
  d = draft_relu();
  d->port_tensor[0].elem_type = 8;
  draft_bad(d, ATR_E_UNSUPPORTED, "element type string");
  d = draft_relu();
  d->port_tensor[0].shape = NULL;
  draft_bad(d, ATR_E_UNSUPPORTED, "input \"x\" is a tensor of unknown rank");
  d = draft_relu();
  d->port[0].type = NULL;
  draft_bad(d, ATR_E_UNSUPPORTED, "input \"x\" is not a tensor");
  d = draft_relu();
  d->graph.n_output = 0;
  draft_bad(d, ATR_E_FORMAT, "no output");
}
END_TEST

START_TEST(the_builder_names_the_node_whose_shapes_do_not_fit) {
  draft *d = draft_relu();
  draft_tensor(d, "w", ATR_F32, 3, (int64_t[]){ 1, 1, 1 }, "1234", 4);
  DRAFT_NODE(d, "Conv", "misfit", "y", "w", NULL, "z");
  draft_bad(d, ATR_E_SHAPE, "node \"misfit\" (Conv)");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("malformed");
  TCase *tests = tcase_create("malformed");
  tcase_set_timeout(tests, 300);
  tcase_add_test(tests, every_prefix_of_a_file_is_refused_without_a_leak);
  tcase_add_test(tests, flipped_bits_never_crash_or_leak);
  tcase_add_test(tests, every_allocation_may_fail);
  tcase_add_test(tests, nesting_beyond_64_is_refused_without_recursion);
  tcase_add_test(tests, lengths_beyond_the_file_are_refused);
  tcase_add_test(tests, limits_are_kept);
  tcase_add_test(tests, names_must_be_given_once);
  tcase_add_test(tests, cycles_are_refused);
  tcase_add_test(tests, unknown_operators_are_named);
  tcase_add_test(tests, attributes_must_be_those_of_the_operator);
  tcase_add_test(tests, versions_are_checked);
  tcase_add_test(tests, tensors_must_be_as_large_as_their_shape);
  tcase_add_test(tests, inputs_must_be_tensors_of_known_rank);
  tcase_add_test(tests, the_builder_names_the_node_whose_shapes_do_not_fit);
  suite_add_tcase(suite, tests);
  return onnx_test_main(suite);
}
