/* carry_test.c: truncated backpropagation through time: windows as long as the series are the whole of it,
 * shorter ones give the gradients worked by hand with the border's cut; states end where a series does, apart
 * for evaluations, survive a checkpoint, and stay where a step fails. */
#include "train_test.h"

#include <unistd.h>

enum { HID = 3, FEATURES = 2, N = 2, T = 6 };

/* h' = w·x + r·h of one number, w = 1 and r = 0.5, loss the mean of h² over the window. */
static atr_model *linear(int64_t window, int64_t n) {
  static const float one = 1, half = 0.5f;
  static const char *const affine = "Affine";
  atr_model *m = new_model(1);
  const atr_shape x = { 3, { window, n, 1 } }, state = { 3, { 1, n, 1 } }, matrix = { 3, { 1, 1, 1 } };
  const atr_value none = { 0 };
  const atr_value in[6] = { atr_model_add_input(m, "x", ATR_F32, &x),
                            atr_model_add_tensor(m, "w", ATR_F32, &matrix, &one, 1),
                            atr_model_add_tensor(m, "r", ATR_F32, &matrix, &half, 1),
                            none,
                            none,
                            atr_model_add_input(m, "before", ATR_F32, &state) };
  const atr_attribute activations = {
    .name = "activations", .kind = ATR_ATTRIBUTE_STRINGS, .strings = &affine, .n = 1
  };
  atr_value out[2];
  atr_model_add(m, NULL, "RNN", NULL, in, 6, &activations, 1, out, 2);
  const int64_t dims[3] = { window, n, 1 };
  atr_model_add_output(m, "y", atr_model_reshape(m, dims, 3, out[0]));
  atr_model_add_output(m, "after", out[1]);
  ck_assert_int_eq(atr_model_check(m, NULL), ATR_OK);
  return m;
}

static atr_carry link_of(const char *output, const char *input) {
  atr_carry c = ATR_CARRY_INIT;
  c.output = output, c.input = input;
  return c;
}

static atr_train_params sgd(const atr_carry *carry, size_t n) {
  atr_train_params p = ATR_TRAIN_PARAMS_INIT;
  p.optimizer = ATR_SGD;
  p.momentum = 0, p.clip_norm = 0;
  p.learning_rate = 0.1f;
  p.carry = carry, p.n_carry = n;
  return p;
}

static atr_trainer *linear_trainer(atr_context *context, int64_t window, int64_t n) {
  const atr_carry carry = link_of("after", "before");
  const atr_train_params p = sgd(&carry, 1);
  const atr_shape shapes[2] = { { 3, { window, n, 1 } }, { 3, { 1, n, 1 } } };
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = linear(window, n);
  atr_trainer *t = NULL;
  if (atr_trainer_create(m, context, shapes, 2, &p, &error, &t)) ck_abort_msg("%s", error.text);
  atr_model_destroy(m);
  return t;
}

static double number(atr_trainer *t, const char *name) {
  float v;
  GOOD(atr_trainer_read(t, name, &v, sizeof v), t);
  return (double)v;
}

/* x = 1, 2: h = 1, 2.5; dw = 2.5·(2 + 0.5) + 1 = 7.25, dr = 2.5·1. Then w = 0.275, r = 0.25, and for x = -1,
 * 1 after 2.5: h = 0.35, 0.3625; h₀ is a constant, so dw = 0.3625·(1 - 0.25) - 0.35 = -0.078125 and dr =
 * 0.3625·(0.35 + 0.25·2.5) + 0.35·2.5 = 1.2284375. */
