/* builder_test.c: the builder keeps its first failure, names are unique, free sizes stay free, weights come
 * from the seed, layers say what they train, and running out of memory anywhere leaves nothing behind. */
#include "test.h"

#include <math.h>

#include "base/alloc.h"
#include "model/graph.h"

static atr_model *fresh(uint64_t seed) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *model = NULL;
  must(atr_model_create(seed, &error, &model));
  return model;
}

static atr_conv_params filter(int64_t channels, int64_t k) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.out_channels = channels;
  p.filter[0] = p.filter[1] = k;
  p.pad = ATR_PAD_SAME;
  return p;
}

/* A small network of most of what the builder has; its last value. */
static atr_value network(atr_model *m) {
  const atr_shape shape = { 4, { -1, 3, -1, -1 } };
  atr_value x = atr_model_add_input(m, "image", ATR_F32, &shape);
  atr_conv_params p = filter(4, 3);
  p.name = "first";
  p.dilation[0] = p.dilation[1] = 2;
  atr_value a =
      atr_model_relu(m, atr_model_batch_normalization(m, "norm", 1e-5f, 0.9f, atr_model_conv(m, &p, x)));
  atr_conv_params pool = filter(1, 2);
  pool.name = "pool";
  pool.pad = ATR_PAD_VALID;
  pool.stride[0] = pool.stride[1] = 2;
  const float twice[2] = { 2, 2 };
  atr_value b = atr_model_upsample(m, twice, atr_model_max_pool(m, &pool, a));
  const atr_value both[2] = { a, b };
  p = filter(2, 1);
  p.name = "last";
  return atr_model_softmax(
      m, 1, 2, atr_model_dropout(m, 0.5f, atr_model_conv(m, &p, atr_model_concat(m, 1, both, 2))));
}

START_TEST(free_sizes_stay_free_and_channels_are_known) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = fresh(1);
  atr_model_add_output(m, "y", network(m));
  must(atr_model_check(m, &error));
  const atr_port in = atr_model_input(m, 0), out = atr_model_output(m, 0);
  ck_assert_str_eq(in.name, "image");
  ck_assert_str_eq(out.name, "y");
  ck_assert_int_eq(in.shape.dim[1], 3);
  ck_assert_int_eq(out.shape.rank, 4);
  ck_assert_int_eq(out.shape.dim[0], -1);
  ck_assert_int_eq(out.shape.dim[1], 2);
  ck_assert_int_eq(out.shape.dim[2], -1);
  ck_assert_int_eq(out.shape.dim[3], -1);
  ck_assert_int_eq(out.type, ATR_F32);
  ck_assert_ptr_null(atr_model_input(m, 1).name);
  ck_assert_ptr_null(atr_model_output(m, 1).name);
  atr_model_destroy(m);
}
END_TEST

START_TEST(builder_keeps_its_first_failure) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = fresh(1);
  const atr_shape shape = { 3, { -1, 6, -1 } };
  atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape);
  atr_conv_params p = filter(8, 3);
  p.groups = 4; /* 6 channels do not divide */
  atr_value y = atr_model_conv(m, &p, x);
  ck_assert_int_eq(y.id, 0);
  const size_t nodes = atr_model_layers(m);
  /* The absent value goes through all that follows and adds nothing. */
  p.groups = 1;
  y = atr_model_relu(m, atr_model_conv(m, &p, y));
  y = atr_model_add2(m, y, atr_model_dense(m, NULL, 0, x));
  ck_assert_int_eq(y.id, 0);
  atr_model_add_output(m, "y", y);
  ck_assert_uint_eq(atr_model_layers(m), nodes);
  must_fail(atr_model_check(m, &error), ATR_E_PARAM, "6 input and 8 output channels in 4 groups");
  atr_model_destroy(m);
}
END_TEST

