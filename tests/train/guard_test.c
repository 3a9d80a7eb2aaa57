/* guard_test.c: each trouble that the guard knows, made on purpose: named with tensor, node and advice,
 * weights left as they were. */
#include "config.h"

#include "train_test.h"

#include "train/trainer.h"

enum { N = 8, F = 4 };
static const atr_shape shape = { 2, { N, F } };

static void read(atr_trainer *t, const char *name, float *v, size_t n) {
  GOOD(atr_trainer_read(t, name, v, n * sizeof *v), t);
}

/* The diagnosis of this kind, or a zero one. */
static atr_diagnosis find(atr_trainer *t, atr_trouble trouble) {
  atr_diagnosis list[8];
  size_t n = 0;
  for (int i = 0; i < 8; i++) list[i].size = sizeof *list;
  GOOD(atr_trainer_diagnose(t, list, 8, &n), t);
  for (size_t i = 0; i < n && i < 8; i++)
    if (list[i].trouble == trouble) return list[i];
  return (atr_diagnosis){ 0 };
}

static void says(const char *text, const char *words) {
  ck_assert_msg(strstr(text, words) != NULL, "\"%s\" is not in: %s", words, text);
}

/* A step that must fail, with words in its sentence, and change nothing of `weight`. */
static void fails(atr_trainer *t, const float *x, const float *y, const char *weight, size_t n,
                  atr_trouble trouble, const char *tensor, const char *node, const char *advice) {
  float before[64], after[64];
  ck_assert_uint_le(n, 64);
  read(t, weight, before, n);
  const int64_t steps = atr_trainer_steps(t);
  ck_assert_int_eq(atr_trainer_step(t, x, y, NULL), ATR_E_NONFINITE);
  ck_assert_int_eq(atr_trainer_steps(t), steps);
  read(t, weight, after, n);
  ck_assert_int_eq(memcmp(before, after, n * sizeof *before), 0);
  const atr_diagnosis d = find(t, trouble);
  ck_assert_msg(d.trouble == trouble, "not found; the sentence is: %s", atr_trainer_error(t));
  ck_assert_str_eq(d.tensor, tensor);
  ck_assert_str_eq(d.node, node);
  says(atr_trainer_error(t), d.text);
  says(d.text, advice);
}

static atr_model *linear(void) {
  atr_model *m = new_model(1);
  atr_model_add_output(m, "y", atr_model_dense(m, "dense", 1, atr_model_add_input(m, "x", ATR_F32, &shape)));
  return m;
}

START_TEST(input_that_is_not_finite_is_named) {
  float x[N * F], y[N];
  fill(x, N * F, 1);
  fill(y, N, 2);
  FOR_EACH_BACKEND(context) {
    atr_model *m = linear();
    atr_trainer *t = new_trainer(m, context, &shape, NULL);
    GOOD(atr_trainer_step(t, x, y, NULL), t);
    x[5] = NAN;
    fails(t, x, y, "dense.weight", F, ATR_TROUBLE_INPUT, "x", "dense", "element 5");
    x[5] = 0;
    y[3] = INFINITY;
    fails(t, x, y, "dense.weight", F, ATR_TROUBLE_INPUT, "y.target", "", "element 3");
    y[3] = 0;
    GOOD(atr_trainer_step(t, x, y, NULL), t); /* and on it goes */
    atr_trainer_destroy(t);
    atr_model_destroy(m);
  }
}
END_TEST

START_TEST(a_node_that_makes_nan_of_ordinary_numbers_is_named) {
  float x[N * F], y[N * F];
  fill(x, N * F, 1); /* half of them negative */
  fill(y, N * F, 2);
  FOR_EACH_BACKEND(context) {
    atr_model *m = new_model(1);
    const atr_value h = atr_model_dense(m, "dense", F, atr_model_add_input(m, "x", ATR_F32, &shape));
    atr_value root;
    atr_model_add(m, NULL, "Sqrt", "root", &h, 1, NULL, 0, &root, 1);
    atr_model_add_output(m, "y", root);
    atr_trainer *t = new_trainer(m, context, &shape, NULL);
    fails(t, x, y, "dense.weight", F * F, ATR_TROUBLE_NONFINITE, "y", "root", "Sqrt");
    atr_trainer_destroy(t);
    atr_model_destroy(m);
  }
}
END_TEST

