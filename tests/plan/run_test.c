/* run_test.c: runs of one plan in several threads, cancelling, memory limits, and every allocation failing in
 * turn. */
#include "net.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "plan/plan.h"

enum { SIDE = 48, PIXELS = SIDE * SIDE };

typedef struct {
  atr_run *run;
  const float *x, *expected;
  int wrong;
} worker;

static void *work(void *user) {
  worker *w = user;
  float *y = malloc(4 * PIXELS * sizeof *y);
  for (int i = 0; i < 20; i++) {
    if (atr_run_write(w->run, "image", w->x, 3 * PIXELS * sizeof *w->x) || atr_run_execute(w->run) ||
        atr_run_read(w->run, "classes", y, 4 * PIXELS * sizeof *y) ||
        memcmp(y, w->expected, 4 * PIXELS * sizeof *y))
      w->wrong++;
  }
  free(y);
  return NULL;
}

static void threads(atr_context *context) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = net_unet();
  const atr_shape shape = net_image(1, 3, SIDE, SIDE);
  atr_plan *plan;
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
  worker w[3] = { { 0 } };
  pthread_t thread[3];
  float *x[3], *y[3];
  for (int i = 0; i < 3; i++) {
    must(atr_run_create(plan, &error, &w[i].run));
    w[i].x = x[i] = net_fill(3 * PIXELS, 20 + (unsigned)i);
    w[i].expected = y[i] = net_run(w[i].run, "image", x[i], 3 * PIXELS, "classes", 4 * PIXELS);
  }
  ck_assert_int_ne(memcmp(y[0], y[1], PIXELS * sizeof *y[0]), 0);
  for (int i = 0; i < 3; i++) ck_assert_int_eq(pthread_create(&thread[i], NULL, work, &w[i]), 0);
  for (int i = 0; i < 3; i++) {
    pthread_join(thread[i], NULL);
    ck_assert_int_eq(w[i].wrong, 0);
    atr_run_destroy(w[i].run);
    free(x[i]);
    free(y[i]);
  }
  atr_plan_destroy(plan);
  atr_model_destroy(m);
}
START_TEST(runs_of_one_plan_in_three_threads_give_their_own_bits) {
  net_everywhere(threads);
}
END_TEST

/* Threads that make, run and destroy plans of one model at the same time. */
static void *plan_and_run(void *user) {
  atr_context *const context = ((void **)user)[0];
  const atr_model *const m = ((void **)user)[1];
  atr_error error = ATR_ERROR_INIT;
  intptr_t wrong = 0;
  for (int i = 0; i < 5; i++) {
    const atr_shape shape = net_image(1, 3, 8 + 2 * i, 8);
    atr_plan *plan = NULL;
    atr_run *run = NULL;
    if (atr_plan_create(m, context, &shape, 1, NULL, &error, &plan) || atr_run_create(plan, &error, &run) ||
        atr_run_execute(run))
      wrong++;
    atr_run_destroy(run);
    atr_plan_destroy(plan);
  }
  return (void *)wrong;
}

static void plans_in_threads(atr_context *context) {
  atr_model *m = net_unet();
  void *both[2] = { context, m };
  pthread_t thread[4];
  for (int i = 0; i < 4; i++) ck_assert_int_eq(pthread_create(&thread[i], NULL, plan_and_run, both), 0);
  for (int i = 0; i < 4; i++) {
    void *wrong;
    pthread_join(thread[i], &wrong);
    ck_assert_ptr_null(wrong);
  }
  ck_assert_uint_eq(context->memory_used, 0); /* nothing is in use once all are gone */
  atr_model_destroy(m);
}
START_TEST(four_threads_may_plan_on_one_context) {
  net_everywhere(plans_in_threads);
}
END_TEST

typedef struct {
  const char *stage; /* cancelled in this stage, at its call number `at` */
  int at, seen[2];
} stopper;

static int stop(void *user, const atr_progress *progress) {
  stopper *s = user;
  const int is_run = !strcmp(progress->stage, "run");
  s->seen[is_run]++;
  ck_assert_uint_le(progress->done, progress->total);
  return s->stage && !strcmp(progress->stage, s->stage) && s->at-- <= 0;
}