START_TEST(windows_give_the_gradients_worked_by_hand_with_the_border_cut) {
  static const float first[] = { 1, 2 }, second[] = { -1, 1 }, target[] = { 0, 0 };
  float loss;
  FOR_EACH_BACKEND(context) {
    atr_trainer *t = linear_trainer(context, 2, 1);
    GOOD(atr_trainer_step(t, first, target, &loss), t);
    ck_assert_double_eq_tol((double)loss, 3.625, 1e-6);
    ck_assert_double_eq_tol(number(t, "w.grad"), 7.25, 1e-6);
    ck_assert_double_eq_tol(number(t, "r.grad"), 2.5, 1e-6);
    GOOD(atr_trainer_step(t, second, target, &loss), t);
    ck_assert_double_eq_tol((double)loss, (0.35 * 0.35 + 0.3625 * 0.3625) / 2, 1e-6);
    ck_assert_double_eq_tol(number(t, "w.grad"), -0.078125, 1e-6);
    ck_assert_double_eq_tol(number(t, "r.grad"), 1.2284375, 1e-6);
    /* The series ends: from 0 again, with w = 0.2828125 and r = 0.12715625. */
    GOOD(atr_trainer_restart(t, 0, -1), t);
    GOOD(atr_trainer_step(t, first, target, &loss), t);
    const double w = 0.2828125, r = 0.12715625, b = 2 * w + r * w;
    ck_assert_double_eq_tol((double)loss, (w * w + b * b) / 2, 1e-6);
    ck_assert_double_eq_tol(number(t, "r.grad"), b * w, 1e-6);
    atr_trainer_destroy(t);
  }
}
END_TEST

/* With the weights as they begin: what a step without learning says of the state it began with. */
START_TEST(one_series_of_the_batch_ends_and_the_others_go_on) {
  static const float x[] = { 1, 10 }, target[] = { 0, 0 };
  const atr_carry carry = link_of("after", "before");
  atr_train_params p = sgd(&carry, 1);
  p.learning_rate = 0;
  const atr_shape shapes[2] = { { 3, { 1, 2, 1 } }, { 3, { 1, 2, 1 } } };
  float loss, set[2] = { 4, 0 };
  FOR_EACH_BACKEND(context) {
    atr_error error = ATR_ERROR_INIT;
    atr_model *m = linear(1, 2);
    atr_trainer *t = NULL;
    ck_assert_msg(!atr_trainer_create(m, context, shapes, 2, &p, &error, &t), "%s", error.text);
    atr_model_destroy(m);
    GOOD(atr_trainer_step(t, x, target, &loss), t); /* 1, 10 */
    ck_assert_float_eq(loss, (1 + 100) / 2.0f);
    GOOD(atr_trainer_step(t, x, target, &loss), t); /* 1.5, 15 */
    ck_assert_float_eq(loss, (2.25f + 225) / 2);
    GOOD(atr_trainer_restart(t, 0, 1), t);
    GOOD(atr_trainer_step(t, x, target, &loss), t); /* 1.75, 10 */
    ck_assert_float_eq(loss, (1.75f * 1.75f + 100) / 2);
    GOOD(atr_trainer_write(t, "before", set, sizeof set), t);
    GOOD(atr_trainer_step(t, x, target, &loss), t); /* 3, 10 */
    ck_assert_float_eq(loss, (9.0f + 100) / 2);
    ck_assert_int_eq(atr_trainer_restart(t, 0, 2), ATR_E_PARAM);
    ck_assert_ptr_nonnull(strstr(atr_trainer_error(t), "sample 2 of 2"));
    atr_trainer_destroy(t);
  }
}
END_TEST

START_TEST(evaluations_have_states_of_their_own) {
  static const float x[] = { 1 }, target[] = { 0 };
  float loss;
  FOR_EACH_BACKEND(context) {
    atr_trainer *t = linear_trainer(context, 1, 1);
    GOOD(atr_trainer_evaluate(t, x, target, &loss), t);
    ck_assert_float_eq(loss, 1);
    GOOD(atr_trainer_evaluate(t, x, target, &loss), t); /* 1 + 0.5·1 */
    ck_assert_float_eq(loss, 2.25f);
    GOOD(atr_trainer_step(t, x, target, &loss), t); /* from 0; dw = 2, dr = 0 */
    ck_assert_float_eq(loss, 1);
    GOOD(atr_trainer_evaluate(t, x, target, &loss), t); /* 0.8 + 0.5·1.5 */
    ck_assert_float_eq_tol(loss, 1.55f * 1.55f, 1e-6f);
    GOOD(atr_trainer_restart(t, 1, 0), t);
    GOOD(atr_trainer_evaluate(t, x, target, &loss), t);
    ck_assert_float_eq_tol(loss, 0.64f, 1e-6f);
    GOOD(atr_trainer_step(t, x, target, &loss), t); /* 0.8 + 0.5·1 */
    ck_assert_float_eq_tol(loss, 1.69f, 1e-6f);
    atr_trainer_destroy(t);
  }
}
END_TEST

