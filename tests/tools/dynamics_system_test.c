/* dynamics_system_test.c: the systems of atrous-dynamics: derivatives against differences, the step against
 * the library's operators, integrators against closed forms, models against what they compute themselves. */
#include <atrous/build.h>

#include "dynamics/trajectory.h"
#include "dynamics_test.h"

/* Both Jacobians of every system, column by column, against central differences. */
START_TEST(jacobians_are_what_differences_say) {
  for (int c = 0; c < TEST_CONFIGS; c++) {
    struct system s = test_system(test_configs[c]);
    const size_t n = s.states;
    const double u[2] = { 0.3, -0.7 }, h = 1e-5;
    double *j = malloc((n * n + 3 * n) * sizeof *j), *x = j + n * n, *up = x + n, *down = up + n;
    for (int field = 0; field < 2; field++) {
      void (*const f)(const struct system *, const double *, const double *, double *) =
          field ? system_field : system_step;
      (field ? system_field_jacobian : system_jacobian)(&s, u, s.initial, j);
      for (size_t k = 0; k < n; k++) {
        memcpy(x, s.initial, n * sizeof *x);
        x[k] = s.initial[k] + h;
        f(&s, u, x, up);
        x[k] = s.initial[k] - h;
        f(&s, u, x, down);
        for (size_t i = 0; i < n; i++) {
          const double want = (up[i] - down[i]) / (2 * h);
          ck_assert_msg(fabs(j[i * n + k] - want) < 1e-6 * (1 + fabs(want)), "%s: %s d%zu/d%zu is %g, not %g",
                        test_configs[c], field ? "field" : "step", i, k, j[i * n + k], want);
        }
      }
    }
    free(j);
    system_destroy(&s);
  }
}
END_TEST

START_TEST(a_step_may_write_over_its_state) {
  for (int c = 0; c < TEST_CONFIGS; c++) {
    struct system s = test_system(test_configs[c]);
    double *next = malloc(2 * s.states * sizeof *next), *x = next + s.states;
    memcpy(x, s.initial, s.states * sizeof *x);
    system_step(&s, NULL, x, next);
    system_step(&s, NULL, x, x);
    ck_assert_mem_eq(x, next, s.states * sizeof *x);
    free(next);
    system_destroy(&s);
  }
}
END_TEST

/* The library's float operators and the step here, over a driven run. */
START_TEST(the_library_computes_the_same_run) {
  enum { STEPS = 12 };
  double u[2 * STEPS];
  for (int i = 0; i < 2 * STEPS; i++) u[i] = sin(0.9 * i);
  for (int c = 0; c < TEST_CONFIGS; c++) {
    struct test_job t;
    struct trajectory library, exact;
    test_job_begin(&t, test_system(test_configs[c]));
    if (t.job.system.inputs) t.job.u = u, t.job.u_rows = STEPS;
    ck_assert_good(trajectory_run(&t.job, STEPS, &library, &fault), &fault);
    ck_assert_good(trajectory_exact(&t.job, STEPS, &exact, &fault), &fault);
    ck_assert_int_eq(library.library, t.job.system.gates > 0);
    for (size_t i = 0; i < (STEPS + 1) * t.job.system.neurons; i++)
      ck_assert_msg(fabs(library.h[i] - exact.h[i]) < 2e-5 * (1 + fabs(exact.h[i])), "%s: %zu: %g, not %g",
                    test_configs[c], i, library.h[i], exact.h[i]);
    trajectory_destroy(&library);
    trajectory_destroy(&exact);
    test_job_end(&t);
  }
}
END_TEST

/* dx/dt = -x + A·x, A = [[0, -3], [3, 0]], from (1, 0): e^-t·(cos 3t, sin 3t). Halving the step divides the
 * error by 2^order. */