static void cancel_by_hook(const char *device) {
  atr_error error = ATR_ERROR_INIT;
  stopper s = { 0 };
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  options.hooks.user = &s;
  options.hooks.progress = stop;
  atr_context *context = test_open(device, &options);
  atr_model *m = net_unet();
  const atr_shape shape = net_image(1, 3, SIDE, SIDE);
  atr_plan *plan = NULL;
  atr_run *run;
  for (int at = 0; at < 3; at++) {
    s = (stopper){ "plan", at, { 0, 0 } };
    must_fail(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan), ATR_E_CANCELLED, "cancelled");
    ck_assert_ptr_null(plan);
  }
  s = (stopper){ 0 };
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
  ck_assert_int_gt(s.seen[0], 2);
  must(atr_run_create(plan, &error, &run));
  float *x = net_fill(3 * PIXELS, 1);
  float *y = net_run(run, "image", x, 3 * PIXELS, "classes", 4 * PIXELS);
  ck_assert_int_gt(s.seen[1], 0);
  s = (stopper){ "run", 0, { 0, 0 } };
  run_must_fail(run, atr_run_execute(run), ATR_E_CANCELLED, "cancelled");
  s = (stopper){ 0 };
  float *again = net_run(run, "image", x, 3 * PIXELS, "classes", 4 * PIXELS); /* and is usable after it */
  ck_assert_mem_eq(again, y, 4 * PIXELS * sizeof *y);
  free(x);
  free(y);
  free(again);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
  atr_context_destroy(context);
}
START_TEST(progress_hook_cancels_planning_and_running) {
  cancel_by_hook("host");
  if (test_opencl())
    cancel_by_hook(test_device());
  else
    puts("# skipped: no OpenCL, so cancelling on the host only");
}
END_TEST

static void *cancel_soon(void *user) {
  usleep(30000);
  atr_run_cancel(user);
  return NULL;
}

static void cancel_from_outside(atr_context *context) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = net_chain(40, 1);
  const atr_shape shape = net_image(1, 8, 1024, 1024); /* seconds of work */
  atr_plan *plan;
  atr_run *run;
  pthread_t thread;
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  const double start = atr__seconds();
  ck_assert_int_eq(pthread_create(&thread, NULL, cancel_soon, run), 0);
  const atr_status status = atr_run_execute(run);
  const double took = atr__seconds() - start;
  pthread_join(thread, NULL);
  ck_assert_msg(status == ATR_E_CANCELLED, "%s after %.3f s", atr_status_name(status), took);
  printf("# cancelled %.0f ms after being asked, on %s\n", 1e3 * (took - 0.03), context->info.id);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
}
START_TEST(another_thread_cancels_a_run) {
  net_everywhere(cancel_from_outside);
}
END_TEST

