/* node_tests.c: ONNX's published cases on the host and on the OpenCL device, each in one context: those of
 * Debian's libonnx-testdata (ATROUS_ONNX_TESTDATA: another folder with them), and the newer ones and whole
 * models in $ATROUS_TEST_DATA. What is not supported is counted; every other case must pass, or stand in
 * exceptions.txt with the reason. ATROUS_TEST_CASES names a file for the outcomes, from which
 * scripts/onnx-support-doc writes. */
#include "onnx_test.h"

#include <unistd.h>

#include "cases.h"

/* Of the cases of one operator in float32, integers and bool this share at least must pass; it only ever
 * grows. */
enum { LEAST_PERCENT = 95 };

typedef struct part {
  const char *name;
  double atol, rtol;
} part;

static const char *debian(void) {
  const char *given = getenv("ATROUS_ONNX_TESTDATA");
  return given && *given ? given : "/usr/share/libonnx-testdata/data";
}

static void published(const char *selector, const char *where, const char *root, const part *parts, size_t n,
                      int least) {
  static const char *const kinds[CASES_KINDS] = { "of one operator in float32, integers, bool",
                                                  "of several operators", "of other types" };
  const char *top = getenv("top_srcdir"), *outcomes = getenv("ATROUS_TEST_CASES");
  atr_error error = ATR_ERROR_INIT;
  cases_options options = { 0 };
  ck_assert_msg(atr_context_open(selector, NULL, &error, &options.context) == ATR_OK, "%s", error.text);
  char exceptions[1000];
  snprintf(exceptions, sizeof exceptions, "%s/tests/onnx/exceptions.txt", top ? top : ".");
  options.exceptions = exceptions;
  options.where = where;
  options.set = least ? "libonnx-testdata" : "given";
  options.outcomes = least && outcomes && *outcomes ? fopen(outcomes, "a") : NULL;
  cases_count all[CASES_KINDS] = { { 0, 0, 0, 0 } };
  int failed = 0, passed = 0;
  for (size_t i = 0; i < n; i++) {
    options.folder = parts[i].name;
    options.atol = parts[i].atol;
    options.rtol = parts[i].rtol;
    const cases_counts counts = cases_run_all(root, &options);
    cases_count sum = { 0, 0, 0, 0 };
    for (int k = 0; k < CASES_KINDS; k++) {
      const cases_count *c = &counts.of[k];
      const int add[4] = { c->passed, c->failed, c->excepted, c->unsupported };
      int *const to[2][4] = { { &sum.passed, &sum.failed, &sum.excepted, &sum.unsupported },
                              { &all[k].passed, &all[k].failed, &all[k].excepted, &all[k].unsupported } };
      for (int j = 0; j < 4; j++) *to[0][j] += add[j], *to[1][j] += add[j];
    }
    printf("# %s/%s on %s: %d passed, %d failed, %d excepted, %d not supported\n", options.set, parts[i].name,
           where, sum.passed, sum.failed, sum.excepted, sum.unsupported);
    failed += sum.failed;
    passed += sum.passed;
  }
  for (int k = 0; least && k < CASES_KINDS; k++) {
    const int total = all[k].passed + all[k].failed + all[k].excepted + all[k].unsupported;
    printf("# libonnx-testdata, cases %s, on %s: %d of %d pass (%.1f %%)\n", kinds[k], where, all[k].passed,
           total, total ? 100.0 * all[k].passed / total : 0);
    if (k == CASES_PLAIN) ck_assert_int_ge(100 * all[k].passed, least * total);
  }
  if (options.outcomes) fclose(options.outcomes);
  atr_context_destroy(options.context);
  ck_assert_int_eq(failed, 0);
  ck_assert_int_gt(passed, 0);
}

static void published_by_debian(const char *selector, const char *where) {
  static const part parts[] = { { "node", 1e-5, 1e-4 },
                                { "simple", 1e-5, 1e-4 },
                                { "pytorch-operator", 1e-5, 1e-4 },
                                { "pytorch-converted", 1e-5, 1e-4 } };
  char folder[900];
  snprintf(folder, sizeof folder, "%s/node", debian());
  if (access(folder, R_OK))
    printf("# skipped: %s is not there (Debian's package libonnx-testdata)\n", folder);
  else
    published(selector, where, debian(), parts, sizeof parts / sizeof *parts, LEAST_PERCENT);
}

static void given(const char *selector, const char *where) {
  static const part parts[] = { { "onnx/node", 1e-5, 1e-4 },
                                { "onnx/simple", 1e-5, 1e-4 },
                                { "onnx/pytorch-operator", 1e-5, 1e-4 },
                                { "onnx/pytorch-converted", 1e-5, 1e-4 },
                                { "models", 1e-4, 1e-3 },
                                { "models/rtneural_onnx", 1e-4, 1e-3 } };
  const char *data = getenv("ATROUS_TEST_DATA");
  if (!data || !*data)
    printf("# skipped: ATROUS_TEST_DATA is unset, so there are no given cases\n");
  else
    published(selector, where, data, parts, sizeof parts / sizeof *parts, 0);
}

START_TEST(cases_of_libonnx_testdata_pass_on_the_host) {
  published_by_debian("host", "host");
}
END_TEST

START_TEST(given_cases_and_models_pass_on_the_host) {
  given("host", "host");
}
END_TEST

#ifdef ATR_HAVE_OPENCL
static const char *device(void) {
  const char *none = getenv("ATROUS_TEST_NO_OPENCL"), *selector = getenv("ATROUS_TEST_DEVICE");
  if (!none || strcmp(none, "1") != 0) return selector ? selector : "cpu";
  printf("# skipped: ATROUS_TEST_NO_OPENCL is set\n");
  return NULL;
}

START_TEST(cases_of_libonnx_testdata_pass_on_the_device) {
  const char *selector = device();
  if (selector) published_by_debian(selector, "device");
}
END_TEST

START_TEST(given_cases_and_models_pass_on_the_device) {
  const char *selector = device();
  if (selector) given(selector, "device");
}
END_TEST
#endif

int main(void) {
  Suite *suite = suite_create("node_tests");
  TCase *tests = tcase_create("node_tests");
  const char *outcomes = getenv("ATROUS_TEST_CASES");
  if (outcomes && *outcomes) remove(outcomes);
  tcase_set_timeout(tests, 0);
  tcase_add_test(tests, cases_of_libonnx_testdata_pass_on_the_host);
  tcase_add_test(tests, given_cases_and_models_pass_on_the_host);
#ifdef ATR_HAVE_OPENCL
  tcase_add_test(tests, cases_of_libonnx_testdata_pass_on_the_device);
  tcase_add_test(tests, given_cases_and_models_pass_on_the_device);
#endif
  suite_add_tcase(suite, tests);
  return onnx_test_main(suite);
}