START_TEST(integrators_have_their_order) {
  static const struct {
    const char *name;
    double order;
  } methods[] = { { "euler", 1 }, { "heun", 2 }, { "rk4", 4 }, { "expeuler", 1 } };
  for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
    double error[2];
    for (int halved = 0; halved < 2; halved++) {
      char config[256];
      snprintf(
          config, sizeof config,
          "{\"kind\": \"continuous\", \"neurons\": 2, \"activation\": \"Identity\", \"w_rec\": [[0, -3], "
          "[3, 0]], \"initial\": [1, 0], \"dt\": 1, \"substeps\": %d, \"method\": \"%s\"}",
          100 << halved, methods[m].name);
      struct system s = test_system(config);
      double x[2];
      system_step(&s, NULL, s.initial, x);
      error[halved] = hypot(x[0] - exp(-1) * cos(3), x[1] - exp(-1) * sin(3));
      system_destroy(&s);
    }
    ck_assert_double_eq_tol(log2(error[0] / error[1]), methods[m].order, 0.1);
  }
  struct system s =
      test_system("{\"kind\": \"continuous\", \"neurons\": 2, \"activation\": \"Identity\", \"w_rec\": "
                  "[[0, -3], [3, 0]], \"initial\": [1, 0], \"dt\": 1, \"method\": \"dopri5\", "
                  "\"tolerance\": 1e-9}");
  double x[2];
  system_step(&s, NULL, s.initial, x);
  ck_assert_double_le(hypot(x[0] - exp(-1) * cos(3), x[1] - exp(-1) * sin(3)), 1e-8);
  system_destroy(&s);
}
END_TEST

START_TEST(outputs_are_softmax_or_activations) {
  struct system s = test_system(
      "{\"kind\": \"rnn\", \"neurons\": 2, \"outputs\": 2, \"w_rec\": 0, \"w_out\": [[1, 0], [0, 2]], "
      "\"b_out\": [0, 1], \"output_activation\": \"softmax\"}");
  const double h[2] = { 1, 0.5 };
  double y[2];
  system_output(&s, h, y); /* of 1 and 2 */
  ck_assert_double_eq_tol(y[0], 1 / (1 + exp(1)), 1e-15);
  ck_assert_double_eq_tol(y[0] + y[1], 1, 1e-15);
  system_destroy(&s);
}
END_TEST

START_TEST(drawn_matrices_have_their_density_and_radius) {
  struct system s =
      test_system("{\"kind\": \"rnn\", \"neurons\": 60, \"w_rec\": {\"draw\": \"normal\", \"density\": 0.25, "
                  "\"radius\": 1.3, \"seed\": 5}}");
  size_t there = 0;
  for (int i = 0; i < 3600; i++) there += s.w_rec[i] != 0;
  ck_assert_double_eq_tol((double)there / 3600, 0.25, 0.03);
  /* The spectral radius by powers: |W^k|^(1/k). */
  double *v = malloc(120 * sizeof *v), *w = v + 60, growth = 0;
  for (int i = 0; i < 60; i++) v[i] = 1 + 0.1 * i;
  for (int step = 0; step < 6000; step++) {
    double size = 0;
    for (int i = 0; i < 60; i++) {
      w[i] = 0;
      for (int k = 0; k < 60; k++) w[i] += s.w_rec[i * 60 + k] * v[k];
      size += w[i] * w[i];
    }
    for (int i = 0; i < 60; i++) v[i] = w[i] / sqrt(size);
    if (step >= 1000) growth += 0.5 * log(size) / 5000;
  }
  ck_assert_double_eq_tol(exp(growth), 1.3, 1e-3);
  free(v);
  system_destroy(&s);
  s = test_system("{\"kind\": \"rnn\", \"neurons\": 9, \"w_rec\": {\"draw\": \"orthogonal\", \"gain\": 2}}");
  for (int i = 0; i < 9; i++)
    for (int k = 0; k < 9; k++) {
      double dot = 0;
      for (int j = 0; j < 9; j++) dot += s.w_rec[9 * i + j] * s.w_rec[9 * k + j];
      ck_assert_double_eq_tol(dot, i == k ? 4 : 0, 1e-12);
    }
  system_destroy(&s);
}
END_TEST

/* Models written by the library: a layer is taken out, and its step gives what the model computes. */
enum { LAYERS = 4, HIDDEN = 5, FEATURES = 3, TIME = 6 };

static atr_value layer(atr_model *model, int which, const char *name, atr_value x) {
  atr_recurrent_params p = ATR_RECURRENT_PARAMS_INIT;
  atr_continuous_params q = ATR_CONTINUOUS_PARAMS_INIT;
  const atr_value none = { 0 };
  p.name = q.name = name;
  p.hidden = q.hidden = HIDDEN;
  p.forget_bias = which == 1;
  q.step = 0.3f, q.tau = 0.7f;
  switch (which) {
  case 0: return atr_model_rnn(model, &p, x, none, NULL);
  case 1: return atr_model_lstm(model, &p, x, none, none, NULL, NULL);
  case 2: return atr_model_gru(model, &p, 1, x, none, NULL);
  default: return atr_model_continuous_rnn(model, &q, x, none);
  }
}