/* An LSTM and a readout for windows of this length; `states`: its first states are inputs. */
static atr_trainer *lstm(atr_context *context, int64_t window, int states, atr_optimizer optimizer) {
  const atr_carry carry[2] = { link_of("h", "h0"), link_of("c", "c0") };
  const atr_shape shapes[3] = { { 3, { window, N, FEATURES } }, { 3, { 1, N, HID } }, { 3, { 1, N, HID } } };
  atr_model *m = new_model(5);
  atr_value x = atr_model_add_input(m, "x", ATR_F32, &shapes[0]), first[2] = { { 0 } }, last[2];
  for (int k = 0; k < states; k++)
    first[k] = atr_model_add_input(m, k ? "c0" : "h0", ATR_F32, &shapes[1 + k]);
  atr_recurrent_stack_params p = ATR_RECURRENT_STACK_PARAMS_INIT;
  atr_readout_params out = ATR_READOUT_PARAMS_INIT;
  p.layer.hidden = HID, p.layer.name = "lstm", out.name = "out";
  atr_model_add_output(m, "y", atr_model_readout(m, &out, atr_model_recurrent_stack(m, &p, x, first, last)));
  atr_model_add_output(m, "h", last[0]);
  atr_model_add_output(m, "c", last[1]);
  atr_train_params params = sgd(carry, (size_t)states);
  params.optimizer = optimizer;
  atr_error error = ATR_ERROR_INIT;
  atr_trainer *t = NULL;
  if (atr_trainer_create(m, context, shapes, (size_t)(1 + states), &params, &error, &t))
    ck_abort_msg("%s", error.text);
  atr_model_destroy(m);
  return t;
}

enum { WEIGHTS = 4 * HID * FEATURES + 4 * HID * HID + 8 * HID };
static void weights(atr_trainer *t, float v[WEIGHTS]) {
  GOOD(atr_trainer_read(t, "lstm.0.weight", v, 4 * HID * FEATURES * sizeof *v), t);
  GOOD(atr_trainer_read(t, "lstm.0.recurrent", v + 4 * HID * FEATURES, 4 * HID * HID * sizeof *v), t);
  GOOD(atr_trainer_read(t, "lstm.0.bias", v + 4 * HID * (FEATURES + HID), 8 * HID * sizeof *v), t);
}

START_TEST(windows_as_long_as_the_series_are_the_whole_of_it) {
  float x[T * N * FEATURES], y[T * N], got[2][WEIGHTS], loss[2];
  fill(x, T * N * FEATURES, 1);
  fill(y, T * N, 2);
  FOR_EACH_BACKEND(context) {
    for (int carried = 0; carried < 2; carried++) {
      atr_trainer *t = lstm(context, T, carried ? 2 : 0, ATR_SGD);
      for (int i = 0; i < 5; i++) {
        if (carried) GOOD(atr_trainer_restart(t, 0, -1), t);
        GOOD(atr_trainer_step(t, x, y, &loss[carried]), t);
      }
      weights(t, got[carried]);
      atr_trainer_destroy(t);
    }
    ck_assert_float_eq_tol(loss[0], loss[1], 1e-6f);
    for (int i = 0; i < WEIGHTS; i++) ck_assert_float_eq_tol(got[0][i], got[1][i], 1e-6f);
  }
}
END_TEST

/* Without learning, the losses of windows add up to that of the series: the state is the one that was left.
 */
START_TEST(windows_see_what_the_series_sees) {
  float x[T * N * FEATURES], y[T * N], loss, sum, whole;
  fill(x, T * N * FEATURES, 1);
  fill(y, T * N, 2);
  FOR_EACH_BACKEND(context) {
    atr_trainer *t = lstm(context, T, 2, ATR_SGD);
    GOOD(atr_trainer_evaluate(t, x, y, &whole), t);
    atr_trainer_destroy(t);
    for (int window = 1; window <= 3; window++) {
      t = lstm(context, window, 2, ATR_SGD);
      sum = 0;
      for (int at = 0; at < T; at += window) {
        GOOD(atr_trainer_evaluate(t, x + at * N * FEATURES, y + at * N, &loss), t);
        sum += loss;
      }
      ck_assert_float_eq_tol(sum / (float)(T / window), whole, 1e-6f);
      atr_trainer_destroy(t);
    }
  }
}
END_TEST

