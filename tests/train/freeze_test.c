/* freeze_test.c: weights that stay as they are: which patterns name them, what the others learn meanwhile (by
 * hand), and normalizations that keep their statistics. */
#include "config.h"

#include "train_test.h"

/* y = c (b (a x)), three weights without bias. */
static atr_model *chain(void) {
  const atr_shape shape = { 3, { 1, 1, 2 } };
  static const char *const names[] = { "front.a", "front.b", "head" };
  atr_model *m = new_model(1);
  atr_value v = atr_model_add_input(m, "x", ATR_F32, &shape);
  for (int i = 0; i < 3; i++) {
    atr_conv_params p = ATR_CONV_PARAMS_INIT;
    p.name = names[i];
    p.bias = 0;
    v = atr_model_conv(m, &p, v);
  }
  atr_model_add_output(m, "y", v);
  return m;
}

static float weight(atr_trainer *t, const char *name) {
  float v = 0;
  GOOD(atr_trainer_read(t, name, &v, sizeof v), t);
  return v;
}

START_TEST(what_is_frozen_stays_and_the_rest_takes_its_own_step) {
  static const char *const freeze[] = { "front.*" };
  static const float x[2] = { 1, 2 }, target[2] = { 0, 0 };
  const atr_shape shape = { 3, { 1, 1, 2 } };
  FOR_EACH_BACKEND(context) {
    atr_model *m = chain();
    atr_train_params p = ATR_TRAIN_PARAMS_INIT;
    p.optimizer = ATR_SGD;
    p.momentum = 0;
    p.clip_norm = 0;
    p.learning_rate = 0.5f;
    p.freeze = freeze;
    p.n_freeze = 1;
    atr_trainer *t = new_trainer(m, context, &shape, &p);
    const float a = weight(t, "front.a.weight"), b = weight(t, "front.b.weight"),
                c = weight(t, "head.weight");
    GOOD(atr_trainer_step(t, x, target, NULL), t);
    ck_assert_float_eq(weight(t, "front.a.weight"), a);
    ck_assert_float_eq(weight(t, "front.b.weight"), b);
    /* L = mean (abc x)² = 2.5 (abc)²; dL/dc = 5 (ab)² c */
    ck_assert_float_eq_tol(weight(t, "head.weight"), c - 0.5f * 5 * a * a * b * b * c, 1e-5f * fabsf(c));
    float none;
    ck_assert_int_eq(atr_trainer_read(t, "front.a.weight.grad", &none, sizeof none), ATR_E_PARAM);
    /* Frozen weights are weights all the same: a trainer of the exported model may learn them. */
    atr_model *exported = NULL;
    ck_assert_int_eq(atr_trainer_export(t, NULL, &exported), ATR_OK);
    p.n_freeze = 0;
    atr_trainer *again = new_trainer(exported, context, &shape, &p);
    GOOD(atr_trainer_step(again, x, target, NULL), again);
    ck_assert_float_ne(weight(again, "front.a.weight"), a);
    atr_trainer_destroy(again);
    atr_trainer_destroy(t);
    atr_model_destroy(exported);
    atr_model_destroy(m);
  }
}
END_TEST

START_TEST(a_normalization_with_frozen_statistics_trains_by_them) {
  enum { N = 2, C = 3, T = 4 };
  static const char *const freeze[] = { "n.*mean", "n.*var" };
  const atr_shape shape = { 3, { N, C, T } };
  float x[N * C * T], target[N * C * T], before[C], after[C], loss = 0, predicted = 0;
  fill(x, N * C * T, 3);
  fill(target, N * C * T, 4);
  FOR_EACH_BACKEND(context) {
    atr_model *m = new_model(2);
    atr_value v = atr_model_add_input(m, "x", ATR_F32, &shape);
    v = conv(m, "c", C, 1, 1, ATR_PAD_VALID, v);
    atr_model_add_output(m, "y", atr_model_batch_normalization(m, "n", 1e-5f, 0.9f, v));
    atr_train_params p = ATR_TRAIN_PARAMS_INIT;
    p.freeze = freeze;
    p.n_freeze = 2;
    atr_trainer *t = new_trainer(m, context, &shape, &p);
    GOOD(atr_trainer_read(t, "n.running_mean", before, sizeof before), t);
    GOOD(atr_trainer_evaluate(t, x, target, &predicted), t);
    GOOD(atr_trainer_step(t, x, target, &loss), t);
    ck_assert_float_eq_tol(loss, predicted, 1e-5f * predicted); /* one and the same form */
    for (int i = 0; i < 20; i++) GOOD(atr_trainer_step(t, x, target, &loss), t);
    ck_assert_float_lt(loss, predicted);
    GOOD(atr_trainer_read(t, "n.running_mean", after, sizeof after), t);
    for (int c = 0; c < C; c++) ck_assert_float_eq(before[c], after[c]);
    atr_trainer_destroy(t);
    atr_model_destroy(m);
  }
}
END_TEST

START_TEST(a_pattern_that_freezes_nothing_is_refused) {
  static const char *const wrong[] = { "head*", "back?.*" };
  const atr_shape shape = { 3, { 1, 1, 2 } };
  atr_error error = ATR_ERROR_INIT;
  atr_trainer *t = NULL;
  atr_model *m = chain();
  atr_train_params p = ATR_TRAIN_PARAMS_INIT;
  p.freeze = wrong;
  p.n_freeze = 2;
  ck_assert_int_eq(atr_trainer_create(m, context_at(0), &shape, 1, &p, &error, &t), ATR_E_PARAM);
  ck_assert_str_eq(error.text, "freeze pattern \"back?.*\" matches no weight of the model");
  static const char *const all[] = { "*" };
  p.freeze = all;
  p.n_freeze = 1;
  ck_assert_int_eq(atr_trainer_create(m, context_at(0), &shape, 1, &p, &error, &t), ATR_E_PARAM);
  ck_assert_ptr_nonnull(strstr(error.text, "no weight that learns"));
  atr_model_destroy(m);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("freeze");
  TCase *test = tcase_create("freeze");
  tcase_add_test(test, what_is_frozen_stays_and_the_rest_takes_its_own_step);
  tcase_add_test(test, a_normalization_with_frozen_statistics_trains_by_them);
  tcase_add_test(test, a_pattern_that_freezes_nothing_is_refused);
  suite_add_tcase(suite, test);
  return run_tests(suite);
}