START_TEST(builder_says_what_is_wrong) {
  const atr_shape image = { 4, { 1, 3, 8, 8 } }, bad = { 2, { 3, -2 } }, deep = { 9, { 1 } },
                  rows = { 2, { 3, -1 } };
  atr_error error = ATR_ERROR_INIT;
  atr_value x;
  atr_conv_params p;
#define WRONG(status, words, ...)                                                                            \
  do {                                                                                                       \
    atr_model *m = fresh(1);                                                                                 \
    x = atr_model_add_input(m, "x", ATR_F32, &image);                                                        \
    p = filter(4, 3);                                                                                        \
    __VA_ARGS__;                                                                                             \
    atr_model_add_output(m, "y", x);                                                                         \
    must_fail(atr_model_check(m, &error), status, words);                                                    \
    atr_model_destroy(m);                                                                                    \
  } while (0)
  WRONG(ATR_E_PARAM, "the name \"x\" is given to two values", atr_model_add_input(m, "x", ATR_F32, &image));
  WRONG(ATR_E_PARAM, "stride 0", p.stride[1] = 0; x = atr_model_conv(m, &p, x));
  WRONG(ATR_E_PARAM, "dilation -1", p.dilation[0] = -1; x = atr_model_conv(m, &p, x));
  WRONG(ATR_E_PARAM, "filter 0", p.filter[0] = 0; x = atr_model_max_pool(m, &p, x));
  WRONG(ATR_E_PARAM, "0 output channels", p.out_channels = 0; x = atr_model_conv(m, &p, x));
  WRONG(ATR_E_PARAM, "conv_transpose: 3 input and 4 output channels in 2 groups", p.groups = 2;
        x = atr_model_conv_transpose(m, &p, x));
  WRONG(ATR_E_PARAM, "stride 0", p.stride[1] = 0; x = atr_model_conv_transpose(m, &p, x));
  WRONG(ATR_E_PARAM, "give the value that was pooled",
        x = atr_model_max_unpool(m, &p, x, x, (atr_value){ 0 }));
  WRONG(ATR_E_PARAM, "p is 0", x = atr_model_global_lp_pool(m, 0, x));
  WRONG(ATR_E_SHAPE, "dimension 1 is -2", atr_model_add_input(m, "z", ATR_F32, &bad));
  WRONG(ATR_E_SHAPE, "rank 9", atr_model_add_input(m, "z", ATR_F32, &deep));
  WRONG(ATR_E_UNSUPPORTED, "element type 99", atr_model_add_input(m, "z", (atr_type)99, &image));
  WRONG(ATR_E_PARAM, "temperature 0", x = atr_model_softmax(m, 1, 0, x));
  WRONG(ATR_E_UNSUPPORTED, "operator \"Tohuwabohu\"",
        x = atr_model_add(m, NULL, "Tohuwabohu", NULL, &x, 1, NULL, 0, NULL, 1));
  WRONG(ATR_E_UNSUPPORTED, "of com.example",
        x = atr_model_add(m, "com.example", "Conv", NULL, &x, 1, NULL, 0, NULL, 1));
  WRONG(ATR_E_PARAM, "expected 1 to 1", const atr_value two[2] = { x, x };
        x = atr_model_add(m, NULL, "Relu", "r", two, 2, NULL, 0, NULL, 1));
  WRONG(ATR_E_PARAM, "output \"y\" is no value", x.id = 99);
  WRONG(ATR_E_SHAPE, "dimension 1 is free", x = atr_model_add_input(m, "r", ATR_F32, &rows);
        x = atr_model_layer_normalization(m, "n", -1, 1e-5f, x));
  WRONG(ATR_E_PARAM, "axis 4 of an input of rank 4", x = atr_model_layer_normalization(m, "n", 4, 1e-5f, x));
  WRONG(ATR_E_PARAM, "3 channels cannot be divided into 2 groups",
        x = atr_model_group_normalization(m, "n", 2, 1e-5f, x));
  WRONG(ATR_E_PARAM, "given to two nodes", p.name = "c"; p.bias = 0;
        x = atr_model_relu(m, atr_model_conv(m, &p, x)); x = atr_model_max_pool(m, &p, x));
  /* A window larger than the padded input: found by inference, and the node is named. */
  WRONG(ATR_E_SHAPE, "\"big\"", p.name = "big"; p.filter[0] = 30; p.pad = ATR_PAD_VALID;
        x = atr_model_conv(m, &p, x));
#undef WRONG
  atr_model *m = fresh(1);
  must_fail(atr_model_check(m, &error), ATR_E_PARAM, "no output");
  atr_model_destroy(m);
  atr_model_destroy(NULL);
}
END_TEST

