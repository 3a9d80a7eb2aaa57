/* inspect_test.c: what a node reads, with which attributes and weights: as it was built, and after a file. */
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <atrous.h>

/* h = RNN(x) with two activations' numbers, behind constants that follow from a constant. */
static atr_model *build(void) {
  static const float w[] = { 1, 2, 3, 4 }, r[] = { 5, 6, 7, 8 };
  static const char *const names[] = { "HardSigmoid" };
  static const float alpha[] = { 0.3f };
  const atr_shape x = { 3, { -1, 1, 2 } }, flat = { 1, { 4 } }, whole = { 3, { 1, 2, 2 } };
  const int64_t dims[] = { 1, 2, 2 };
  atr_error error = ATR_ERROR_INIT;
  atr_model *model;
  must(atr_model_create(1, &error, &model));
  const atr_value in[] = { atr_model_add_input(model, "x", ATR_F32, &x),
                           atr_model_reshape(model, dims, 3,
                                             atr_model_add_tensor(model, "flat", ATR_F32, &flat, w, 0)),
                           atr_model_add_tensor(model, "R", ATR_F32, &whole, r, 1) };
  const atr_attribute attributes[] = {
    { .name = "hidden_size", .kind = ATR_ATTRIBUTE_INT, .i = 2 },
    { .name = "clip", .kind = ATR_ATTRIBUTE_FLOAT, .f = 1.5f },
    { .name = "direction", .kind = ATR_ATTRIBUTE_STRING, .s = "forward" },
    { .name = "activations", .kind = ATR_ATTRIBUTE_STRINGS, .n = 1, .strings = names },
    { .name = "activation_alpha", .kind = ATR_ATTRIBUTE_FLOATS, .n = 1, .floats = alpha },
  };
  atr_value y;
  atr_model_add_output(model, "y", atr_model_add(model, NULL, "RNN", "cell", in, 3, attributes, 5, &y, 1));
  must(atr_model_check(model, &error));
  return model;
}

static size_t cell_of(const atr_model *model) {
  size_t i = 0;
  while (strcmp(atr_model_layer(model, i).name, "cell") != 0) i++;
  return i;
}

static void look(const atr_model *model) {
  const size_t cell = cell_of(model);
  atr_attribute a;
  atr_port port;
  ck_assert_str_eq(atr_model_layer_input(model, cell, 0), "x");
  ck_assert_str_eq(atr_model_layer_input(model, cell, 2), "R");
  ck_assert_ptr_null(atr_model_layer_input(model, cell, 9));
  ck_assert_ptr_null(atr_model_layer_input(model, 99, 0));
  ck_assert_str_eq(atr_model_layer_output(model, cell, 0), "y");
  ck_assert_ptr_null(atr_model_layer_output(model, 99, 0));
  ck_assert(atr_model_layer_attribute(model, cell, "hidden_size", &a) && a.kind == ATR_ATTRIBUTE_INT &&
            a.i == 2);
  ck_assert(atr_model_layer_attribute(model, cell, "clip", &a) && a.kind == ATR_ATTRIBUTE_FLOAT &&
            a.f == 1.5f);
  ck_assert(atr_model_layer_attribute(model, cell, "direction", &a) && !strcmp(a.s, "forward"));
  ck_assert(atr_model_layer_attribute(model, cell, "activations", &a) && a.n == 1 &&
            !strcmp(a.strings[0], "HardSigmoid"));
  ck_assert(atr_model_layer_attribute(model, cell, "activation_alpha", &a) && a.n == 1 &&
            a.floats[0] == 0.3f);
  ck_assert(!atr_model_layer_attribute(model, cell, "layout", &a));
  ck_assert(!atr_model_layer_attribute(model, 99, "clip", &a));
  const float *r = atr_model_tensor(model, "R", &port);
  ck_assert(r && r[3] == 8 && port.type == ATR_F32 && port.shape.rank == 3 && port.shape.dim[1] == 2);
  const float *w = atr_model_tensor(model, atr_model_layer_input(model, cell, 1), &port);
  ck_assert_msg(w && w[0] == 1 && w[3] == 4, "what follows from a constant is known");
  ck_assert_int_eq(port.shape.rank, 3);
  ck_assert_ptr_null(atr_model_tensor(model, "x", &port));
  ck_assert_ptr_null(atr_model_tensor(model, "y", &port));
  ck_assert_ptr_null(atr_model_tensor(model, "none", &port));
}

START_TEST(nodes_of_a_built_model_say_what_they_read) {
  atr_model *model = build();
  look(model);
  atr_model_destroy(model);
}
END_TEST

START_TEST(nodes_of_a_file_say_the_same) {
  char path[] = "inspect-test-XXXXXX";
  const int fd = mkstemp(path);
  atr_error error = ATR_ERROR_INIT;
  atr_model *model = build(), *loaded;
  ck_assert_int_ge(fd, 0);
  close(fd);
  must(atr_model_save(model, path, &error));
  must(atr_model_load(path, NULL, &error, &loaded));
  look(loaded);
  atr_model_destroy(loaded);
  atr_model_destroy(model);
  ck_assert_int_eq(unlink(path), 0);
}
END_TEST

int main(void) {
  const TTest *const tests[] = { nodes_of_a_built_model_say_what_they_read, nodes_of_a_file_say_the_same };
  return test_run(test_suite("inspect", tests, sizeof tests / sizeof *tests, 60));
}
