/* profile_test.c: runs that are measured: the same bits, times that fit into the run's own, and counts worked
 * by hand. */
#include "net.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "plan/plan.h"

enum { SIDE = 24, PIXELS = SIDE * SIDE };

static size_t steps_of(const atr_run *run, const char *op, int once) {
  atr_profile_step s;
  size_t n = 0;
  for (size_t i = 0; (s = atr_run_profile_step(run, i)).node != NULL; i++)
    n += !strcmp(s.op, op) && (once < 0 || !s.once == !once);
  return n;
}

static void same_bits(atr_context *context) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = net_unet();
  const atr_shape shape = net_image(2, 3, SIDE, SIDE);
  atr_plan *plan;
  atr_run *run;
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  float *x = net_fill(6 * PIXELS, 3), *y[4];
  ck_assert_ptr_null(atr_run_profile_step(run, 0).node);
  y[0] = net_run(run, "image", x, 6 * PIXELS, "classes", 8 * PIXELS);
  ck_assert_ptr_null(atr_run_profile_step(run, 0).node);
  run_must(run, atr_run_profile(run, 1));
  ck_assert_ptr_null(atr_run_profile_step(run, 0).node);
  for (int i = 1; i < 3; i++) {
    y[i] = net_run(run, "image", x, 6 * PIXELS, "classes", 8 * PIXELS);
    ck_assert_uint_eq(steps_of(run, "Conv", -1), 4);
  }
  run_must(run, atr_run_profile(run, 0));
  y[3] = net_run(run, "image", x, 6 * PIXELS, "classes", 8 * PIXELS);
  ck_assert_ptr_null(atr_run_profile_step(run, 0).node);
  for (int i = 1; i < 4; i++) ck_assert_int_eq(memcmp(y[0], y[i], 8 * PIXELS * sizeof(float)), 0);
  for (int i = 0; i < 4; i++) free(y[i]);
  free(x);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
}
START_TEST(a_measured_run_gives_the_same_bits) {
  net_everywhere(same_bits);
}
END_TEST

static void times(atr_context *context) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = net_unet();
  const atr_shape shape = net_image(2, 3, SIDE, SIDE);
  atr_plan *plan;
  atr_run *run;
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  float *x = net_fill(6 * PIXELS, 4);
  run_must(run, atr_run_profile(run, 1));
  run_must(run, atr_run_write(run, "image", x, 6 * PIXELS * sizeof *x));
  size_t first[64], n_first = 0;
  for (int pass = 0; pass < 2; pass++) {
    const double begin = atr__clock();
    run_must(run, atr_run_execute(run));
    const double whole = atr__clock() - begin;
    double end = 0, sum = 0;
    atr_profile_step s;
    size_t kept = 0;
    for (size_t i = 0; (s = atr_run_profile_step(run, i)).node != NULL; i++) {
      ck_assert_ptr_nonnull(s.op);
      ck_assert_ptr_nonnull(s.device);
      ck_assert_ptr_nonnull(s.algorithm);
      ck_assert(s.time_s >= 0);
      ck_assert_msg(s.begin_s >= end - 1e-6, "step %zu begins at %g, the one before ends at %g", i, s.begin_s,
                    end);
      end = s.begin_s + s.time_s;
      sum += s.time_s;
      if (s.once) {
        ck_assert_int_eq(pass, 0); /* weights are prepared once */
        continue;
      }
      if (pass)
        ck_assert_uint_eq(s.index, first[kept]);
      else
        first[kept] = s.index;
      ck_assert_uint_lt(++kept, 64);
    }
    if (pass) ck_assert_uint_eq(kept, n_first);
    n_first = kept;
    ck_assert_uint_gt(kept, 5);
    ck_assert(sum > 0);
    ck_assert_msg(end <= whole + 1e-3, "the last step ends at %g of %g seconds", end, whole);
  }
  free(x);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
}
START_TEST(steps_follow_each_other_within_the_run_and_keep_their_index) {
  net_everywhere(times);
}
END_TEST

/* One convolution of 8 filters 3×3 over 8 channels, 12×10, padded: 2·8·8·9·120 operations. */
static void counts(atr_context *context) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = net_chain(1, 1);
  const atr_shape shape = net_image(1, 8, 12, 10);
  atr_plan *plan;
  atr_run *run;
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  float *x = net_fill(960, 5);
  run_must(run, atr_run_profile(run, 1));
  free(net_run(run, "x", x, 960, "y", 960));
  atr_profile_step s;
  int seen = 0;
  for (size_t i = 0; (s = atr_run_profile_step(run, i)).node != NULL; i++) {
    if (!strcmp(s.op, "Reorder")) ck_assert_uint_eq(s.flops, 0);
    if (strcmp(s.op, "Conv") != 0 || s.once) continue;
    seen++;
    ck_assert_str_eq(s.node, "c0");
    ck_assert_uint_eq(s.flops, 2 * 8 * 8 * 9 * 120);
    /* x, weights, bias, y: with whole cache lines, and blocks of 16 channels where a row wants them. */
    ck_assert_uint_ge(s.bytes, 4 * (960 + 576 + 8 + 960));
    ck_assert_uint_le(s.bytes, 4 * (2 * 960 + 4 * 576 + 16 + 2 * 960));
  }
  ck_assert_int_eq(seen, 1);
  free(x);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
}
START_TEST(operations_and_bytes_are_those_worked_by_hand) {
  net_everywhere(counts);
}
END_TEST

START_TEST(measuring_may_be_asked_for_twice) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = test_open("host", NULL);
  atr_model *m = net_chain(2, 1);
  const atr_shape shape = net_image(1, 8, 6, 6);
  atr_plan *plan;
  atr_run *run;
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  run_must(run, atr_run_profile(run, 1));
  run_must(run, atr_run_profile(run, 1));
  run_must(run, atr_run_execute(run));
  ck_assert_uint_eq(steps_of(run, "Conv", 0), 2);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
  atr_context_destroy(context);
}
END_TEST

START_TEST(every_allocation_of_measuring_may_fail) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = test_open(test_opencl() ? test_device() : "host", NULL);
  atr_model *m = net_chain(2, 1);
  const atr_shape shape = net_image(1, 8, 6, 6);
  atr_plan *plan;
  atr_run *run;
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  run_must(run, atr_run_execute(run));
  const int64_t blocks = atr__alloc_live();
  int n = 0;
  for (atr_status status = ATR_E_NOMEM; status; n++) {
    atr__alloc_fail(n, 0);
    status = atr_run_profile(run, 1);
    atr__alloc_fail(-1, 0);
    ck_assert(!status || status == ATR_E_NOMEM);
    run_must(run, atr_run_execute(run)); /* measured or not, it runs */
  }
  ck_assert_int_gt(n, 3);
  ck_assert_uint_eq(steps_of(run, "Conv", 0), 2);
  run_must(run, atr_run_profile(run, 0));
  ck_assert_int_le(atr__alloc_live(), blocks + 1); /* the queue may keep its list of events */
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
  atr_context_destroy(context);
}
END_TEST

int main(void) {
  const TTest *const tests[] = { a_measured_run_gives_the_same_bits,
                                 steps_follow_each_other_within_the_run_and_keep_their_index,
                                 operations_and_bytes_are_those_worked_by_hand,
                                 measuring_may_be_asked_for_twice, every_allocation_of_measuring_may_fail };
  return test_run(test_suite("profile", tests, sizeof tests / sizeof *tests, 300));
}