START_TEST(normalizations_start_with_scale_1_and_bias_0) {
  const atr_shape image = { 4, { -1, 4, -1, -1 } }, rows = { 3, { -1, 5, 6 } };
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = fresh(1);
  atr_value x = atr_model_add_input(m, "x", ATR_F32, &image), z = atr_model_add_input(m, "z", ATR_F32, &rows);
  x = atr_model_gelu(m, atr_model_group_normalization(m, "group", 2, 1e-5f, x));
  z = atr_model_leaky_relu(m, 0.1f, atr_model_layer_normalization(m, "layer", -2, 1e-5f, z));
  atr_model_add_output(m, "y", x);
  atr_model_add_output(m, "u", z);
  must(atr_model_check(m, &error));
  ck_assert_int_eq(atr_model_output(m, 0).shape.dim[1], 4);
  const atr_layer_info group = atr_model_layer(m, 0), layer = atr_model_layer(m, 2);
  ck_assert_str_eq(group.op, "GroupNormalization");
  ck_assert_int_eq(group.trainable, 8);
  ck_assert_str_eq(layer.name, "layer");
  ck_assert_int_eq(layer.trainable, 60);
  ck_assert_int_eq(atr_model_receptive_field(m, 2), -1);
  for (size_t i = 0; i < m->n_values; i++) {
    const atr__value *v = &m->values[i];
    for (int64_t k = 0; v->init && k < v->init->count; k++)
      ck_assert_double_eq(atr__blob_real(v->init, k), strstr(v->name, ".weight") != NULL);
  }
  atr_model_destroy(m);
}
END_TEST

START_TEST(weights_come_from_the_seed_with_hes_variance) {
  atr_model *m[3];
  const atr_shape shape = { 4, { 1, 64, 8, 8 } };
  for (int i = 0; i < 3; i++) {
    m[i] = fresh(i == 2 ? 8 : 7);
    atr_conv_params p = filter(128, 3);
    p.name = "c";
    atr_model_add_output(m[i], "y",
                         atr_model_conv(m[i], &p, atr_model_add_input(m[i], "x", ATR_F32, &shape)));
  }
  const atr__blob *w[3];
  for (int i = 0; i < 3; i++) w[i] = atr__model_at(m[i], atr__model_find(m[i], "c.weight"))->init;
  ck_assert_int_eq(w[0]->count, 128 * 64 * 9);
  ck_assert_mem_eq(w[0]->data, w[1]->data, w[0]->bytes);
  ck_assert_int_ne(memcmp(w[0]->data, w[2]->data, w[0]->bytes), 0);
  double square = 0;
  for (int64_t i = 0; i < w[0]->count; i++) square += atr__blob_real(w[0], i) * atr__blob_real(w[0], i);
  const double variance = 2.0 / (64 * 9), n = (double)w[0]->count;
  ck_assert(fabs(square / n - variance) < 5 * variance * sqrt(2 / n));
  const atr__blob *b = atr__model_at(m[0], atr__model_find(m[0], "c.bias"))->init;
  for (int64_t i = 0; i < b->count; i++) ck_assert(!(fabs(atr__blob_real(b, i)) > 0));
  for (int i = 0; i < 3; i++) atr_model_destroy(m[i]);
}
END_TEST

static atr_layer_info layer(const atr_model *m, const char *op) {
  for (size_t i = 0; i < atr_model_layers(m); i++)
    if (!strcmp(atr_model_layer(m, i).op, op)) return atr_model_layer(m, i);
  ck_abort_msg("no %s", op);
  return atr_model_layer(m, 0);
}

