/* segment_test.c: plans whose shapes follow from data: what is read, what is planned again and what is kept,
 * on the host and on the device. Expected values are worked by hand. */
#include "net.h"

#include "base/alloc.h"
#include "plan/plan.h"

/* x [2][6] reshaped to what the input "shape" says, then doubled: "y". */
static atr_model *reshaping(void) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = NULL;
  must(atr_model_create(3, &error, &m));
  const atr_shape x = { 2, { 2, 6 } }, two = { 1, { 2 } };
  const atr_value in[2] = { atr_model_add_input(m, "x", ATR_F32, &x),
                            atr_model_add_input(m, "shape", ATR_I64, &two) };
  atr_value r, y;
  atr_model_add(m, NULL, "Reshape", "reshape", in, 2, NULL, 0, &r, 1);
  const atr_value twice[2] = { r, r };
  atr_model_add(m, NULL, "Add", "add", twice, 2, NULL, 0, &y, 1);
  atr_model_add_output(m, "y", y);
  must(atr_model_check(m, &error));
  return m;
}

static atr_run *open(const atr_model *m, atr_context *context, const atr_shape *shapes, size_t n,
                     atr_plan **plan) {
  atr_error error = ATR_ERROR_INIT;
  atr_run *run;
  must(atr_plan_create(m, context, shapes, n, NULL, &error, plan));
  must(atr_run_create(*plan, &error, &run));
  return run;
}

static void computed_shape(atr_context *context) {
  atr_model *m = reshaping();
  const atr_shape shapes[2] = { { 2, { 2, 6 } }, { 1, { 2 } } };
  atr_plan *plan;
  ck_assert_int_eq(atr_model_output(m, 0).shape.rank, -1);
  atr_run *run = open(m, context, shapes, 2, &plan);
  atr_model_destroy(m);
  ck_assert_int_eq(atr_plan_output(plan, 0).shape.rank, -1);
  ck_assert_str_eq(atr_plan_output(plan, 0).name, "y");
  ck_assert_ptr_nonnull(strstr(atr_plan_placement(plan), "\"reshape\""));
  float x[12], y[12];
  for (int i = 0; i < 12; i++) x[i] = (float)i;
  run_must(run, atr_run_write(run, "x", x, sizeof x));
  const int64_t want[3][2] = { { 3, 4 }, { 12, 1 }, { 3, -1 } };
  for (int k = 0; k < 3; k++) {
    atr_port port;
    run_must(run, atr_run_write(run, "shape", want[k], sizeof want[k]));
    run_must(run, atr_run_execute(run));
    run_must(run, atr_run_output(run, "y", &port));
    ck_assert_int_eq(port.shape.rank, 2);
    ck_assert_int_eq(port.type, ATR_F32);
    ck_assert_int_eq(port.shape.dim[0], want[k][0]);
    ck_assert_int_eq(port.shape.dim[1], k == 1 ? 1 : 4);
    run_must(run, atr_run_read(run, "y", y, sizeof y));
    for (int i = 0; i < 12; i++) ck_assert_float_eq(y[i], 2 * x[i]);
  }
  const int64_t wrong[2] = { 5, 2 };
  run_must(run, atr_run_write(run, "shape", wrong, sizeof wrong));
  ck_assert_int_eq(atr_run_execute(run), ATR_E_SHAPE);
  ck_assert_ptr_nonnull(strstr(atr_run_error(run), "reshape"));
  ck_assert_int_eq(atr_run_read(run, "y", y, sizeof y), ATR_E_PARAM);
  run_must(run, atr_run_write(run, "shape", want[0], sizeof want[0]));
  run_must(run, atr_run_execute(run));
  run_must(run, atr_run_read(run, "y", y, sizeof y));
  ck_assert_int_eq(atr_run_bind(run, "x", NULL), ATR_E_UNSUPPORTED);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
}
START_TEST(a_computed_shape_is_read_and_planned_with) {
  net_everywhere(computed_shape);
}
END_TEST

static int planned(void *user, const atr_progress *progress) {
  *(int *)user += !strcmp(progress->stage, "plan") && progress->done == progress->total;
  return 0;
}

/* Plans made so far are counted by the progress hook. */
static void kept(const char *selector) {
  int plans = 0;
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  options.hooks.user = &plans;
  options.hooks.progress = planned;
  atr_context *context = test_open(selector, &options);
  atr_model *m = reshaping();
  const atr_shape shapes[2] = { { 2, { 2, 6 } }, { 1, { 2 } } };
  atr_plan *plan;
  atr_run *run = open(m, context, shapes, 2, &plan);
  const int64_t want[2][2] = { { 3, 4 }, { 12, 1 } };
  int after[6];
  for (int k = 0; k < 6; k++) {
    run_must(run, atr_run_write(run, "shape", want[k % 2], sizeof want[0]));
    run_must(run, atr_run_execute(run));
    after[k] = plans;
  }
  ck_assert_int_gt(after[1], after[0]); /* another shape, another plan */
  for (int k = 2; k < 6; k++) ck_assert_int_eq(after[k], after[1]);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
  atr_context_destroy(context);
}
START_TEST(a_run_over_the_same_values_plans_nothing) {
  kept("host");
  if (test_opencl()) kept(test_device());
}
END_TEST

/* 2·(1/3) in double, behind a computed shape. */
START_TEST(segments_pass_doubles_on_in_the_oracle) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = test_open("host", NULL);
  atr_model *m = reshaping();
  const atr_shape shapes[2] = { { 2, { 2, 6 } }, { 1, { 2 } } };
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  options.float64 = 1;
  atr_plan *plan;
  atr_run *run;
  must(atr_plan_create(m, context, shapes, 2, &options, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  const int64_t want[2] = { 4, 3 };
  double x[12], y[12];
  for (int i = 0; i < 12; i++) x[i] = 1.0 / 3;
  run_must(run, atr_run_write(run, "shape", want, sizeof want));
  run_must(run, atr_run_write_double(run, "x", x, 12));
  run_must(run, atr_run_execute(run));
  run_must(run, atr_run_read_double(run, "y", y, 12));
  for (int i = 0; i < 12; i++) ck_assert_double_eq(y[i], 2.0 / 3);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
  atr_context_destroy(context);
}
END_TEST

int main(void) {
  const TTest *const tests[] = { a_computed_shape_is_read_and_planned_with,
                                 a_run_over_the_same_values_plans_nothing,
                                 segments_pass_doubles_on_in_the_oracle };
  return test_run(test_suite("segment", tests, sizeof tests / sizeof *tests, 300));
}
