/* flow_test.c: many nodes by one launch give the bits that launches of their own give, at awkward sizes, run
 * after run and in several threads; where a device does not do what flows need they are left alone, and plans
 * say which nodes one launch does. */
#include "test.h"

#include <pthread.h>

#include "base/alloc.h"
#include "net.h"
#include "plan/flow.h"
#include "plan/plan.h"

/* A device that calls tiles by one kernel, as PoCL does; elsewhere flows are not tested, and said. */
static atr_context *open_tiles(const atr_context_options *options) {
  if (!test_opencl()) {
    puts("# skipped: no OpenCL");
    return NULL;
  }
  atr_context *context = test_open(test_device(), options);
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = net_chain(3, 1);
  const atr_shape shape = net_image(1, 8, 9, 9);
  atr_plan *plan;
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
  const int has = plan->n_kernels && context->backend->program_tile(plan->program, plan->kernels[0]) >= 0;
  atr_plan_destroy(plan);
  atr_model_destroy(m);
  if (has) return context;
  puts("# skipped: tiles are no cases of one kernel on this device");
  atr_context_destroy(context);
  return NULL;
}

static atr_plan *plan_of(const atr_model *m, atr_context *context, const atr_shape *shape,
                         atr_launches launches) {
  atr_error error = ATR_ERROR_INIT;
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  atr_plan *plan;
  options.launches = launches;
  must(atr_plan_create(m, context, shape, 1, &options, &error, &plan));
  return plan;
}

static atr_run *run_of(atr_plan *plan) {
  atr_error error = ATR_ERROR_INIT;
  atr_run *run;
  must(atr_run_create(plan, &error, &run));
  return run;
}

static size_t launched(const atr_plan *plan) {
  size_t n = 0;
  for (size_t i = 0; i < plan->n_flows; i++) n += plan->flows[i].n;
  return n;
}

/* On simulators only small plans, once each (scripts/drivers). */
static int slow(void) {
  return getenv("ATROUS_TEST_WORK") != NULL;
}

static int too_slow(void) {
  if (slow()) puts("# skipped: too much for a simulator");
  return slow();
}

/* The same bits by one launch and by many, three times over with other inputs. Takes the model. */
static void compare(atr_context *context, atr_model *m, const char *in, const atr_shape *shape,
                    const char *out, size_t least) {
  atr_plan *one = plan_of(m, context, shape, ATR_LAUNCHES_FEW);
  atr_plan *many = plan_of(m, context, shape, ATR_LAUNCHES_SEPARATE);
  atr_run *a = run_of(one), *b = run_of(many);
  const atr_shape y = atr_plan_output(one, 0).shape;
  ck_assert_uint_ge(launched(one), least);
  ck_assert_uint_eq(many->n_flows, 0);
  ck_assert(!strstr(atr_plan_placement(many), "\"launch\""));
  for (unsigned turn = 0; turn < (slow() ? 1 : 3); turn++) {
    float *x = net_fill(net_count(shape), turn);
    float *p = net_run(a, in, x, net_count(shape), out, net_count(&y));
    float *q = net_run(b, in, x, net_count(shape), out, net_count(&y));
    ck_assert_mem_eq(p, q, net_count(&y) * sizeof *p);
    free(x);
    free(p);
    free(q);
  }
  atr_run_destroy(a);
  atr_run_destroy(b);
  atr_plan_destroy(one);
  atr_plan_destroy(many);
  atr_model_destroy(m);
}

/* `layers` residual layers of a series, "x" [n][c][t] to "y". */
static atr_model *series(int layers, int64_t c, int64_t filter) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = NULL;
  must(atr_model_create(5, &error, &m));
  const atr_shape shape = { 3, { -1, c, -1 } };
  atr_value v = atr_model_add_input(m, "x", ATR_F32, &shape);
  for (int i = 0; i < layers; i++) {
    atr_conv_params p = ATR_CONV_PARAMS_INIT, q = ATR_CONV_PARAMS_INIT;
    char name[16];
    snprintf(name, sizeof name, "d%d", i);
    p.name = name;
    p.out_channels = q.out_channels = c;
    p.filter[0] = filter;
    p.dilation[0] = (int64_t)1 << i;
    p.pad = ATR_PAD_CAUSAL;
    const atr_value h = atr_model_relu(m, atr_model_conv(m, &p, v));
    snprintf(name, sizeof name, "p%d", i);
    q.name = name;
    v = atr_model_add2(m, v, atr_model_conv(m, &q, h));
  }
  atr_model_add_output(m, "y", v);
  must(atr_model_check(m, &error));
  return m;
}