START_TEST(layers_say_what_they_train) {
  atr_model *m = fresh(1);
  atr_value y = network(m);
  atr_model_add_output(m, "y", y);
  atr_model_add_output(m, "class", atr_model_arg_max(m, 1, 0, y));
  atr_layer_info info = atr_model_layer(m, 0);
  ck_assert_str_eq(info.name, "first");
  ck_assert_str_eq(info.op, "Conv");
  ck_assert_int_eq(info.parameters, 4 * 3 * 9 + 4);
  ck_assert_int_eq(info.trainable, 4 * 3 * 9 + 4);
  ck_assert_int_eq(info.passes_gradient, 1);
  info = layer(m, "BatchNormalization"); /* gamma and beta learn; mean and variance do not */
  ck_assert_int_eq(info.parameters, 16);
  ck_assert_int_eq(info.trainable, 8);
  ck_assert_ptr_nonnull(strstr(info.note, "running mean and variance are updated without gradient"));
  static const char *const bare[] = { "Relu", "MaxPool", "Dropout" };
  for (int i = 0; i < 3; i++) {
    info = layer(m, bare[i]);
    ck_assert_int_eq(info.trainable, 0);
    ck_assert_int_eq(info.passes_gradient, 1);
    ck_assert_ptr_nonnull(strstr(info.note, "nothing to train"));
  }
  info = layer(m, "ArgMax");
  ck_assert_int_eq(info.passes_gradient, 0);
  info = atr_model_layer(m, atr_model_layers(m));
  ck_assert_ptr_null(info.name);
  ck_assert_ptr_nonnull(info.note);
  atr_model_destroy(m);
}
END_TEST

/* The shape that a 1×4×8×9 image, or a series of 9, has after one layer. */
static atr_shape shape_after(atr_value (*layer_of)(atr_model *m, atr_conv_params *p, atr_value x), int axes,
                             atr_pad pad, int64_t k, int64_t s, int64_t d) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = fresh(1);
  const atr_shape image = { 2 + axes, { 1, 4, axes > 1 ? 8 : 9, 9 } };
  atr_conv_params p = filter(6, k);
  p.pad = pad;
  p.stride[0] = p.stride[1] = s;
  p.dilation[0] = p.dilation[1] = d;
  atr_model_add_output(m, "y", layer_of(m, &p, atr_model_add_input(m, "x", ATR_F32, &image)));
  must(atr_model_check(m, &error));
  const atr_shape shape = atr_model_output(m, 0).shape;
  atr_model_destroy(m);
  return shape;
}

static atr_value transposed(atr_model *m, atr_conv_params *p, atr_value x) {
  return atr_model_conv_transpose(m, p, x);
}
static atr_value transposed_in_groups(atr_model *m, atr_conv_params *p, atr_value x) {
  p->groups = 2;
  p->output_padding[0] = p->output_padding[1] = 1;
  return atr_model_conv_transpose(m, p, x);
}
static atr_value averaged(atr_model *m, atr_conv_params *p, atr_value x) {
  return atr_model_average_pool(m, p, x);
}
static atr_value normed(atr_model *m, atr_conv_params *p, atr_value x) {
  return atr_model_lp_pool(m, p, 3, x);
}
static atr_value there_and_back(atr_model *m, atr_conv_params *p, atr_value x) {
  atr_value indices;
  const atr_value pooled = atr_model_max_pool_indices(m, p, x, &indices);
  return atr_model_max_unpool(m, p, pooled, indices, x);
}
static atr_value there_and_back_by_size(atr_model *m, atr_conv_params *p, atr_value x) {
  atr_value indices;
  const atr_value pooled = atr_model_max_pool_indices(m, p, x, &indices);
  return atr_model_max_unpool(m, p, pooled, indices, (atr_value){ 0 });
}
static atr_value all_of_each_channel(atr_model *m, atr_conv_params *p, atr_value x) {
  (void)p;
  return atr_model_add2(
      m, atr_model_global_max_pool(m, x),
      atr_model_mul(m, atr_model_global_average_pool(m, x), atr_model_global_lp_pool(m, 1, x)));
}