START_TEST(exploding_gradients_are_told_and_the_weights_stay_finite) {
  float x[N * F], y[N], w[F];
  fill(x, N * F, 1);
  fill(y, N, 2);
  for (int i = 0; i < N * F; i++) x[i] *= 100;
  FOR_EACH_BACKEND(context) {
    atr_model *m = linear();
    atr_train_params p = ATR_TRAIN_PARAMS_INIT;
    p.optimizer = ATR_SGD;
    p.learning_rate = 1e-3f; /* far above 2 / the largest curvature: every step multiplies the error */
    p.momentum = 0;
    p.clip_norm = 0;
    atr_trainer *t = new_trainer(m, context, &shape, &p);
    atr_status status = ATR_OK;
    int warned = 0;
    for (int i = 0; i < 60 && !status; i++) {
      status = atr_trainer_step(t, x, y, NULL);
      if (!status && i >= 8 && find(t, ATR_TROUBLE_EXPLODING).trouble) warned = 1;
    }
    ck_assert_int_eq(status, ATR_E_NONFINITE);
    ck_assert(warned); /* before it broke */
    const atr_diagnosis d = find(t, ATR_TROUBLE_EXPLODING);
    ck_assert_msg(d.trouble == ATR_TROUBLE_EXPLODING, "%s", atr_trainer_error(t));
    ck_assert_msg(*d.tensor && *d.node, "%s", d.text);
    says(d.text, "clip_norm");
    says(d.text, "learning rate");
    read(t, "dense.weight", w, F);
    for (int i = 0; i < F; i++) ck_assert(isfinite(w[i]));
    atr_trainer_destroy(t);
    p.clip_norm = 1; /* the advice helps */
    p.learning_rate = 1e-5f;
    t = new_trainer(m, context, &shape, &p);
    for (int i = 0; i < 60; i++) GOOD(atr_trainer_step(t, x, y, NULL), t);
    ck_assert(!find(t, ATR_TROUBLE_EXPLODING).trouble);
    atr_trainer_destroy(t);
    atr_model_destroy(m);
  }
}
END_TEST

START_TEST(a_recurrent_layer_that_explodes_is_told_what_is_left_to_do) {
  static const char *const relu[] = { "Relu" };
  enum { T = 40, HID = 8 };
  const atr_shape seq = { 3, { T, 1, 1 } };
  float x[T], y[HID];
  for (int i = 0; i < T; i++) x[i] = 1;
  for (int i = 0; i < HID; i++) y[i] = 1000; /* upwards, where Relu does not die */
  FOR_EACH_BACKEND(context) {
    const atr_value none = { 0 };
    atr_value last;
    atr_model *m = NULL;
    atr_error error = ATR_ERROR_INIT;
    ck_assert(!atr_model_create(1, &error, &m));
    atr_recurrent_params r = ATR_RECURRENT_PARAMS_INIT;
    r.hidden = HID;
    r.activations = relu;
    r.n_activations = 1;
    r.init = ATR_RECURRENT_IDENTITY;
    atr_model_rnn(m, &r, atr_model_add_input(m, "x", ATR_F32, &seq), none, &last);
    atr_model_add_output(m, "y", last);
    atr_train_params p = ATR_TRAIN_PARAMS_INIT;
    p.learning_rate = 3;
    atr_trainer *t = new_trainer(m, context, &seq, &p);
    atr_status status = ATR_OK;
    for (int i = 0; i < 20 && !status; i++) status = atr_trainer_step(t, x, y, NULL);
    ck_assert_int_eq(status, ATR_E_NONFINITE);
    const char *said = atr_trainer_error(t);
    says(said, "(RNN)");
    says(said, "rotation");
    ck_assert_msg(!strstr(said, "clip_norm"), "%s", said); /* it is set */
    atr_trainer_destroy(t);
    atr_model_destroy(m);
  }
}
END_TEST

static atr_model *normalized(float epsilon) {
  atr_model *m = new_model(1);
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape);
  atr_model_add_output(
      m, "y", atr_model_dense(m, "dense", 1, atr_model_batch_normalization(m, "bn", epsilon, 0.9f, x)));
  return m;
}

START_TEST(a_constant_channel_before_a_normalization_is_told) {
  float x[N * F], y[N], mean[F];
  fill(x, N * F, 1);
  fill(y, N, 2);
  for (int i = 0; i < N; i++) x[i * F + 2] = 3;
  FOR_EACH_BACKEND(context) {
    atr_model *m = normalized(0); /* 0 / 0 */
    atr_trainer *t = new_trainer(m, context, &shape, NULL);
    fails(t, x, y, "dense.weight", F, ATR_TROUBLE_ZERO_VARIANCE, "x", "bn", "epsilon");
    says(atr_trainer_error(t), "channel 2");
    read(t, "bn.running_mean", mean, F); /* not touched either */
    for (int i = 0; i < F; i++) ck_assert(mean[i] >= 0 && mean[i] <= 0);
    atr_trainer_destroy(t);
    atr_model_destroy(m);
    m = normalized(1e-5f); /* finite, so a warning */
    t = new_trainer(m, context, &shape, NULL);
    GOOD(atr_trainer_step(t, x, y, NULL), t);
    const atr_diagnosis d = find(t, ATR_TROUBLE_ZERO_VARIANCE);
    ck_assert_int_eq(d.trouble, ATR_TROUBLE_ZERO_VARIANCE);
    ck_assert_str_eq(d.tensor, "x");
    ck_assert_str_eq(d.node, "bn");
    says(d.text, "1 of 4 channels");
    atr_trainer_destroy(t);
    atr_model_destroy(m);
  }
}
END_TEST

