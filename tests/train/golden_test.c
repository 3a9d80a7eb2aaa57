/* golden_test.c: networks trained as PyTorch trained them, from its weights, twenty steps: the loss of
 * every step, the first step's gradients and the final weights. */
#include "config.h"

#include "golden.h"
#include "train_test.h"

#include "model/graph.h"

/* Gives the model's weights PyTorch's values, by name. */
static void set_weights(atr_model *model, json_t *one) {
  const char *name;
  json_t *value;
  json_object_foreach(json_object_get(one, "params_initial"), name, value) {
    atr_shape shape;
    double *v = golden_values(one, "params_initial", name, &shape);
    const int id = atr__model_find(model, name);
    ck_assert_msg(id != 0, "the model has no weight %s", name);
    atr__blob *blob = NULL;
    ck_assert_int_eq(atr__blob_create(ATR_F32, &shape, NULL, NULL, &blob), ATR_OK);
    for (int64_t i = 0; i < blob->count; i++) ((float *)blob->data)[i] = (float)v[i];
    ck_assert_int_eq(atr__model_replace(model, id, blob, NULL), ATR_OK);
    atr__blob_release(blob);
    free(v);
  }
}

/* All but `skip`: the bias in front of a normalization has no effect, so that its gradient is rounding alone,
 * which Adam enlarges to steps. */
static void compare(atr_trainer *t, json_t *one, const char *group, const char *suffix, const char *skip,
                    double tolerance) {
  const char *name;
  json_t *value;
  json_object_foreach(json_object_get(one, group), name, value) {
    char full[128];
    atr_shape shape;
    if (skip && !strcmp(skip, name)) continue;
    snprintf(full, sizeof full, "%s%s", name, suffix);
    double *want = golden_values(one, group, name, &shape);
    int64_t count = 1;
    double most = 0;
    for (int i = 0; i < shape.rank; i++) count *= shape.dim[i];
    float *got = malloc((size_t)count * sizeof *got);
    ck_assert_ptr_nonnull(got);
    GOOD(atr_trainer_read(t, full, got, (size_t)count * sizeof *got), t);
    for (int64_t i = 0; i < count; i++) most = fmax(most, fabs(want[i]));
    for (int64_t i = 0; i < count; i++)
      ck_assert_msg(fabs((double)got[i] - want[i]) <= tolerance * fmax(most, 1e-3),
                    "%s[%lld] is %.9g, must be %.9g", full, (long long)i, (double)got[i], want[i]);
    free(got);
    free(want);
  }
}

static void train_as_pytorch(const atr_model *model, json_t *one, const atr_train_params *params, int labels,
                             const char *skip) {
  atr_shape xs, ts;
  double *x = golden_values(one, "inputs", "x", &xs), *target = golden_values(one, "inputs", "target", &ts);
  json_t *losses = json_object_get(one, "losses");
  int64_t nx = 1, nt = 1;
  for (int i = 0; i < xs.rank; i++) nx *= xs.dim[i];
  for (int i = 0; i < ts.rank; i++) nt *= ts.dim[i];
  float *xf = malloc((size_t)nx * sizeof *xf);
  void *tf = malloc((size_t)nt * 4);
  ck_assert(xf && tf);
  for (int64_t i = 0; i < nx; i++) xf[i] = (float)x[i];
  for (int64_t i = 0; i < nt; i++)
    if (labels)
      ((int32_t *)tf)[i] = (int32_t)target[i];
    else
      ((float *)tf)[i] = (float)target[i];
  FOR_EACH_BACKEND(context) {
    atr_trainer *t = new_trainer(model, context, &xs, params);
    for (size_t i = 0; i < json_array_size(losses); i++) {
      float loss = 0;
      GOOD(atr_trainer_step(t, xf, tf, &loss), t);
      const double want = json_number_value(json_array_get(losses, i));
      ck_assert_msg(fabs((double)loss - want) <= 1e-4 * want, "step %zu: loss %.9g, must be %.9g", i,
                    (double)loss, want);
      if (!i) compare(t, one, "grads_step0", ".grad", skip, 1e-4);
    }
    compare(t, one, "params_final", "", skip, 1e-3);
    atr_trainer_destroy(t);
  }
  free(x), free(target), free(xf), free(tf);
}