START_TEST(layers_that_enlarge_and_pool_have_the_sizes_that_are_promised) {
  static const struct {
    atr_value (*layer)(atr_model *m, atr_conv_params *p, atr_value x);
    int axes;
    atr_pad pad;
    int64_t k, s, d, c, h, w;
  } list[] = {
    { transposed, 2, ATR_PAD_SAME, 3, 2, 1, 6, 16, 18 },
    { transposed, 2, ATR_PAD_SAME, 2, 3, 1, 6, 24, 27 },
    { transposed, 2, ATR_PAD_VALID, 3, 2, 2, 6, 19, 21 },
    { transposed, 1, ATR_PAD_CAUSAL, 3, 1, 4, 6, 9, 0 },
    { transposed, 1, ATR_PAD_CAUSAL, 2, 4, 1, 6, 36, 0 },
    { transposed_in_groups, 2, ATR_PAD_EXPLICIT, 2, 2, 1, 6, 17, 19 },
    { averaged, 2, ATR_PAD_VALID, 2, 2, 1, 4, 4, 4 },
    { averaged, 2, ATR_PAD_SAME, 3, 1, 2, 4, 8, 9 },
    { normed, 2, ATR_PAD_SAME, 3, 2, 1, 4, 4, 5 },
    { there_and_back, 2, ATR_PAD_VALID, 2, 2, 1, 4, 8, 9 },
    { there_and_back, 2, ATR_PAD_SAME, 3, 2, 1, 4, 8, 9 },
    { there_and_back_by_size, 2, ATR_PAD_VALID, 2, 2, 1, 4, 8, 8 },
    { all_of_each_channel, 2, ATR_PAD_VALID, 1, 1, 1, 4, 1, 1 },
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    const atr_shape y =
        shape_after(list[i].layer, list[i].axes, list[i].pad, list[i].k, list[i].s, list[i].d);
    ck_assert_int_eq(y.rank, 2 + list[i].axes);
    ck_assert_int_eq(y.dim[1], list[i].c);
    ck_assert_msg(y.dim[2] == list[i].h, "case %zu: height %lld", i, (long long)y.dim[2]);
    if (list[i].axes > 1)
      ck_assert_msg(y.dim[3] == list[i].w, "case %zu: width %lld", i, (long long)y.dim[3]);
  }
}
END_TEST

START_TEST(metadata_is_set_replaced_listed_and_removed) {
  atr_model *m = fresh(1);
  ck_assert_int_eq(atr_model_set_metadata(m, "atrous.task", "segment"), ATR_OK);
  ck_assert_int_eq(atr_model_set_metadata(m, "author", "x"), ATR_OK);
  ck_assert_int_eq(atr_model_set_metadata(m, "atrous.task", "forecast"), ATR_OK);
  ck_assert_str_eq(atr_model_metadata(m, "atrous.task"), "forecast");
  ck_assert_ptr_null(atr_model_metadata(m, "absent"));
  ck_assert_ptr_nonnull(atr_model_metadata_key(m, 1));
  ck_assert_ptr_null(atr_model_metadata_key(m, 2));
  ck_assert_int_eq(atr_model_set_metadata(m, "atrous.task", NULL), ATR_OK);
  ck_assert_ptr_null(atr_model_metadata(m, "atrous.task"));
  ck_assert_str_eq(atr_model_metadata_key(m, 0), "author");
  atr_model_destroy(m);
}
END_TEST

START_TEST(an_input_can_be_an_output_and_a_value_two) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = fresh(1);
  const atr_shape shape = { 2, { 1, 4 } };
  atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape), r = atr_model_relu(m, x);
  atr_model_add_output(m, "copy", x);
  atr_model_add_output(m, "a", r);
  atr_model_add_output(m, "b", r);
  must(atr_model_check(m, &error));
  ck_assert_str_eq(atr_model_output(m, 0).name, "copy");
  ck_assert_str_eq(atr_model_output(m, 1).name, "a");
  ck_assert_str_eq(atr_model_output(m, 2).name, "b");
  ck_assert_str_eq(atr_model_input(m, 0).name, "x");
  atr_model_destroy(m);
}
END_TEST

