/* gradient_test.c: models that compute gradients of tensors, and plans in double, through the public
 * functions. Numbers worked by hand, all short binary fractions:
 *
 *   x = (1, 2), w = ((1, -1), (0.5, 0.25)), b = (0.5, -0.5):  z = (-0.5, 0.5), y = relu(z) = (0, 0.5)
 *   L = Σ y = 0.5:               dL/dy = (1, 1), dL/dz = (0, 1), dL/db = (0, 1), dL/dw = ((0, 0), (1, 2)),
 *                                dL/dx = (0.5, 0.25)
 *   L = mean (y - t)², t = (1, 1.5):  y - t = (-1, -1), L = 1, dL/dy = y - t = (-1, -1), dL/dz = (0, -1),
 *                                dL/dw = ((0, 0), (-1, -2)) */
#include "test.h"

#include <atrous.h>

#include "base/alloc.h"

static const float x_values[2] = { 1, 2 }, w_values[4] = { 1, -1, 0.5f, 0.25f },
                   b_values[2] = { 0.5f, -0.5f };
static const atr_shape x_shape = { 3, { 1, 2, 1 } };

static atr_model *layer(void) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = NULL;
  must(atr_model_create(1, &error, &m));
  const atr_shape ws = { 3, { 2, 2, 1 } }, bs = { 1, { 2 } };
  const atr_value in[3] = { atr_model_add_input(m, "x", ATR_F32, &x_shape),
                            atr_model_add_tensor(m, "w", ATR_F32, &ws, w_values, 1),
                            atr_model_add_tensor(m, "b", ATR_F32, &bs, b_values, 1) };
  const atr_value z = atr_model_add(m, NULL, "Conv", "one", in, 3, NULL, 0, NULL, 1);
  atr_model_add_output(m, "y", atr_model_relu(m, z));
  must(atr_model_check(m, &error));
  return m;
}

static void read_exactly(atr_run *run, const char *name, const float *expected, size_t n) {
  float got[8];
  run_must(run, atr_run_read(run, name, got, n * sizeof *got));
  for (size_t i = 0; i < n; i++)
    ck_assert_msg(!(got[i] < expected[i]) && !(got[i] > expected[i]), "%s[%zu] is %g, by hand %g", name, i,
                  (double)got[i], (double)expected[i]);
}

