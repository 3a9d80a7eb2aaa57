/* tune_test.c: choices that a file names are followed where they can be, measured ones compute what the
 * rules' plan does, and a kernel that computes something else is rejected. What is quicker on this machine is
 * no test's business: the arithmetic of the choice is seen by its own account. */
#include "net.h"

#include <math.h>
#include <sys/stat.h>

#include "plan/tuning.h"

enum { CHANNELS = 8, HEIGHT = 13, WIDTH = 17, SIZE = CHANNELS * HEIGHT * WIDTH };

static atr_context *open_in_folder(const char *device) {
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  options.cache_dir = test_folder;
  return test_open(device, &options);
}

/* The text of the file of choices; "" where there is none. */
static const char *choices(void) {
  static char text[1 << 16];
  FILE *file = fopen(test_path("tuning.txt"), "r");
  const size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
  if (file) fclose(file);
  text[n] = 0;
  return text;
}

static size_t count(const char *text, const char *word) {
  size_t n = 0;
  for (const char *at = text; (at = strstr(at, word)); at += strlen(word)) n++;
  return n;
}

/* The chain's answer to the same numbers, and what its placement says, to be freed. */
static float *answer(atr_context *context, const atr_model *m, char **placement) {
  atr_error error = ATR_ERROR_INIT;
  atr_plan *plan;
  atr_run *run;
  const atr_shape shape = net_image(1, CHANNELS, HEIGHT, WIDTH);
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  float *x = net_fill(SIZE, 3), *y = net_run(run, "x", x, SIZE, "y", SIZE);
  if (placement) *placement = strdup(atr_plan_placement(plan));
  free(x);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  return y;
}

static void expect_close(const float *got, const float *want) {
  for (size_t i = 0; i < SIZE; i++)
    ck_assert_msg(fabsf(got[i] - want[i]) <= 1e-4f * (1 + fabsf(want[i])), "element %zu is %g, not %g", i,
                  (double)got[i], (double)want[i]);
}

typedef struct {
  const atr__op *op;
  char digest[ATR__DIGEST];
} seen;

static void see(void *user, const atr_plan *plan, const atr__step *step, const atr__cl_query *query) {
  (void)plan;
  seen *list = user;
  if (step->chosen > 1) return;
  list[step->chosen].op = step->op;
  atr__tuning_digest(step, query, list[step->chosen].digest);
}

static const atr__cl_row *row_of(const atr__op *op, const char *algorithm) {
  const atr__cl_row *row = op->cl;
  while (row->algorithm && strcmp(row->algorithm, algorithm) != 0) row++;
  return row->algorithm ? row : NULL;
}

/* The two convolutions of the chain as the planner sees them. */
static void look(atr_context *context, const atr_model *m, seen list[2]) {
  atr_error error = ATR_ERROR_INIT;
  atr_plan *plan;
  const atr_shape shape = net_image(1, CHANNELS, HEIGHT, WIDTH);
  const struct atr__wishes wishes = { NULL, 0, see, list };
  must(atr__plan_create_wished(m, context, &shape, 1, NULL, 0, &wishes, &error, &plan));
  atr_plan_destroy(plan);
}

START_TEST(a_choice_is_followed_and_can_be_taken_back) {
  if (!test_opencl()) return;
  test_folder_make();
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = net_chain(2, 1);
  atr_context *host = test_open("host", NULL), *context = open_in_folder(test_device());
  char *placement;
  seen list[2];
  float *want = answer(host, m, NULL), *got = answer(context, m, &placement);
  expect_close(got, want);
  ck_assert_uint_eq(count(placement, "\"measured\""), 0);
  free(got);
  free(placement);
  look(context, m, list);
  /* Equal layers, but the second one's input was computed: the same kind of step or not, both are named. */
  const atr__cl_row *baseline = row_of(list[0].op, "baseline");
  atr__tuned tuned[2] = { { list[0].op, "", baseline }, { list[1].op, "", baseline } };
  for (int i = 0; i < 2; i++) memcpy(tuned[i].digest, list[i].digest, sizeof list[i].digest);
  must(atr__tuning_store(context, tuned, 2, &error));
  atr_context *later = open_in_folder(test_device());
  atr_context *const both[2] = { context, later };
  for (int i = 0; i < 2; i++) {
    got = answer(both[i], m, &placement);
    expect_close(got, want);
    ck_assert_uint_eq(count(placement, "\"baseline\""), 2);
    ck_assert_uint_eq(count(placement, "\"measured\""), 2);
    free(got);
    free(placement);
  }
  tuned[0].row = tuned[1].row = NULL;
  must(atr__tuning_store(context, tuned, 2, &error));
  ck_assert_str_eq(choices(), "");
  got = answer(context, m, &placement);
  ck_assert_uint_eq(count(placement, "\"measured\""), 0);
  free(got);
  free(placement);
  free(want);
  atr_context_destroy(later);
  atr_context_destroy(context);
  atr_context_destroy(host);
  atr_model_destroy(m);
  test_folder_remove();
}
END_TEST

