/* node_tests.c: ONNX's published cases, from $ATROUS_TEST_DATA/onnx, on the host and on the OpenCL device.
 * Cases of operators that are not there are counted; every other must pass, or stand in exceptions.txt with
 * the reason. */
#include "onnx_test.h"

#include "cases.h"

static void published(const char *selector) {
  const char *data = getenv("ATROUS_TEST_DATA"), *top = getenv("top_srcdir");
  if (!data || !*data) {
    printf("# skipped: ATROUS_TEST_DATA is unset, so there are no published cases\n");
    return;
  }
  static const struct {
    const char *name;
    double atol, rtol;
  } folders[] = {
    { "onnx/node", 1e-5, 1e-4 },
    { "onnx/simple", 1e-5, 1e-4 },
    { "onnx/pytorch-operator", 1e-5, 1e-4 },
    { "onnx/pytorch-converted", 1e-5, 1e-4 },
    { "models", 1e-4, 1e-3 },
    { "models/rtneural_onnx", 1e-4, 1e-3 },
  };
  atr_error error = ATR_ERROR_INIT;
  atr_context *context;
  ck_assert_msg(atr_context_open(selector, NULL, &error, &context) == ATR_OK, "%s", error.text);
  char exceptions[1000], folder[1000];
  snprintf(exceptions, sizeof exceptions, "%s/tests/onnx/exceptions.txt", top ? top : ".");
  int failed = 0, passed = 0;
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    snprintf(folder, sizeof folder, "%s/%s", data, folders[i].name);
    const cases_count c = cases_run_all(folder, context, folders[i].atol, folders[i].rtol, exceptions);
    printf("# %s on %s: %d passed, %d failed, %d excepted, %d not supported\n", folders[i].name, selector,
           c.passed, c.failed, c.excepted, c.unsupported);
    failed += c.failed;
    passed += c.passed;
  }
  atr_context_destroy(context);
  ck_assert_int_eq(failed, 0);
  ck_assert_int_gt(passed, 0);
}

START_TEST(published_cases_pass_on_the_host) {
  published("host");
}
END_TEST

#ifdef ATR_HAVE_OPENCL
START_TEST(published_cases_pass_on_the_device) {
  const char *none = getenv("ATROUS_TEST_NO_OPENCL"), *selector = getenv("ATROUS_TEST_DEVICE");
  if (none && !strcmp(none, "1"))
    printf("# skipped: ATROUS_TEST_NO_OPENCL is set\n");
  else
    published(selector ? selector : "cpu");
}
END_TEST
#endif

int main(void) {
  Suite *suite = suite_create("node_tests");
  TCase *tests = tcase_create("node_tests");
  tcase_set_timeout(tests, 0);
  tcase_add_test(tests, published_cases_pass_on_the_host);
#ifdef ATR_HAVE_OPENCL
  tcase_add_test(tests, published_cases_pass_on_the_device);
#endif
  suite_add_tcase(suite, tests);
  return onnx_test_main(suite);
}