START_TEST(a_series_goes_on_from_a_checkpoint_bit_for_bit) {
  static const char file[] = "carry-test.safetensors";
  enum { WINDOW = 2 };
  float x[T * N * FEATURES], y[T * N], got[2][WEIGHTS];
  fill(x, T * N * FEATURES, 1);
  fill(y, T * N, 2);
  FOR_EACH_BACKEND(context) {
    for (int resumed = 0; resumed < 2; resumed++) {
      atr_trainer *t = lstm(context, WINDOW, 2, ATR_ADAM);
      for (int at = 0; at < T; at += WINDOW) {
        if (resumed && at == 4) {
          GOOD(atr_trainer_save(t, file), t);
          atr_trainer_destroy(t);
          t = lstm(context, WINDOW, 2, ATR_ADAM);
          GOOD(atr_trainer_step(t, x, y, NULL), t); /* another state, until it is loaded */
          GOOD(atr_trainer_load(t, file), t);
        }
        GOOD(atr_trainer_step(t, x + at * N * FEATURES, y + at * N, NULL), t);
      }
      weights(t, got[resumed]);
      atr_trainer_destroy(t);
    }
    ck_assert_int_eq(memcmp(got[0], got[1], sizeof *got), 0);
  }
  unlink(file);
}
END_TEST

START_TEST(a_step_that_fails_leaves_the_state) {
  static const float good[] = { 1 }, bad[] = { INFINITY }, target[] = { 0 };
  float loss;
  FOR_EACH_BACKEND(context) {
    atr_trainer *t = linear_trainer(context, 1, 1);
    GOOD(atr_trainer_step(t, good, target, &loss), t); /* h = 1; w = 1 - 0.2 */
    ck_assert_int_eq(atr_trainer_step(t, bad, target, &loss), ATR_E_NONFINITE);
    GOOD(atr_trainer_step(t, good, target, &loss), t); /* 0.8 + 0.5·1 */
    ck_assert_float_eq_tol(loss, 1.69f, 1e-6f);
    atr_trainer_destroy(t);
  }
}
END_TEST

START_TEST(links_that_do_not_fit_are_refused) {
  atr_carry two[2] = { link_of("after", "before"), link_of("after", "before") };
  static const char *const words[] = { "no output \"z\"",   "no input \"z\"", "axis 3 of \"before\"",
                                       "given two outputs", "float32[2,1,1]", "carry 0: size is 1" };
  const atr_shape shapes[2] = { { 3, { 2, 1, 1 } }, { 3, { 1, 1, 1 } } };
  for (int k = 0; k < 6; k++) {
    atr_carry carry[2] = { two[0], two[1] };
    atr_train_params p = sgd(carry, k == 3 ? 2 : 1);
    if (k == 0) carry[0].output = "z";
    if (k == 1) carry[0].input = "z";
    if (k == 2) carry[0].axis = 3;
    if (k == 4) carry[0].output = "y";
    if (k == 5) carry[0].size = 1;
    atr_error error = ATR_ERROR_INIT;
    atr_model *m = linear(2, 1);
    atr_trainer *t = NULL;
    ck_assert_int_eq(atr_trainer_create(m, context_at(0), shapes, 2, &p, &error, &t),
                     k == 4 ? ATR_E_SHAPE : ATR_E_PARAM);
    ck_assert_ptr_null(t);
    ck_assert_msg(strstr(error.text, words[k]) != NULL, "\"%s\" is not in: %s", words[k], error.text);
    atr_model_destroy(m);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("carry");
  TCase *tcase = tcase_create("carry");
  tcase_set_timeout(tcase, 240);
  tcase_add_test(tcase, windows_give_the_gradients_worked_by_hand_with_the_border_cut);
  tcase_add_test(tcase, one_series_of_the_batch_ends_and_the_others_go_on);
  tcase_add_test(tcase, evaluations_have_states_of_their_own);
  tcase_add_test(tcase, windows_as_long_as_the_series_are_the_whole_of_it);
  tcase_add_test(tcase, windows_see_what_the_series_sees);
  tcase_add_test(tcase, a_series_goes_on_from_a_checkpoint_bit_for_bit);
  tcase_add_test(tcase, a_step_that_fails_leaves_the_state);
  tcase_add_test(tcase, links_that_do_not_fit_are_refused);
  suite_add_tcase(suite, tcase);
  return run_tests(suite);
}