START_TEST(lines_without_sense_and_of_others_are_passed_over) {
  if (!test_opencl()) return;
  test_folder_make();
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = net_chain(2, 1);
  atr_context *context = open_in_folder(test_device());
  char *placement;
  seen list[2];
  look(context, m, list);
  const atr__cl_row *baseline = row_of(list[0].op, "baseline");
  atr__tuned tuned = { list[0].op, "", baseline };
  memcpy(tuned.digest, list[0].digest, sizeof tuned.digest);
  must(atr__tuning_store(context, &tuned, 1, &error));
  char *good = strdup(choices()), *end = strstr(good, "\tbaseline\n");
  ck_assert_ptr_nonnull(end);
  *end = 0;
  FILE *file = fopen(test_path("tuning.txt"), "w");
  fprintf(file, "nonsense\n\n1\tanother device\tits platform\t1\t2\t0.1.0\t00\t\tConv\tbaseline\n");
  fprintf(file, "%s\tno_such_algorithm\n", good);
  fwrite("1\t\0\xff\n", 1, 5, file);
  fprintf(file, "%s\tbaseline", good); /* torn: no end of line */
  fclose(file);
  chmod(test_path("tuning.txt"), 0600);
  atr_context *later = open_in_folder(test_device());
  float *y = answer(later, m, &placement);
  ck_assert_uint_eq(count(placement, "\"measured\""), 0);
  must(atr__tuning_store(later, &tuned, 1, &error)); /* keeps the other device's line, and only that */
  ck_assert_uint_eq(count(choices(), "\n"), 2);
  ck_assert_uint_eq(count(choices(), "another device"), 1);
  ck_assert_uint_eq(count(choices(), "nonsense"), 0);
  free(y);
  free(placement);
  free(good);
  atr_context_destroy(later);
  atr_context_destroy(context);
  atr_model_destroy(m);
  test_folder_remove();
}
END_TEST

START_TEST(an_algorithm_that_cannot_run_the_step_is_not_taken) {
  if (!test_opencl()) return;
  test_folder_make();
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = net_chain(2, 1); /* 8 channels: no 1x1 filter, no depthwise convolution */
  atr_context *context = open_in_folder(test_device());
  char *placement;
  seen list[2];
  look(context, m, list);
  const atr__cl_row *row = row_of(list[0].op, "depthwise_blocked");
  ck_assert_ptr_nonnull(row);
  atr__tuned tuned = { list[0].op, "", row };
  memcpy(tuned.digest, list[0].digest, sizeof tuned.digest);
  must(atr__tuning_store(context, &tuned, 1, &error));
  float *y = answer(context, m, &placement);
  ck_assert_uint_eq(count(placement, "\"measured\""), 0);
  free(y);
  free(placement);
  atr_context_destroy(context);
  atr_model_destroy(m);
  test_folder_remove();
}
END_TEST

/* Tunes the chain in the folder; what is kept is what was said. */
static atr_tuning_sum tune(atr_context *context, const atr_model *m) {
  atr_error error = ATR_ERROR_INIT;
  atr_tuning *tuning;
  const atr_shape shape = net_image(1, CHANNELS, HEIGHT, WIDTH);
  must(atr_tune(m, context, &shape, 1, NULL, 0, &error, &tuning));
  const atr_tuning_sum sum = atr_tuning_summary(tuning);
  size_t changed = 0;
  for (;; changed++) {
    const atr_tuning_change c = atr_tuning_changed(tuning, changed);
    if (!c.node) break;
    ck_assert_str_eq(c.op, "Conv");
    ck_assert_str_ne(c.rule, c.tuned);
    ck_assert_double_lt(c.tuned_s, c.rule_s);
  }
  ck_assert_uint_eq(changed, sum.changed);
  ck_assert_uint_le(sum.changed, sum.choices);
  ck_assert_uint_eq(count(choices(), "\n") > 0, sum.changed > 0); /* equal steps share a line */
  if (sum.changed) ck_assert_double_lt(sum.tuned_s, sum.rule_s);
  atr_tuning_destroy(tuning);
  return sum;
}