START_TEST(a_residual_tcn_learns_as_in_pytorch_with_adam) {
  json_t *root = golden_load("train_tcn_sp500_adam.json");
  if (!root) return;
  json_t *one = json_array_get(json_object_get(root, "cases"), 0);
  const atr_shape shape = { 3, { 3, 1, 1088 } };
  atr_model *m = new_model(1);
  atr_value h = conv(m, "inp", 6, 1, 1, ATR_PAD_VALID, atr_model_add_input(m, "x", ATR_F32, &shape));
  for (int i = 0; i < 10; i++) {
    char name[64];
    snprintf(name, sizeof name, "blocks.%d.conv1", i);
    const atr_value u = atr_model_relu(m, conv(m, name, 6, 2, 1 << i, ATR_PAD_CAUSAL, h));
    snprintf(name, sizeof name, "blocks.%d.conv2", i);
    h = atr_model_add2(m, h, conv(m, name, 6, 1, 1, ATR_PAD_VALID, u));
  }
  h = conv(m, "out", 1, 1, 1, ATR_PAD_VALID, h);
  atr_model_add_output(m, "y", atr_model_slice(m, 2, -64, INT64_MAX, h));
  atr_error error = ATR_ERROR_INIT;
  ck_assert_msg(!atr_model_check(m, &error), "%s", error.text);
  set_weights(m, one);
  atr_train_params p = ATR_TRAIN_PARAMS_INIT;
  p.clip_norm = 0;
  train_as_pytorch(m, one, &p, 0, NULL);
  atr_model_destroy(m);
  json_decref(root);
}
END_TEST

START_TEST(a_small_u_net_learns_as_in_pytorch_with_momentum) {
  json_t *root = golden_load("train_unet_bilinear_dsb_sgd.json");
  if (!root) return;
  json_t *one = json_array_get(json_object_get(root, "cases"), 0);
  const atr_shape shape = { 4, { 4, 1, 32, 32 } };
  const float twice[2] = { 2, 2 };
  atr_model *m = new_model(1);
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape);
  const atr_value a = atr_model_relu(m, conv(m, "c1", 6, 3, 1, ATR_PAD_SAME, x));
  atr_conv_params pool = ATR_CONV_PARAMS_INIT;
  pool.filter[0] = pool.filter[1] = pool.stride[0] = pool.stride[1] = 2;
  const atr_value b =
      atr_model_relu(m, conv(m, "c2", 8, 3, 1, ATR_PAD_SAME, atr_model_max_pool(m, &pool, a)));
  const atr_value both[2] = { atr_model_upsample(m, twice, b), a };
  const atr_value c =
      atr_model_relu(m, conv(m, "c3", 6, 3, 1, ATR_PAD_SAME, atr_model_concat(m, 1, both, 2)));
  atr_model_add_output(m, "y", atr_model_softmax(m, 1, 1, conv(m, "c4", 2, 1, 1, ATR_PAD_VALID, c)));
  atr_error error = ATR_ERROR_INIT;
  ck_assert_msg(!atr_model_check(m, &error), "%s", error.text);
  set_weights(m, one);
  atr_train_params p = ATR_TRAIN_PARAMS_INIT;
  p.loss = ATR_LOSS_CROSS_ENTROPY;
  p.optimizer = ATR_SGD;
  p.learning_rate = 0.1f;
  p.clip_norm = 0;
  train_as_pytorch(m, one, &p, 1, NULL);
  atr_model_destroy(m);
  json_decref(root);
}
END_TEST

START_TEST(a_network_with_unpooling_learns_as_in_pytorch_with_adam) {
  json_t *root = golden_load("train_segnet_unpool_dsb_adam.json");
  if (!root) return;
  json_t *one = json_array_get(json_object_get(root, "cases"), 0);
  const atr_shape shape = { 4, { 4, 1, 32, 32 } };
  atr_model *m = new_model(1);
  atr_conv_params pool = ATR_CONV_PARAMS_INIT;
  pool.filter[0] = pool.filter[1] = pool.stride[0] = pool.stride[1] = 2;
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape);
  const atr_value a = atr_model_relu(
      m, atr_model_batch_normalization(m, "b1", 1e-5f, 0.9f, conv(m, "c1", 6, 3, 1, ATR_PAD_SAME, x)));
  atr_value indices;
  const atr_value p2 = atr_model_max_pool_indices(m, &pool, a, &indices);
  const atr_value b = atr_model_relu(m, conv(m, "c2", 8, 3, 2, ATR_PAD_SAME, p2));
  const atr_value c = atr_model_relu(m, conv(m, "c3", 6, 3, 4, ATR_PAD_SAME, b));
  const atr_value up = atr_model_max_unpool(m, &pool, c, indices, a);
  atr_model_add_output(m, "y", conv(m, "c4", 1, 3, 1, ATR_PAD_SAME, up));
  atr_error error = ATR_ERROR_INIT;
  ck_assert_msg(!atr_model_check(m, &error), "%s", error.text);
  set_weights(m, one);
  atr_train_params p = ATR_TRAIN_PARAMS_INIT;
  p.loss = ATR_LOSS_BINARY;
  p.learning_rate = 0.01f;
  p.clip_norm = 0;
  train_as_pytorch(m, one, &p, 0, "c1.bias");
  atr_model_destroy(m);
  json_decref(root);
}
END_TEST

