/* program_test.c: the library as an application meets it: public headers and exported symbols only. A model
 * is built, saved, loaded, planned and run; a small one is trained, exported and continued from a checkpoint.
 */
#include <atrous.h>

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define good(call, said) ck_assert_msg((call) == ATR_OK, "%s: %s", #call, said)

static atr_context *context(void) {
  atr_error e = ATR_ERROR_INIT;
  atr_context *c = NULL;
  good(atr_context_open("auto", NULL, &e, &c), e.text);
  return c;
}

/* Causal, dilations 1, 2, 4, 8; one channel in, one out. */
static atr_model *series_model(void) {
  atr_error e = ATR_ERROR_INIT;
  atr_model *m = NULL;
  good(atr_model_create(1, &e, &m), e.text);
  const atr_shape shape = { 3, { -1, 1, -1 } };
  atr_value v = atr_model_add_input(m, "x", ATR_F32, &shape);
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.out_channels = 8;
  p.filter[0] = 2;
  p.pad = ATR_PAD_CAUSAL;
  for (p.dilation[0] = 1; p.dilation[0] <= 8; p.dilation[0] *= 2)
    v = atr_model_relu(m, atr_model_conv(m, &p, v));
  p.out_channels = p.filter[0] = p.dilation[0] = 1;
  atr_model_add_output(m, "y", atr_model_conv(m, &p, v));
  good(atr_model_check(m, &e), e.text);
  return m;
}

enum { N = 4, T = 64 };

/* y is the sine x one step later. */
static void sine(float x[N * T], float y[N * T]) {
  for (int n = 0; n < N; n++)
    for (int t = 0; t < T; t++) {
      x[n * T + t] = sinf(0.3f * (float)(t + 5 * n));
      y[n * T + t] = sinf(0.3f * (float)(t + 1 + 5 * n));
    }
}

static void predict(atr_context *c, const atr_model *m, const float *x, float *y) {
  atr_error e = ATR_ERROR_INIT;
  const atr_shape shape = { 3, { N, 1, T } };
  atr_plan *p = NULL;
  atr_run *r = NULL;
  good(atr_plan_create(m, c, &shape, 1, NULL, &e, &p), e.text);
  good(atr_run_create(p, &e, &r), e.text);
  good(atr_run_write(r, atr_model_input(m, 0).name, x, N * T * sizeof *x), atr_run_error(r));
  good(atr_run_execute(r), atr_run_error(r));
  good(atr_run_read(r, atr_model_output(m, 0).name, y, N * T * sizeof *y), atr_run_error(r));
  atr_run_destroy(r);
  atr_plan_destroy(p);
}

START_TEST(devices_end_with_the_host) {
  atr_error e = ATR_ERROR_INIT;
  size_t count = 0, chosen = 0;
  good(atr_devices_list(NULL, 0, &e, &count), e.text);
  ck_assert_uint_ge(count, 1);
  atr_device_info *list = calloc(count, sizeof *list);
  good(atr_devices_list(list, count, &e, &count), e.text);
  for (size_t i = 0; i < count; i++) chosen += list[i].chosen != 0;
  ck_assert_uint_eq(chosen, 1);
  ck_assert_str_eq(list[count - 1].id, "host");
  ck_assert_int_eq(list[count - 1].usable, 1);
  free(list);
  ck_assert_str_eq(atr_version(), ATR_VERSION);
}
END_TEST

START_TEST(a_saved_model_predicts_the_same_bits_when_loaded) {
  atr_error e = ATR_ERROR_INIT;
  static float x[N * T], target[N * T], y[2][N * T];
  sine(x, target);
  atr_context *c = context();
  atr_model *m = series_model(), *back = NULL;
  ck_assert_int_eq(atr_model_receptive_field(m, 2), 16);
  predict(c, m, x, y[0]);
  char path[64];
  snprintf(path, sizeof path, "program-test-%ld.onnx", (long)getpid());
  good(atr_model_save(m, path, &e), e.text);
  good(atr_model_load(path, NULL, &e, &back), e.text);
  remove(path);
  ck_assert_int_eq(atr_model_receptive_field(back, 2), 16);
  predict(c, back, x, y[1]);
  ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
  atr_model_destroy(m);
  atr_model_destroy(back);
  atr_context_destroy(c);
}
END_TEST

START_TEST(training_learns_a_sine_and_resumes_bit_for_bit) {
  atr_error e = ATR_ERROR_INIT;
  static float x[N * T], y[N * T], out[2][N * T];
  sine(x, y);
  atr_context *c = context();
  atr_model *m = series_model(), *trained = NULL, *resumed = NULL;
  const atr_shape shape = { 3, { N, 1, T } };
  atr_train_params q = ATR_TRAIN_PARAMS_INIT;
  q.learning_rate = 1e-2f;
  atr_trainer *t = NULL, *u = NULL;
  good(atr_trainer_create(m, c, &shape, 1, &q, &e, &t), e.text);
  good(atr_trainer_create(m, c, &shape, 1, &q, &e, &u), e.text);
  atr_model_destroy(m); /* a trainer keeps what it needs */
  char path[64];
  snprintf(path, sizeof path, "program-test-%ld.safetensors", (long)getpid());
  float first = 0, loss = 0, again = 0;
  for (int i = 0; i < 60; i++) {
    good(atr_trainer_step(t, x, y, i ? &loss : &first), atr_trainer_error(t));
    if (i == 29) good(atr_trainer_save(t, path), atr_trainer_error(t));
  }
  ck_assert_msg(loss < first / 5, "loss %g, at first %g", (double)loss, (double)first);
  good(atr_trainer_load(u, path), atr_trainer_error(u));
  remove(path);
  ck_assert_int_eq(atr_trainer_steps(u), 30);
  for (int i = 30; i < 60; i++) good(atr_trainer_step(u, x, y, &again), atr_trainer_error(u));
  ck_assert_mem_eq(&loss, &again, sizeof loss);
  good(atr_trainer_export(t, &e, &trained), e.text);
  good(atr_trainer_export(u, &e, &resumed), e.text);
  predict(c, trained, x, out[0]);
  predict(c, resumed, x, out[1]);
  ck_assert_mem_eq(out[0], out[1], sizeof out[0]);
  atr_model_destroy(trained);
  atr_model_destroy(resumed);
  atr_trainer_destroy(t);
  atr_trainer_destroy(u);
  atr_context_destroy(c);
}
END_TEST

START_TEST(an_unknown_device_is_an_error_with_the_names_there_are) {
  atr_error e = ATR_ERROR_INIT;
  atr_context *c = (atr_context *)1;
  ck_assert_int_eq(atr_context_open("no such device", NULL, &e, &c), ATR_E_NO_DEVICE);
  ck_assert_ptr_null(c);
  ck_assert_msg(strstr(e.text, "no such device") && strstr(e.text, "host"), "%s", e.text);
  ck_assert_int_eq(atr_context_open("no such device", NULL, NULL, &c), ATR_E_NO_DEVICE);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("program");
  TCase *tcase = tcase_create("program");
  tcase_set_timeout(tcase, 120);
  tcase_add_test(tcase, devices_end_with_the_host);
  tcase_add_test(tcase, a_saved_model_predicts_the_same_bits_when_loaded);
  tcase_add_test(tcase, training_learns_a_sine_and_resumes_bit_for_bit);
  tcase_add_test(tcase, an_unknown_device_is_an_error_with_the_names_there_are);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, getenv("CK_TAP_LOG_FILE_NAME") ? CK_SILENT : CK_ENV);
  const int failures = srunner_ntests_failed(runner);
  srunner_free(runner);
  return getenv("CK_TAP_LOG_FILE_NAME") ? 0 : failures != 0;
}