START_TEST(running_out_of_memory_while_building_is_kept_and_leaves_nothing) {
  const int64_t before = atr__alloc_live();
  for (int for_ever = 0; for_ever < 2; for_ever++)
    for (int64_t at = 0;; at++) {
      atr_error error = ATR_ERROR_INIT;
      atr_model *m = NULL;
      atr__alloc_fail(at, for_ever);
      atr_status status = atr_model_create(3, &error, &m);
      if (!status) {
        atr_model_add_output(m, "y", network(m));
        status = atr_model_set_metadata(m, "k", "v");
        if (!status) status = atr_model_check(m, &error);
      }
      atr__alloc_fail(-1, 0);
      atr_model_destroy(m);
      ck_assert_msg(atr__alloc_live() == before, "allocation %lld: %lld blocks left", (long long)at,
                    (long long)(atr__alloc_live() - before));
      if (!status) {
        ck_assert_int_gt(at, 100); /* it did fail that often before */
        break;
      }
      ck_assert_msg(status == ATR_E_NOMEM, "allocation %lld: %s: %s", (long long)at, atr_status_name(status),
                    error.text);
    }
}
END_TEST

START_TEST(recurrent_layers_follow_the_order_of_x) {
  for (int k = 0; k < 4; k++) {
    atr_error error = ATR_ERROR_INIT;
    const int both = k / 2;
    atr_model *m = fresh(1);
    const atr_shape shape = { 3, { -1, -1, 5 } };
    static const char *const relu[] = { "Relu", "Relu" };
    atr_recurrent_params p = ATR_RECURRENT_PARAMS_INIT;
    p.name = "layer";
    p.hidden = 4;
    p.batch_first = k % 2;
    p.direction = both ? ATR_DIRECTION_BOTH : ATR_DIRECTION_REVERSE;
    p.activations = relu;
    p.n_activations = both ? 2 : 1;
    const atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape), zero = { 0 };
    atr_value last;
    atr_model_add_output(m, "y", atr_model_rnn(m, &p, x, zero, &last));
    atr_model_add_output(m, "last", last);
    must(atr_model_check(m, &error));
    const atr_shape y = atr_model_output(m, 0).shape, end = atr_model_output(m, 1).shape;
    ck_assert_int_eq(y.rank, 3);
    ck_assert_int_eq(y.dim[0], -1);
    ck_assert_int_eq(y.dim[1], -1);
    ck_assert_int_eq(y.dim[2], both ? 8 : 4);
    ck_assert_int_eq(end.dim[0], both ? 2 : 1);
    ck_assert_int_eq(end.dim[1], -1);
    ck_assert_int_eq(end.dim[2], 4);
    ck_assert_int_ne(atr__model_find(m, "layer.weight"), 0);
    ck_assert_int_eq(atr__model_at(m, atr__model_find(m, "layer.recurrent"))->learns, 1);
    atr_model_destroy(m);
  }
}
END_TEST

START_TEST(recurrent_matrices_begin_as_asked) {
  atr_error error = ATR_ERROR_INIT;
  for (int init = ATR_RECURRENT_ORTHOGONAL; init <= ATR_RECURRENT_IDENTITY; init++) {
    enum { HID = 5, GATES = 4 };
    atr_model *m = fresh(1);
    const atr_shape shape = { 3, { -1, 1, 2 } };
    const atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape), zero = { 0 };
    atr_recurrent_params p = ATR_RECURRENT_PARAMS_INIT;
    p.hidden = HID, p.name = "layer", p.init = (atr_recurrent_init)init, p.forget_bias = 1;
    p.direction = ATR_DIRECTION_BOTH;
    atr_model_add_output(m, "y", atr_model_lstm(m, &p, x, zero, zero, NULL, NULL));
    must(atr_model_check(m, &error));
    const float *r = atr__model_at(m, atr__model_find(m, "layer.recurrent"))->init->data,
                *b = atr__model_at(m, atr__model_find(m, "layer.bias"))->init->data;
    for (int block = 0; block < 2 * GATES; block++, r += HID * HID)
      for (int i = 0; i < HID; i++)
        for (int k = 0; k < HID; k++) { /* R·Rᵀ is the identity, and R itself only where it was asked for */
          double sum = 0;
          for (int j = 0; j < HID; j++) sum += (double)r[i * HID + j] * (double)r[k * HID + j];
          ck_assert_double_eq_tol(sum, i == k, 1e-6);
          ck_assert_int_eq(r[i * HID + k] == (float)(i == k) && i == k,
                           init == ATR_RECURRENT_IDENTITY && i == k);
        }
    for (int d = 0; d < 2; d++)
      for (int k = 0; k < 8 * HID; k++) ck_assert_float_eq(b[d * 8 * HID + k], k / HID == 2 ? 1 : 0);
    atr_model_destroy(m);
  }
}
END_TEST