START_TEST(series_of_odd_sizes_give_the_same_bits_by_one_launch) {
  static const int64_t sizes[][4] = { { 1, 16, 1, 2 },   { 1, 17, 7, 3 },   { 3, 32, 61, 2 },
                                      { 1, 32, 509, 3 }, { 2, 48, 130, 2 }, { 1, 64, 1031, 3 } };
  atr_context *context = open_tiles(NULL);
  const int layers = slow() ? 2 : 6;
  for (size_t i = 0; context && i < (slow() ? 2 : sizeof sizes / sizeof *sizes); i++) {
    const atr_shape shape = { 3, { sizes[i][0], sizes[i][1], sizes[i][2] } };
    compare(context, series(layers, sizes[i][1], sizes[i][3]), "x", &shape, "y", 2 * (size_t)layers);
  }
  atr_context_destroy(context);
}
END_TEST

START_TEST(images_of_odd_sizes_give_the_same_bits_by_one_launch) {
  static const int64_t sizes[][3] = { { 1, 1, 1 }, { 1, 7, 5 }, { 2, 13, 29 }, { 1, 64, 3 } };
  atr_context *context = open_tiles(NULL);
  for (size_t i = 0; context && i < (slow() ? 2 : sizeof sizes / sizeof *sizes); i++)
    for (int64_t dilation = 1; dilation < 6; dilation += 4) {
      const atr_shape shape = net_image(sizes[i][0], 8, sizes[i][1], sizes[i][2]);
      compare(context, net_chain(5, dilation), "x", &shape, "y", 5);
    }
  for (int64_t side = 2; context && side < (slow() ? 3 : 80); side += 38) {
    const atr_shape shape = net_image(2, 3, side, side + 6);
    compare(context, net_unet(), "image", &shape, "classes", 1);
  }
  atr_context_destroy(context);
}
END_TEST

typedef struct {
  atr_run *run;
  const float *x;
  size_t n;
  float *y;
} work;

static void *run_often(void *data) {
  work *w = data;
  for (int i = 0; i < 20; i++) {
    free(w->y);
    w->y = net_run(w->run, "x", w->x, w->n, "y", w->n);
  }
  return NULL;
}

START_TEST(several_runs_at_once_do_not_disturb_each_other) {
  if (too_slow()) return;
  atr_context *context = open_tiles(NULL);
  if (!context) return;
  const atr_shape shape = { 3, { 1, 32, 700 } };
  const size_t n = net_count(&shape);
  atr_model *m = series(5, 32, 3);
  atr_plan *plan = plan_of(m, context, &shape, ATR_LAUNCHES_FEW);
  ck_assert_uint_ge(launched(plan), 10);
  work w[3];
  float *alone[3];
  pthread_t thread[3];
  for (unsigned i = 0; i < 3; i++) {
    w[i] = (work){ run_of(plan), net_fill(n, i), n, NULL };
    alone[i] = net_run(w[i].run, "x", w[i].x, n, "y", n);
  }
  for (int i = 0; i < 3; i++) ck_assert_int_eq(pthread_create(&thread[i], NULL, run_often, &w[i]), 0);
  for (int i = 0; i < 3; i++) {
    pthread_join(thread[i], NULL);
    ck_assert_mem_eq(w[i].y, alone[i], n * sizeof *alone[i]);
    free(w[i].y);
    free(alone[i]);
    free((void *)w[i].x);
    atr_run_destroy(w[i].run);
  }
  atr_plan_destroy(plan);
  atr_model_destroy(m);
  atr_context_destroy(context);
}
END_TEST

START_TEST(placement_says_which_nodes_one_launch_does) {
  if (too_slow()) return;
  atr_context *context = open_tiles(NULL);
  if (!context) return;
  const atr_shape shape = { 3, { 1, 32, 100 } };
  atr_model *m = series(3, 32, 2);
  atr_plan *plan = plan_of(m, context, &shape, ATR_LAUNCHES_FEW);
  const char *at = strstr(atr_plan_placement(plan), "\"node\":\"p1\"");
  ck_assert_ptr_nonnull(at);
  at = strstr(at, "\"launch\":1}");
  ck_assert_ptr_nonnull(at);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
  atr_context_destroy(context);
}
END_TEST

START_TEST(unknown_launches_are_refused) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = test_open("host", NULL);
  atr_model *m = net_chain(1, 1);
  const atr_shape shape = net_image(1, 8, 4, 4);
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  atr_plan *plan = NULL;
  options.launches = (atr_launches)7;
  must_fail(atr_plan_create(m, context, &shape, 1, &options, &error, &plan), ATR_E_PARAM, "launches 7");
  ck_assert_ptr_null(plan);
  atr_model_destroy(m);
  atr_context_destroy(context);
}
END_TEST