static void limited(const char *device) {
  atr_error error = ATR_ERROR_INIT;
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  options.memory_limit = 1 << 20;
  atr_context *context = test_open(device, &options);
  atr_model *m = net_chain(2, 1);
  const atr_shape large = net_image(1, 8, 256, 256), small = net_image(1, 8, 16, 16);
  atr_plan *plan;
  atr_run *run;
  atr_status status = atr_plan_create(m, context, &large, 1, NULL, &error, &plan);
  if (!status) {
    status = atr_run_create(plan, &error, &run);
    ck_assert_ptr_null(run);
    atr_plan_destroy(plan);
  }
  ck_assert_int_eq(status, ATR_E_NOMEM);
  ck_assert_msg(strstr(error.text, "memory limit of 1048576") != NULL, "%s", error.text);
  must(atr_plan_create(m, context, &small, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  run_must(run, atr_run_execute(run));
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  ck_assert_uint_eq(context->memory_used, 0);
  atr_model_destroy(m);
  atr_context_destroy(context);
}
START_TEST(the_memory_limit_holds_and_leaves_the_context_usable) {
  limited("host");
  if (test_opencl())
    limited(test_device());
  else
    puts("# skipped: no OpenCL, so the memory limit on the host only");
}
END_TEST

/* Every allocation of planning and running fails in turn, once and for ever. */
static void out_of_memory(atr_context *context) {
  atr_model *m = net_unet();
  const atr_shape shape = net_image(1, 3, 8, 8);
  float x[3 * 64] = { 1, -1, 0.5f }, y[4 * 64], good[4 * 64];
  atr_error error = ATR_ERROR_INIT;
  atr_plan *plan;
  atr_run *run;
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan)); /* the program is compiled and kept */
  must(atr_run_create(plan, &error, &run));
  run_must(run, atr_run_write(run, "image", x, sizeof x));
  run_must(run, atr_run_execute(run));
  run_must(run, atr_run_read(run, "classes", good, sizeof good));
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  const int64_t before = atr__alloc_live();
  const uint64_t memory = context->memory_used;
  int64_t failures = 0;
  for (int for_ever = 0; for_ever < 2; for_ever++)
    for (int64_t at = 0;; at++) {
      error = (atr_error)ATR_ERROR_INIT;
      plan = (atr_plan *)1;
      run = NULL;
      atr__alloc_fail(at, for_ever);
      atr_status status = atr_plan_create(m, context, &shape, 1, NULL, &error, &plan);
      if (status)
        ck_assert_ptr_null(plan);
      else
        status = atr_run_create(plan, &error, &run);
      const int made = !status;
      if (made) {
        status = atr_run_write(run, "image", x, sizeof x);
        if (!status) status = atr_run_execute(run);
        if (!status) status = atr_run_read(run, "classes", y, sizeof y);
        if (status) error.status = status, strcpy(error.text, atr_run_error(run));
      }
      atr__alloc_fail(-1, 0);
      if (!status) ck_assert_mem_eq(y, good, sizeof good);
      atr_run_destroy(run);
      atr_plan_destroy(plan);
      ck_assert_msg(atr__alloc_live() == before, "allocation %lld: %lld blocks left", (long long)at,
                    (long long)(atr__alloc_live() - before));
      ck_assert_msg(context->memory_used == memory, "allocation %lld: device memory left", (long long)at);
      if (!status) {
        /* A failure that costs nothing but a cache is no error: done only when none was injected any more. */
        atr__alloc_fail(at, for_ever);
        must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
        atr__alloc_fail(-1, 0);
        atr_plan_destroy(plan);
        break;
      }
      failures++;
      ck_assert_msg(status == ATR_E_NOMEM, "allocation %lld: %s: %s", (long long)at, atr_status_name(status),
                    error.text);
      ck_assert_msg(error.text[0], "allocation %lld: no sentence", (long long)at);
    }
  printf("# %lld failures injected on %s\n", (long long)failures, context->info.id);
  ck_assert_int_gt(failures, 200);
  atr_model_destroy(m);
}
START_TEST(every_allocation_failing_in_turn_is_an_error_and_no_leak) {
  net_everywhere(out_of_memory);
}
END_TEST

static void the_same_again(atr_context *context) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = net_unet();
  const atr_shape shape = net_image(2, 3, SIDE, SIDE);
  const size_t n = 2 * 3 * PIXELS;
  float *x = net_fill(n, 9), *noise = net_fill(n, 10);
  atr_plan *plan;
  atr_run *run;
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  float *first = net_run(run, "image", x, n, "classes", 2 * 4 * PIXELS);
  for (int i = 0; i < 10; i++) {
    free(net_run(run, "image", noise, n, "classes", 2 * 4 * PIXELS)); /* leaves other numbers in the arena */
    float *again = net_run(run, "image", x, n, "classes", 2 * 4 * PIXELS);
    ck_assert_mem_eq(again, first, 2 * 4 * PIXELS * sizeof *again);
    free(again);
  }
  free(first);
  free(x);
  free(noise);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
}
START_TEST(a_run_does_not_depend_on_what_ran_before) {
  net_everywhere(the_same_again);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
    runs_of_one_plan_in_three_threads_give_their_own_bits,
    four_threads_may_plan_on_one_context,
    progress_hook_cancels_planning_and_running,
    another_thread_cancels_a_run,
    the_memory_limit_holds_and_leaves_the_context_usable,
    every_allocation_failing_in_turn_is_an_error_and_no_leak,
    a_run_does_not_depend_on_what_ran_before,
  };
  return test_run(test_suite("run", tests, sizeof tests / sizeof *tests, 300));
}