START_TEST(a_continuous_layer_has_its_weights_and_shape) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = fresh(1);
  const atr_shape shape = { 3, { -1, -1, 3 } };
  const atr_value u = atr_model_add_input(m, "u", ATR_F32, &shape), zero = { 0 };
  atr_continuous_params p = ATR_CONTINUOUS_PARAMS_INIT;
  p.hidden = 6, p.name = "field", p.tau = 0.5f, p.learn_tau = 1, p.activation = "Relu";
  atr_model_add_output(m, "x", atr_model_continuous_rnn(m, &p, u, zero));
  must(atr_model_check(m, &error));
  const atr_shape out = atr_model_output(m, 0).shape;
  ck_assert_int_eq(out.rank, 3);
  ck_assert_int_eq(out.dim[0], -1);
  ck_assert_int_eq(out.dim[1], -1);
  ck_assert_int_eq(out.dim[2], 6);
  const atr__value *tau = atr__model_at(m, atr__model_find(m, "field.tau"));
  ck_assert_int_eq(tau->learns, 1);
  ck_assert_float_eq(((const float *)tau->init->data)[5], 0.5f);
  ck_assert_int_eq(atr__model_at(m, atr__model_find(m, "field.recurrent"))->init->count, 36);
  p.activation = "Step", p.name = "other";
  atr_model_continuous_rnn(m, &p, u, zero);
  must_fail(atr_model_check(m, &error), ATR_E_PARAM, "activation \"Step\" is not known");
  atr_model_destroy(m);
}
END_TEST

START_TEST(recurrent_layers_go_on_top_of_each_other) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = fresh(1);
  const atr_shape shape = { 3, { -1, 7, 2 } };
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape), zero = { 0 };
  atr_recurrent_params p = ATR_RECURRENT_PARAMS_INIT;
  atr_value last, cells;
  p.hidden = 3;
  p.batch_first = 1;
  p.direction = ATR_DIRECTION_BOTH;
  atr_value y = atr_model_lstm(m, &p, x, zero, zero, &last, &cells);
  y = atr_model_lstm(m, &p, y, last, cells, NULL, NULL);
  y = atr_model_gru(m, &p, 1, y, last, NULL);
  atr_model_add_output(m, "y", atr_model_gru(m, &p, 0, y, zero, NULL));
  must(atr_model_check(m, &error));
  const atr_shape out = atr_model_output(m, 0).shape;
  ck_assert_int_eq(out.rank, 3);
  ck_assert_int_eq(out.dim[0], -1);
  ck_assert_int_eq(out.dim[1], 7);
  ck_assert_int_eq(out.dim[2], 6);
  p.hidden = 0;
  atr_model_gru(m, &p, 0, x, zero, NULL);
  ck_assert_int_eq(atr_model_check(m, &error), ATR_E_PARAM);
  atr_model_destroy(m);
}
END_TEST

int main(void) {
  const TTest *const tests[] = { free_sizes_stay_free_and_channels_are_known,
                                 builder_keeps_its_first_failure,
                                 builder_says_what_is_wrong,
                                 normalizations_start_with_scale_1_and_bias_0,
                                 weights_come_from_the_seed_with_hes_variance,
                                 layers_say_what_they_train,
                                 layers_that_enlarge_and_pool_have_the_sizes_that_are_promised,
                                 metadata_is_set_replaced_listed_and_removed,
                                 an_input_can_be_an_output_and_a_value_two,
                                 recurrent_layers_follow_the_order_of_x,
                                 recurrent_matrices_begin_as_asked,
                                 a_continuous_layer_has_its_weights_and_shape,
                                 recurrent_layers_go_on_top_of_each_other,
                                 running_out_of_memory_while_building_is_kept_and_leaves_nothing };
  return test_run(test_suite("builder", tests, sizeof tests / sizeof *tests, 60));
}