START_TEST(measured_runs_launch_every_kernel_and_give_the_same_bits) {
  if (too_slow()) return;
  atr_context *context = open_tiles(NULL);
  if (!context) return;
  const atr_shape shape = { 3, { 1, 32, 333 } };
  const size_t n = net_count(&shape);
  atr_model *m = series(4, 32, 3);
  atr_plan *plan = plan_of(m, context, &shape, ATR_LAUNCHES_FEW);
  atr_run *run = run_of(plan);
  float *x = net_fill(n, 3), *y[3];
  ck_assert_uint_ge(launched(plan), 8);
  y[0] = net_run(run, "x", x, n, "y", n);
  run_must(run, atr_run_profile(run, 1));
  y[1] = net_run(run, "x", x, n, "y", n);
  size_t measured = 0, timed = 0, launching = 0;
  for (size_t k = 0; k < plan->n_steps; k++) launching += plan->steps[k].n_launches > 0;
  ck_assert_uint_ge(launching, 4);
  for (atr_profile_step s; (s = atr_run_profile_step(run, measured)).node; measured++) timed += s.time_s > 0;
  ck_assert_uint_eq(measured, launching);
  ck_assert_uint_eq(timed, measured);
  run_must(run, atr_run_profile(run, 0));
  y[2] = net_run(run, "x", x, n, "y", n);
  ck_assert_mem_eq(y[0], y[1], n * sizeof(float));
  ck_assert_mem_eq(y[0], y[2], n * sizeof(float));
  for (int i = 0; i < 3; i++) free(y[i]);
  free(x);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
  atr_context_destroy(context);
}
END_TEST

/* A kernel that calls tiles one by one but leaves flows undone, or does not wait between launches. */
static const char *const BAD[] = {
  "__kernel void atr_tiles(ATR_BASES_DECLARED, uint atr_tile) {\n"
  "  if (atr_tile != ATR_TILE_FLOW)\n"
  "    atr_tile_call(ATR_BASES_GIVEN, atr_tile,\n"
  "                  (int)get_group_id(0), (int)get_group_id(1), (int)get_group_id(2), "
  "(int)get_num_groups(0));\n"
  "}\n",
  "__kernel void atr_tiles(ATR_BASES_DECLARED, uint atr_tile) {\n"
  "  __global const int *a = atr_b0 + atr_node;\n"
  "  if (atr_tile != ATR_TILE_FLOW)\n"
  "    atr_tile_call(ATR_BASES_GIVEN, atr_tile,\n"
  "                  (int)get_group_id(0), (int)get_group_id(1), (int)get_group_id(2), "
  "(int)get_num_groups(0));\n"
  "  else if (get_group_id(0) == 0)\n"
  "    for (int l = a[0]; l > 0; l--)\n"
  "      for (int g = 0; g < a[16 * l + 5]; g++)\n"
  "        atr_tile_call(atr_b0, atr_b1, atr_b2, atr_b3, atr_b4, atr_b5, atr_b6, a[16 * l + 1], atr_b7,\n"
  "                      a[16 * l], g, 0, 0, a[16 * l + 2]);\n"
  "}\n"
};

START_TEST(a_device_that_fails_the_trial_launches_every_kernel) {
  if (too_slow()) return;
  atr_context *context = open_tiles(NULL);
  if (!context) return;
  const atr_shape shape = { 3, { 1, 32, 200 } };
  const size_t n = net_count(&shape);
  atr_model *m = series(3, 32, 3);
  atr_plan *plan = plan_of(m, context, &shape, ATR_LAUNCHES_FEW);
  atr_run *run = run_of(plan);
  float *x = net_fill(n, 9), *y = net_run(run, "x", x, n, "y", n);
  ck_assert_int_eq(atomic_load(&context->flow), 1);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_context_destroy(context);
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
    test_folder_make();
    FILE *file = fopen(test_path("flow.clh"), "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(BAD[i], file), 0);
    ck_assert_int_eq(fclose(file), 0);
    setenv("ATROUS_KERNEL_DIR", test_folder, 1);
    context = test_open(test_device(), &options);
    unsetenv("ATROUS_KERNEL_DIR");
    plan = plan_of(m, context, &shape, ATR_LAUNCHES_FEW);
    ck_assert_int_eq(atomic_load(&context->flow), -1);
    ck_assert_uint_eq(plan->n_flows, 0);
    ck_assert(!strstr(atr_plan_placement(plan), "\"launch\""));
    run = run_of(plan);
    float *z = net_run(run, "x", x, n, "y", n);
    ck_assert_mem_eq(y, z, n * sizeof *y);
    free(z);
    atr_run_destroy(run);
    atr_plan_destroy(plan);
    atr_context_destroy(context);
    test_folder_remove();
  }
  free(x);
  free(y);
  atr_model_destroy(m);
}
END_TEST

int main(void) {
  const TTest *const tests[] = { series_of_odd_sizes_give_the_same_bits_by_one_launch,
                                 images_of_odd_sizes_give_the_same_bits_by_one_launch,
                                 several_runs_at_once_do_not_disturb_each_other,
                                 placement_says_which_nodes_one_launch_does,
                                 unknown_launches_are_refused,
                                 measured_runs_launch_every_kernel_and_give_the_same_bits,
                                 a_device_that_fails_the_trial_launches_every_kernel };
  return test_run(test_suite("flow", tests, sizeof tests / sizeof *tests, 300));
}
