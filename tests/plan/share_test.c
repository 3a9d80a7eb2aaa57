/* share_test.c: neighbouring steps of one kernel share a launch where they do not touch each other's tensors,
 * and give what they are to give. The oracle is the rule of Commit: the new value where the gate is open,
 * else the old. */
#include "test.h"

#include "plan/plan.h"

enum { MEMBERS = 5, MOST = 5000 };

static float number(int member, int which, int64_t i) {
  return (float)(member * 10000 + which * 1000) + (float)(i % 997) / 1024;
}

/* Commit nodes of different sizes over inputs of their own, the last one over the results of the first. */
static void commits(atr_context *context, float open) {
  static const int64_t size[MEMBERS] = { 1, 4097, 16, 4999, 2048 };
  static float data[MOST], got[MOST];
  atr_error error = ATR_ERROR_INIT;
  atr_model *m;
  atr_plan *plan;
  atr_run *run;
  atr_shape shapes[2 * MEMBERS + 1];
  atr_value in[MEMBERS][3], first = { 0 };
  char name[2 * MEMBERS + 1][16];
  size_t n = 0;
  must(atr_model_create(1, &error, &m));
  shapes[n] = (atr_shape){ 1, { 4 } };
  snprintf(name[n], sizeof name[n], "gate");
  const atr_value gate = atr_model_add_input(m, name[n], ATR_F32, &shapes[n]);
  n++;
  for (int k = 0; k < MEMBERS; k++) {
    for (int i = 0; i < 2; i++, n++) {
      shapes[n] = (atr_shape){ 1, { size[k] } };
      snprintf(name[n], sizeof name[n], "x%d%d", k, i);
      in[k][i] = atr_model_add_input(m, name[n], ATR_F32, &shapes[n]);
    }
    in[k][2] = gate;
  }
  for (int k = 0; k < MEMBERS; k++) {
    char out[16];
    snprintf(out, sizeof out, "y%d", k);
    const atr_value y = atr_model_add(m, "org.atrous", "Commit", NULL, in[k], 3, NULL, 0, NULL, 1);
    atr_model_add_output(m, out, y);
    if (k == 1) first = y;
  }
  const atr_value last[3] = { first, in[1][0], gate };
  atr_model_add_output(m, "z", atr_model_add(m, "org.atrous", "Commit", NULL, last, 3, NULL, 0, NULL, 1));
  must(atr_model_check(m, &error));
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  options.launches = ATR_LAUNCHES_SEPARATE; /* of nodes that may not share, that is */
  must(atr_plan_create(m, context, shapes, n, &options, &error, &plan));
  if (context->device.device_class == ATR__CLASS_CPU && plan->n_steps == MEMBERS + 1 && plan->steps[0].row) {
    ck_assert_uint_eq(plan->n_launches, 2); /* the last one reads what another makes */
    ck_assert_uint_eq(plan->steps[0].n_launches, 1);
    ck_assert_uint_eq(plan->steps[MEMBERS].n_launches, 1);
  }
  must(atr_run_create(plan, &error, &run));
  run_must(run, atr_run_write(run, "gate", (float[4]){ 1, open, 0, 0 }, 4 * sizeof(float)));
  for (size_t k = 1; k < n; k++) {
    for (int64_t i = 0; i < shapes[k].dim[0]; i++) data[i] = number((int)(k - 1) / 2, (int)(k - 1) % 2, i);
    run_must(run, atr_run_write(run, name[k], data, (size_t)shapes[k].dim[0] * sizeof *data));
  }
  run_must(run, atr_run_execute(run));
  for (int k = 0; k <= MEMBERS; k++) {
    char out[16];
    const int member = k < MEMBERS ? k : 1;
    const int64_t count = size[member];
    snprintf(out, sizeof out, k < MEMBERS ? "y%d" : "z", k);
    run_must(run, atr_run_read(run, out, got, (size_t)count * sizeof *got));
    for (int64_t i = 0; i < count; i++) /* z: open, its new value is the old x */
      ck_assert(got[i] == number(member, open > 0 && k < MEMBERS, i));
  }
  /* Measured, each step of a shared launch has its part of the time. */
  size_t measured = 0;
  run_must(run, atr_run_profile(run, 1));
  run_must(run, atr_run_execute(run));
  while (atr_run_profile_step(run, measured).node) measured++;
  ck_assert_uint_eq(measured, plan->n_steps);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
}

START_TEST(steps_that_share_a_launch_do_their_own_work) {
  for (int on_device = 0; on_device <= test_opencl(); on_device++) {
    atr_context *context = test_open(on_device ? test_device() : "host", NULL);
    commits(context, 1);
    commits(context, 0);
    atr_context_destroy(context);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = { steps_that_share_a_launch_do_their_own_work };
  return test_run(test_suite("share", tests, sizeof tests / sizeof *tests, 300));
}
