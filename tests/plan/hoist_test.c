/* hoist_test.c: what depends on weights alone is computed once, and again after they change: by hand, with
 * y = x · (a · b + c), of which the planner joins the product and the sum. */
#include "test.h"

#include "net.h"
#include "plan/params.h"
#include "plan/plan.h"
#include "plan/run.h"

static atr_model *network(void) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = NULL;
  const atr_shape two = { 1, { 2 } };
  static const float a[2] = { 2, 3 }, b[2] = { 5, 7 }, c[2] = { 1, -1 };
  must(atr_model_create(1, &error, &m));
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, &two),
                  product = atr_model_mul(m, atr_model_add_tensor(m, "a", ATR_F32, &two, a, 1),
                                          atr_model_add_tensor(m, "b", ATR_F32, &two, b, 1)),
                  sum = atr_model_add2(m, product, atr_model_add_tensor(m, "c", ATR_F32, &two, c, 1));
  atr_model_add_output(m, "y", atr_model_mul(m, x, sum));
  must(atr_model_check(m, &error));
  return m;
}

static void expect(atr_run *run, float x0, float x1, float y0, float y1) {
  const float x[2] = { x0, x1 };
  float *y = net_run(run, "x", x, 2, "y", 2);
  ck_assert_float_eq(y[0], y0);
  ck_assert_float_eq(y[1], y1);
  free(y);
}

static void runs_once(atr_context *context) {
  atr_error error = ATR_ERROR_INIT;
  const atr_shape two = { 1, { 2 } };
  static const float changed[2] = { 4, 0 };
  atr_model *m = network();
  atr_plan *plan;
  atr_run *run, *other;
  must(atr_plan_create(m, context, &two, 1, NULL, &error, &plan));
  ck_assert_uint_eq(plan->n_steps, 2);
  ck_assert(plan->steps[0].once && !plan->steps[1].once);
  must(atr_run_create(plan, &error, &run));
  must(atr_run_create(plan, &error, &other));
  ck_assert_uint_eq(run->made, 0);
  expect(run, 1, 10, 11, 200);
  const uint64_t made = run->made;
  ck_assert_uint_ne(made, 0);
  expect(run, 2, -1, 22, -20);
  ck_assert_uint_eq(run->made, made);
  must(atr__params_write(plan->params, atr__params_find(plan->params, "a"), changed, sizeof changed, &error));
  expect(run, 1, 10, 21, -10);
  ck_assert_uint_ne(run->made, made);
  expect(other, 1, 1, 21, -1); /* has memory of its own */
  atr_run_destroy(other);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
}

START_TEST(what_depends_on_weights_alone_runs_once_for_new_weights) {
  net_everywhere(runs_once);
}
END_TEST

int main(void) {
  const TTest *const tests[] = { what_depends_on_weights_alone_runs_once_for_new_weights };
  return test_run(test_suite("hoist", tests, sizeof tests / sizeof *tests, 60));
}