START_TEST(tuned_plans_compute_what_the_host_does) {
  if (!test_opencl()) return;
  test_folder_make();
  atr_model *m = net_chain(3, 2);
  atr_context *host = test_open("host", NULL), *context = open_in_folder(test_device());
  float *want = answer(host, m, NULL);
  for (int i = 0; i < 2; i++) { /* again: over its own choices */
    const atr_tuning_sum sum = tune(context, m);
    char *placement;
    ck_assert_uint_eq(sum.choices, 3);
    ck_assert_uint_ge(sum.candidates, 1);
    ck_assert_uint_eq(sum.rejected, 0);
    ck_assert_double_gt(sum.rule_s, 0);
    float *got = answer(context, m, &placement);
    expect_close(got, want);
    ck_assert_uint_eq(count(placement, "\"measured\""), sum.changed);
    free(got);
    free(placement);
  }
  free(want);
  atr_context_destroy(context);
  atr_context_destroy(host);
  atr_model_destroy(m);
  test_folder_remove();
}
END_TEST

/* The baseline's kernel put in place by one that is quick and wrong. */
static void expect_rejected(const char *result) {
  test_folder_make();
  FILE *file = fopen(test_path("conv.cl"), "w");
  fprintf(file,
          "#include \"conv.clh\"\nATR_ITEM_KERNEL(ATR_FN(conv_fwd_f32_baseline)) {\n  ATR_BEGIN;\n"
          "  const int at = ATR_ITEM;\n  if (at < ATR_CONV_COUNT) ATR_PTR(26)[at] = %s;\n}\n",
          result);
  fclose(file);
  setenv("ATROUS_KERNEL_DIR", test_folder, 1);
  atr_model *m = net_chain(2, 1);
  atr_context *context = open_in_folder(test_device());
  const atr_tuning_sum sum = tune(context, m);
  ck_assert_uint_ge(sum.rejected, 1);
  ck_assert_uint_eq(count(choices(), "\tbaseline\n"), 0);
  unsetenv("ATROUS_KERNEL_DIR");
  atr_context_destroy(context);
  atr_model_destroy(m);
  test_folder_remove();
}

START_TEST(a_wrong_or_infinite_result_is_rejected) {
  if (!test_opencl()) return;
  expect_rejected("1.0f");
  expect_rejected("NAN");
}
END_TEST

START_TEST(what_cannot_be_tuned_is_refused) {
  test_folder_make();
  atr_error error = ATR_ERROR_INIT;
  atr_tuning *tuning;
  atr_model *m = net_chain(1, 1);
  const atr_shape shape = net_image(1, CHANNELS, HEIGHT, WIDTH);
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  options.float64 = 1;
  atr_context *context = open_in_folder("host");
  must_fail(atr_tune(m, context, &shape, 1, NULL, -1, &error, &tuning), ATR_E_PARAM, "-1 seconds");
  must_fail(atr_tune(m, context, &shape, 1, &options, 0, &error, &tuning), ATR_E_PARAM, "float64");
  must_fail(atr_tune(m, context, &shape, 1, NULL, 0, &error, NULL), ATR_E_PARAM, "NULL");
  /* The host has one way to run a step: nothing to choose from is no error. */
  must(atr_tune(m, context, &shape, 1, NULL, 0, &error, &tuning));
  ck_assert_uint_eq(atr_tuning_summary(tuning).choices, 0);
  ck_assert_ptr_null(atr_tuning_changed(tuning, 0).node);
  atr_tuning_destroy(tuning);
  atr_context_destroy(context);
  atr_context_options nowhere = ATR_CONTEXT_OPTIONS_INIT;
  nowhere.cache_dir = "";
  context = test_open("host", &nowhere);
  must_fail(atr_tune(m, context, &shape, 1, NULL, 0, &error, &tuning), ATR_E_IO, "no folder");
  ck_assert_ptr_null(tuning);
  atr_context_destroy(context);
  atr_model_destroy(m);
  test_folder_remove();
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
    a_choice_is_followed_and_can_be_taken_back,
    lines_without_sense_and_of_others_are_passed_over,
    an_algorithm_that_cannot_run_the_step_is_not_taken,
    tuned_plans_compute_what_the_host_does,
    a_wrong_or_infinite_result_is_rejected,
    what_cannot_be_tuned_is_refused,
  };
  return test_run(test_suite("tune", tests, sizeof tests / sizeof *tests, 300));
}