static atr_model *deep(int relu) {
  atr_model *m = new_model(1);
  atr_value v = atr_model_add_input(m, "x", ATR_F32, &shape);
  for (int i = 0; i < 12; i++) {
    char name[32];
    snprintf(name, sizeof name, "layer%d", i);
    v = atr_model_dense(m, name, F, v);
    v = relu ? atr_model_tanh(m, v) : atr_model_sigmoid(m, atr_model_sigmoid(m, v));
  }
  atr_model_add_output(m, "y", atr_model_dense(m, "last", 1, v));
  return m;
}

START_TEST(vanishing_gradients_are_told_with_the_layer_where_they_die) {
  float x[N * F], y[N];
  fill(x, N * F, 1);
  fill(y, N, 2);
  FOR_EACH_BACKEND(context)
  for (int healthy = 0; healthy < 2; healthy++) {
    atr_model *m = deep(healthy);
    atr_trainer *t = new_trainer(m, context, &shape, NULL);
    GOOD(atr_trainer_step(t, x, y, NULL), t);
    const atr_diagnosis d = find(t, ATR_TROUBLE_VANISHING);
    if (healthy) {
      ck_assert_int_eq(d.trouble, 0);
    } else {
      ck_assert_int_eq(d.trouble, ATR_TROUBLE_VANISHING);
      ck_assert_str_eq(d.tensor, "layer0.weight");
      ck_assert_str_eq(d.node, "layer0");
      ck_assert(d.value < 1e-5);
      says(d.text, "residual");
    }
    atr_trainer_destroy(t);
    atr_model_destroy(m);
  }
}
END_TEST

START_TEST(overfitting_is_told_when_evaluations_rise_while_training_falls) {
  /* A wide net learns eight noisy answers by heart; the held-out ones have other noise. */
  float x[N * F], y[N], other[N * F], truth[N];
  fill(x, N * F, 1);
  fill(y, N, 2);
  fill(other, N * F, 3);
  fill(truth, N, 4);
  atr_context *context = context_at(0);
  atr_model *m = new_model(1);
  const atr_value h =
      atr_model_relu(m, atr_model_dense(m, "wide", 64, atr_model_add_input(m, "x", ATR_F32, &shape)));
  atr_model_add_output(m, "y", atr_model_dense(m, "last", 1, h));
  atr_train_params p = ATR_TRAIN_PARAMS_INIT;
  p.learning_rate = 0.003f;
  atr_trainer *t = new_trainer(m, context, &shape, &p);
  for (int i = 0; i < 12; i++) {
    for (int k = 0; k < 3; k++) GOOD(atr_trainer_step(t, x, y, NULL), t);
    GOOD(atr_trainer_evaluate(t, other, truth, NULL), t);
    GOOD(atr_trainer_evaluate(t, other, truth, NULL), t); /* two batches, one evaluation */
    if (i < 2) ck_assert(!find(t, ATR_TROUBLE_OVERFITTING).trouble);
  }
  ck_assert_uint_eq(t->guard.n_evaluations, 12);
  const atr_diagnosis d = find(t, ATR_TROUBLE_OVERFITTING);
  ck_assert_int_eq(d.trouble, ATR_TROUBLE_OVERFITTING);
  says(d.text, "weight decay");
  atr_trainer_destroy(t);
  t = new_trainer(m, context, &shape, &p); /* what is learned holds: the same data */
  for (int i = 0; i < 6; i++) {
    for (int k = 0; k < 40; k++) GOOD(atr_trainer_step(t, x, y, NULL), t);
    GOOD(atr_trainer_evaluate(t, x, y, NULL), t);
  }
  ck_assert(!find(t, ATR_TROUBLE_OVERFITTING).trouble);
  atr_trainer_destroy(t);
  atr_model_destroy(m);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("guard");
  TCase *tests = tcase_create("guard");
  tcase_set_timeout(tests, 300);
  tcase_add_test(tests, input_that_is_not_finite_is_named);
  tcase_add_test(tests, a_node_that_makes_nan_of_ordinary_numbers_is_named);
  tcase_add_test(tests, exploding_gradients_are_told_and_the_weights_stay_finite);
  tcase_add_test(tests, a_recurrent_layer_that_explodes_is_told_what_is_left_to_do);
  tcase_add_test(tests, a_constant_channel_before_a_normalization_is_told);
  tcase_add_test(tests, vanishing_gradients_are_told_with_the_layer_where_they_die);
  tcase_add_test(tests, overfitting_is_told_when_evaluations_rise_while_training_falls);
  suite_add_tcase(suite, tests);
  return run_tests(suite);
}