/* PyTorch's weight [gates·hid][…] with its blocks in ONNX's order. */
static atr_value blocks(atr_model *m, const char *name, int64_t gates, const int *from, int64_t hid,
                        int64_t width) {
  const atr_shape shape = { width ? 2 : 1, { gates * hid, width } };
  const atr_value whole = atr_model_add_tensor(m, name, ATR_F32, &shape, NULL, 1);
  atr_value part[4];
  for (int k = 0; k < gates; k++) part[k] = atr_model_slice(m, 0, from[k] * hid, (from[k] + 1) * hid, whole);
  return atr_model_concat(m, 0, part, (size_t)gates);
}

static void recurrent_as_pytorch(const char *file, const char *op, int64_t gates, const int *from) {
  enum { STEPS = 40, SAMPLES = 16, HID = 8 };
  json_t *root = golden_load(file);
  if (!root) return;
  json_t *one = json_array_get(json_object_get(root, "cases"), 0);
  const atr_shape shape = { 3, { STEPS, SAMPLES, 1 } };
  const int64_t w[3] = { 1, gates * HID, 1 }, r[3] = { 1, gates * HID, HID }, b[2] = { 1, 2 * gates * HID },
                rows[2] = { SAMPLES, HID };
  atr_model *m = new_model(1);
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape);
  const atr_value both[2] = { blocks(m, "r.bias_ih_l0", gates, from, HID, 0),
                              blocks(m, "r.bias_hh_l0", gates, from, HID, 0) };
  const atr_value in[4] = { x, atr_model_reshape(m, w, 3, blocks(m, "r.weight_ih_l0", gates, from, HID, 1)),
                            atr_model_reshape(m, r, 3, blocks(m, "r.weight_hh_l0", gates, from, HID, HID)),
                            atr_model_reshape(m, b, 2, atr_model_concat(m, 0, both, 2)) };
  const atr_attribute linear = { .name = "linear_before_reset", .kind = ATR_ATTRIBUTE_INT, .i = 1 };
  atr_value out[2];
  atr_model_add(m, NULL, op, NULL, in, 4, &linear, gates == 3, out, 2);
  atr_model_add_output(m, "y", atr_model_dense(m, "l", 1, atr_model_reshape(m, rows, 2, out[1])));
  atr_error error = ATR_ERROR_INIT;
  ck_assert_msg(!atr_model_check(m, &error), "%s", error.text);
  set_weights(m, one);
  atr_train_params p = ATR_TRAIN_PARAMS_INIT;
  p.learning_rate = 0.01f;
  p.clip_norm = 0;
  train_as_pytorch(m, one, &p, 0, NULL);
  atr_model_destroy(m);
  json_decref(root);
}

START_TEST(an_lstm_learns_as_in_pytorch_with_adam) {
  recurrent_as_pytorch("train_lstm_sp500_adam.json", "LSTM", 4, (const int[]){ 0, 3, 1, 2 });
}
END_TEST

START_TEST(a_gru_learns_as_in_pytorch_with_adam) {
  recurrent_as_pytorch("train_gru_sp500_adam.json", "GRU", 3, (const int[]){ 1, 0, 2 });
}
END_TEST

int main(void) {
  Suite *suite = suite_create("golden");
  TCase *tests = tcase_create("golden");
  tcase_set_timeout(tests, 300);
  tcase_add_test(tests, a_residual_tcn_learns_as_in_pytorch_with_adam);
  tcase_add_test(tests, a_small_u_net_learns_as_in_pytorch_with_momentum);
  tcase_add_test(tests, a_network_with_unpooling_learns_as_in_pytorch_with_adam);
  tcase_add_test(tests, an_lstm_learns_as_in_pytorch_with_adam);
  tcase_add_test(tests, a_gru_learns_as_in_pytorch_with_adam);
  suite_add_tcase(suite, tests);
  return run_tests(suite);
}