START_TEST(layers_of_models_are_taken_out) {
  static const enum system_kind kinds[] = { SYSTEM_RNN, SYSTEM_LSTM, SYSTEM_GRU, SYSTEM_CONTINUOUS };
  float x[TIME * FEATURES], y[TIME * HIDDEN];
  for (int i = 0; i < TIME * FEATURES; i++) x[i] = (float)cos(1.7 * i);
  for (int which = 0; which < LAYERS; which++) {
    atr_error error = ATR_ERROR_INIT;
    atr_model *model;
    atr_context *context;
    atr_plan *plan;
    atr_run *run;
    const atr_shape shape = { 3, { TIME, 1, FEATURES } };
    ck_assert_int_eq(atr_model_create(11, &error, &model), ATR_OK);
    const atr_value in = atr_model_add_input(model, "x", ATR_F32, &shape);
    atr_model_add_output(model, "y", layer(model, which, "cell", in));
    ck_assert_int_eq(atr_model_save(model, test_path("m.onnx"), &error), ATR_OK);
    ck_assert_int_eq(atr_context_open("host", NULL, &error, &context), ATR_OK);
    ck_assert_int_eq(atr_plan_create(model, context, &shape, 1, NULL, &error, &plan), ATR_OK);
    ck_assert_int_eq(atr_run_create(plan, &error, &run), ATR_OK);
    ck_assert_int_eq(atr_run_write(run, "x", x, sizeof x), ATR_OK);
    ck_assert_int_eq(atr_run_execute(run), ATR_OK);
    ck_assert_int_eq(atr_run_read(run, "y", y, sizeof y), ATR_OK);
    struct system s;
    ck_assert_good(onnx_system(test_path("m.onnx"), NULL, &s, &fault), &fault);
    ck_assert_int_eq(s.kind, kinds[which]);
    ck_assert_uint_eq(s.neurons, HIDDEN);
    ck_assert_uint_eq(s.inputs, FEATURES);
    double h[2 * HIDDEN];
    memcpy(h, s.initial, s.states * sizeof *h);
    for (int t = 0; t < TIME; t++) {
      double u[FEATURES];
      for (int i = 0; i < FEATURES; i++) u[i] = (double)x[t * FEATURES + i];
      system_step(&s, u, h, h);
      for (int i = 0; i < HIDDEN; i++) ck_assert_double_eq_tol(h[i], (double)y[t * HIDDEN + i], 2e-5);
    }
    system_destroy(&s);
    atr_run_destroy(run);
    atr_plan_destroy(plan);
    atr_context_destroy(context);
    atr_model_destroy(model);
  }
}
END_TEST

START_TEST(a_model_of_two_layers_needs_a_name) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *model;
  const atr_shape shape = { 3, { TIME, 1, FEATURES } };
  struct system s = { 0 };
  ck_assert_int_eq(atr_model_create(11, &error, &model), ATR_OK);
  atr_value x = atr_model_add_input(model, "x", ATR_F32, &shape);
  x = layer(model, 3, "first", x);
  x = layer(model, 3, "second", x);
  atr_model_add_output(model, "y", x);
  ck_assert_int_eq(atr_model_save(model, test_path("two.onnx"), &error), ATR_OK);
  ck_assert(!onnx_system(test_path("two.onnx"), NULL, &s, &fault));
  ck_assert_fault(&fault, "first (ContinuousRNN), second");
  ck_assert(!onnx_system(test_path("two.onnx"), "third", &s, &fault));
  ck_assert_fault(&fault, "third");
  ck_assert_good(onnx_system(test_path("two.onnx"), "second", &s, &fault), &fault);
  ck_assert_uint_eq(s.inputs, HIDDEN);
  system_destroy(&s);
  atr_model_destroy(model);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("dynamics systems");
  TCase *tests = tcase_create("systems");
  tcase_add_checked_fixture(tests, test_setup, test_teardown);
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, jacobians_are_what_differences_say);
  tcase_add_test(tests, a_step_may_write_over_its_state);
  tcase_add_test(tests, the_library_computes_the_same_run);
  tcase_add_test(tests, integrators_have_their_order);
  tcase_add_test(tests, outputs_are_softmax_or_activations);
  tcase_add_test(tests, drawn_matrices_have_their_density_and_radius);
  tcase_add_test(tests, layers_of_models_are_taken_out);
  tcase_add_test(tests, a_model_of_two_layers_needs_a_name);
  suite_add_tcase(suite, tests);
  return test_run(suite);
}