static void by_hand(atr_context *context, int keep_all) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = layer(), *g = NULL;
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  atr_plan *plan = NULL;
  atr_run *run = NULL;
  options.keep_all = keep_all;
  must(atr_model_gradient(m, &x_shape, 1, NULL, &error, &g));
  atr_model_destroy(m); /* it is not needed any more */
  must(atr_plan_create(g, context, &x_shape, 1, &options, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  run_must(run, atr_run_write(run, "x", x_values, sizeof x_values));
  run_must(run, atr_run_execute(run));
  read_exactly(run, "y", (const float[]){ 0, 0.5f }, 2);
  read_exactly(run, "atrous.loss", (const float[]){ 0.5f }, 1);
  read_exactly(run, "y.grad", (const float[]){ 1, 1 }, 2);
  read_exactly(run, "b.grad", (const float[]){ 0, 1 }, 2);
  read_exactly(run, "w.grad", (const float[]){ 0, 0, 1, 2 }, 4);
  read_exactly(run, "x.grad", (const float[]){ 0.5f, 0.25f }, 2);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(g);
}

static void against_target(atr_context *context) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = layer(), *g = NULL;
  atr_gradient_options options = ATR_GRADIENT_OPTIONS_INIT;
  atr_plan *plan = NULL;
  atr_run *run = NULL;
  options.target = 1;
  must(atr_model_gradient(m, &x_shape, 1, &options, &error, &g));
  const atr_shape shapes[2] = { x_shape, x_shape };
  const float t[2] = { 1, 1.5f };
  ck_assert_str_eq(atr_model_input(g, 1).name, "y.target");
  must(atr_plan_create(g, context, shapes, 2, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  run_must(run, atr_run_write(run, "x", x_values, sizeof x_values));
  run_must(run, atr_run_write(run, "y.target", t, sizeof t));
  run_must(run, atr_run_execute(run));
  read_exactly(run, "atrous.loss", (const float[]){ 1 }, 1);
  read_exactly(run, "y.grad", (const float[]){ -1, -1 }, 2);
  read_exactly(run, "w.grad", (const float[]){ 0, 0, -1, -2 }, 4);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(g);
  atr_model_destroy(m);
}

static void everywhere(void (*body)(atr_context *context)) {
  atr_context *context = test_open("host", NULL);
  body(context);
  atr_context_destroy(context);
  if (!test_opencl()) {
    puts("# skipped: no OpenCL, so on the host only");
    return;
  }
  context = test_open(test_device(), NULL);
  body(context);
  atr_context_destroy(context);
}

static void both_by_hand(atr_context *context) {
  by_hand(context, 0);
  by_hand(context, 1);
}

START_TEST(gradient_of_a_sum_is_the_one_worked_by_hand) {
  everywhere(both_by_hand);
}
END_TEST

START_TEST(gradient_of_a_squared_error_is_the_one_worked_by_hand) {
  everywhere(against_target);
}
END_TEST

/* y1 = 2x is read twice and y2 = y1 + x, so L = Σ y1 + Σ y2 has dL/dy1 = 2, dL/dx = 5; x + 0 shares
 * gradients. */
START_TEST(gradient_of_several_outputs_is_of_their_sum) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = NULL, *g = NULL;
  atr_plan *plan = NULL;
  atr_run *run = NULL;
  const atr_shape shape = { 1, { 3 } }, scalar = { 0, { 0 } };
  const float two = 2, x[3] = { 1, 2, 3 };
  must(atr_model_create(1, &error, &m));
  const atr_value in = atr_model_add_input(m, "x", ATR_F32, &shape);
  const atr_value y1 = atr_model_mul(m, in, atr_model_add_tensor(m, "two", ATR_F32, &scalar, &two, 0));
  atr_model_add_output(m, "y1", y1);
  atr_model_add_output(m, "y2", atr_model_add2(m, y1, in));
  must(atr_model_gradient(m, &shape, 1, NULL, &error, &g));
  atr_context *context = test_open("host", NULL);
  must(atr_plan_create(g, context, &shape, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  run_must(run, atr_run_write(run, "x", x, sizeof x));
  run_must(run, atr_run_execute(run));
  read_exactly(run, "atrous.loss", (const float[]){ 12 + 18 }, 1);
  read_exactly(run, "y1.grad", (const float[]){ 2, 2, 2 }, 3);
  read_exactly(run, "y2.grad", (const float[]){ 1, 1, 1 }, 3);
  read_exactly(run, "x.grad", (const float[]){ 5, 5, 5 }, 3);
  float none;
  run_must_fail(run, atr_run_read(run, "two.grad", &none, sizeof none), ATR_E_PARAM, "two.grad");
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(g);
  atr_gradient_options options = ATR_GRADIENT_OPTIONS_INIT;
  options.output = "y1";
  must(atr_model_gradient(m, &shape, 1, &options, &error, &g));
  must(atr_plan_create(g, context, &shape, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  run_must(run, atr_run_write(run, "x", x, sizeof x));
  run_must(run, atr_run_execute(run));
  read_exactly(run, "x.grad", (const float[]){ 2, 2, 2 }, 3);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(g);
  atr_context_destroy(context);
  atr_model_destroy(m);
}
END_TEST

START_TEST(gradient_refuses_what_has_none) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = layer(), *g = NULL;
  atr_gradient_options options = ATR_GRADIENT_OPTIONS_INIT;
  options.output = "nothing";
  must_fail(atr_model_gradient(m, &x_shape, 1, &options, &error, &g), ATR_E_PARAM, "\"nothing\"");
  ck_assert_ptr_null(g);
  const atr_shape wrong = { 3, { 1, 5, 1 } };
  must_fail(atr_model_gradient(m, &wrong, 1, NULL, &error, &g), ATR_E_SHAPE, "[1,5,1]");
  must(atr_model_gradient(m, &x_shape, 1, NULL, &error, &g));
  atr_model *twice = NULL;
  must_fail(atr_model_gradient(g, &x_shape, 1, NULL, &error, &twice), ATR_E_PARAM, "atrous.loss");
  atr_model_destroy(g);
  atr_model_destroy(m);
  must(atr_model_create(1, &error, &m));
  atr_model_add_output(m, "i", atr_model_arg_max(m, 1, 0, atr_model_add_input(m, "x", ATR_F32, &x_shape)));
  must_fail(atr_model_gradient(m, &x_shape, 1, NULL, &error, &g), ATR_E_PARAM, "no float32 output");
  atr_model_destroy(m);
}
END_TEST

START_TEST(gradient_says_when_memory_runs_out_and_leaves_nothing) {
  atr_model *m = layer();
  for (int64_t at = 1;; at++) {
    atr_error error = ATR_ERROR_INIT;
    atr_model *g = NULL;
    const int64_t before = atr__alloc_live();
    atr__alloc_fail(at, 1);
    const atr_status status = atr_model_gradient(m, &x_shape, 1, NULL, &error, &g);
    atr__alloc_fail(-1, 0);
    ck_assert_int_eq(g == NULL, status != ATR_OK);
    atr_model_destroy(g);
    ck_assert_msg(atr__alloc_live() == before, "allocation %lld: %lld blocks left", (long long)at,
                  (long long)(atr__alloc_live() - before));
    if (!status) {
      ck_assert_int_gt(at, 50);
      break;
    }
    ck_assert_msg(status == ATR_E_NOMEM && error.text[0], "allocation %lld: %s: %s", (long long)at,
                  atr_status_name(status), error.text);
  }
  atr_model_destroy(m);
}
END_TEST

/* 1/3 in double is not the float's, and a step of 1e-9 is not lost. */
START_TEST(float64_plans_hold_doubles) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = test_open("host", NULL);
  atr_model *m = layer();
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  atr_plan *plan = NULL;
  atr_run *run = NULL;
  options.float64 = 1;
  must(atr_plan_create(m, context, &x_shape, 1, &options, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  double w[4] = { 1, -1, 0.5, 0.25 + 1e-9 }, y[2], back[4];
  const double x[2] = { 1.0 / 3, 2 };
  run_must(run, atr_run_write_double(run, "x", x, 2));
  run_must(run, atr_run_write_double(run, "w", w, 4));
  run_must(run, atr_run_execute(run));
  run_must(run, atr_run_read_double(run, "y", y, 2));
  ck_assert_double_eq_tol(y[1], 0.5 / 3 + 2 * (0.25 + 1e-9) - 0.5, 1e-15);
  run_must(run, atr_run_read_double(run, "w", back, 4));
  ck_assert_int_eq(memcmp(w, back, sizeof w), 0);
  run_must_fail(run, atr_run_read_double(run, "y", y, 3), ATR_E_PARAM, "3 numbers");
  run_must_fail(run, atr_run_read_double(run, "q", y, 2), ATR_E_PARAM, "\"q\"");
  run_must_fail(run, atr_run_write_double(run, "y", y, 2), ATR_E_PARAM, "neither input nor weight");
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  /* The context's own weights are as they were. */
  must(atr_plan_create(m, context, &x_shape, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  read_exactly(run, "w", w_values, 4);
  run_must_fail(run, atr_run_read_double(run, "y", y, 2), ATR_E_PARAM, "float64");
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  if (test_opencl()) {
    atr_context *device = test_open(test_device(), NULL);
    must_fail(atr_plan_create(m, device, &x_shape, 1, &options, &error, &plan), ATR_E_UNSUPPORTED, "host");
    atr_context_destroy(device);
  }
  atr_model_destroy(m);
  atr_context_destroy(context);
}
END_TEST

static size_t list(const atr_plan *plan, char *text, size_t size) {
  size_t i = 0;
  text[0] = 0;
  for (atr_plan_tensor_info t; (t = atr_plan_tensor(plan, i)).name != NULL; i++)
    snprintf(text + strlen(text), size - strlen(text), "%s:%s ", t.name, t.op ? t.op : "-");
  return i;
}

START_TEST(plans_list_the_tensors_that_can_be_read) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = test_open("host", NULL);
  atr_model *m = layer();
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  atr_plan *plan = NULL;
  char text[512];
  options.keep_all = 1;
  must(atr_plan_create(m, context, &x_shape, 1, &options, &error, &plan));
  ck_assert_uint_eq(list(plan, text, sizeof text), 5);
  ck_assert_msg(!strncmp(text, "x:- w:- b:- ", 12), "%s", text);
  ck_assert_msg(strstr(text, ":Conv y:Relu ") != NULL, "%s", text);
  const atr_plan_tensor_info w = atr_plan_tensor(plan, 1);
  ck_assert_int_eq(w.type, ATR_F32);
  ck_assert_int_eq(w.shape.rank, 3);
  ck_assert_ptr_null(w.node);
  atr_plan_destroy(plan);
  must(atr_plan_create(m, context, &x_shape, 1, NULL, &error, &plan));
  list(plan, text, sizeof text);
  ck_assert_str_eq(text, "x:- w:- b:- y:Conv "); /* the Relu joined it */
  atr_plan_destroy(plan);
  atr_model_destroy(m);
  atr_context_destroy(context);
}
END_TEST

int main(void) {
  const TTest *const tests[] = { gradient_of_a_sum_is_the_one_worked_by_hand,
                                 gradient_of_a_squared_error_is_the_one_worked_by_hand,
                                 gradient_of_several_outputs_is_of_their_sum,
                                 gradient_refuses_what_has_none,
                                 gradient_says_when_memory_runs_out_and_leaves_nothing,
                                 float64_plans_hold_doubles,
                                 plans_list_the_tensors_that_can_be_read };
  return test_run(test_suite("gradient", tests, sizeof tests / sizeof *tests, 120));
}
