/* loader_test.c: what is made of loaders and devices that are not at hand: a libOpenCL of the tests' own
 * shows them. See fake_loader.c. */
#include "config.h"

#include "backend_test.h"

#include "backend/opencl/fault.h"

static char complete[1024], incomplete[1024];

static void set_up(void) {
  const char *top = getenv("top_builddir");
  snprintf(complete, sizeof complete, "%s/tests/backend/.libs/fake_loader.so", top ? top : ".");
  snprintf(incomplete, sizeof incomplete, "%s/tests/backend/.libs/incomplete_loader.so", top ? top : ".");
  atr__cl_loader_set(complete);
}

static void tear_down(void) {
  atr__cl_loader_set(NULL);
  unsetenv("FAKE_CL");
  unsetenv("ATROUS_CLASS");
}

static atr_device_info list[4];

/* The devices that the fake loader shows for these words. */
static size_t listed(const char *words) {
  atr_error error = ATR_ERROR_INIT;
  size_t count;
  setenv("FAKE_CL", words, 1);
  must(atr_devices_list(list, 4, &error, &count));
  return count;
}

static void check_note(const char *words) {
  atr_error error = ATR_ERROR_INIT;
  atr_loader_info info = { .size = sizeof info };
  must(atr_loader_describe(&info, &error));
  ck_assert_msg(strstr(info.note, words) != NULL, "\"%s\" is not in: %s", words, info.note);
}

START_TEST(a_device_is_described) {
  ck_assert_uint_eq(listed("gpu"), 2);
  ck_assert_str_eq(list[0].id, "opencl:0.0");
  ck_assert_str_eq(list[0].name, "Fake Device");
  ck_assert_str_eq(list[0].platform, "Fake Platform");
  ck_assert_str_eq(list[0].vendor, "Nobody");
  ck_assert_str_eq(list[0].driver, "0.7");
  ck_assert_int_eq(list[0].fp16, 0);
  ck_assert_int_eq(list[0].fp64, 1);
  ck_assert_int_eq(list[0].compute_units, 10);
  ck_assert_uint_eq(list[0].clock_hz, 2000000000);
  ck_assert_uint_eq(list[0].max_alloc_bytes, 1 << 18);
  ck_assert_int_eq(list[0].usable, 1);
}
END_TEST

START_TEST(classes_and_scores_are_as_documented) {
  listed("gpu");
  ck_assert_int_eq(list[0].is_gpu, 1);
  ck_assert_double_gt(list[0].score, 1e6);
  ck_assert_int_eq(list[0].chosen, 1);
  listed("all");
  ck_assert_int_eq(list[0].is_gpu, 0);
  ck_assert(list[0].score > 1000 && list[0].score < 1e6);
  listed("");
  ck_assert_int_eq(list[0].is_gpu, 0);
  setenv("ATROUS_CLASS", "gpu", 1);
  listed("all");
  ck_assert_int_eq(list[0].is_gpu, 1);
  setenv("ATROUS_CLASS", "cpu", 1);
  listed("gpu");
  ck_assert_int_eq(list[0].is_gpu, 0);
}
END_TEST

START_TEST(a_processor_without_vectors_comes_after_the_host) {
  listed("scalar");
  ck_assert_int_eq(list[0].usable, 1);
  ck_assert_double_lt(list[0].score, list[1].score);
  ck_assert_int_eq(list[1].chosen, 1);
  ck_assert_ptr_nonnull(strstr(list[0].why, "without float vectors"));
}
END_TEST

START_TEST(unusable_devices_say_why) {
  static const char *const cases[][2] = { { "old", "OpenCL 1.1 fake" }, { "oldc", "OpenCL C 1.0" },
                                          { "embedded", "embedded" },   { "nocompiler", "no compiler" },
                                          { "away", "not available" },  { "big", "big-endian" } };
  atr_error error = ATR_ERROR_INIT;
  atr_context *context;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ck_assert_uint_eq(listed(cases[i][0]), 2);
    ck_assert_int_eq(list[0].usable, 0);
    ck_assert_msg(strstr(list[0].why, cases[i][1]) != NULL, "%s: %s", cases[i][0], list[0].why);
    ck_assert_int_eq(list[1].chosen, 1);
    must_fail(atr_context_open("opencl:0.0", NULL, &error, &context), ATR_E_NO_DEVICE, cases[i][1]);
  }
}
END_TEST

START_TEST(no_platform_and_no_device_are_told_apart) {
  ck_assert_uint_eq(listed("none"), 1);
  check_note("CL_PLATFORM_NOT_FOUND_KHR (-1001)");
  ck_assert_uint_eq(listed("empty"), 1);
  check_note("no OpenCL platform has a device (Fake Platform)");
}
END_TEST

START_TEST(a_loader_that_lacks_a_function_is_not_used) {
  atr__cl_loader_set(incomplete);
  ck_assert_uint_eq(listed(""), 1);
  check_note("no clReleaseEvent");
}
END_TEST

START_TEST(a_device_that_does_not_open_is_an_error_unless_auto) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context;
  recorded r = { 0 };
  setenv("FAKE_CL", "gpu", 1);
  must_fail(atr_context_open("gpu", NULL, &error, &context), ATR_E_DEVICE, "CL_DEVICE_NOT_AVAILABLE (-2)");
  context = recorded_open("auto", &r);
  ck_assert_str_eq(context->info.id, "host");
  ck_assert_ptr_nonnull(strstr(r.text, "1 opencl:0.0 (Fake Device) could not be opened"));
  atr_context_destroy(context);
}
END_TEST

START_TEST(a_driver_that_crashes_is_met_in_a_child) {
  recorded r = { 0 };
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  options.hooks = (atr_hooks){ &r, record_log, NULL };
  options.flags = ATR_PROBE_IN_CHILD;
  setenv("FAKE_CL", "crash", 1);
  atr_context *context = test_open("auto", &options);
  ck_assert_str_eq(context->info.id, "host");
  ck_assert_ptr_nonnull(strstr(r.text, "signal 6"));
  atr_context_destroy(context);
  setenv("FAKE_CL", "scalar", 1);
  context = test_open("host", &options);
  atr_context_destroy(context);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("loader");
  TCase *tests = tcase_create("loader");
  tcase_add_checked_fixture(tests, set_up, tear_down);
  tcase_add_test(tests, a_device_is_described);
  tcase_add_test(tests, classes_and_scores_are_as_documented);
  tcase_add_test(tests, a_processor_without_vectors_comes_after_the_host);
  tcase_add_test(tests, unusable_devices_say_why);
  tcase_add_test(tests, no_platform_and_no_device_are_told_apart);
  tcase_add_test(tests, a_loader_that_lacks_a_function_is_not_used);
  tcase_add_test(tests, a_device_that_does_not_open_is_an_error_unless_auto);
  tcase_add_test(tests, a_driver_that_crashes_is_met_in_a_child);
  suite_add_tcase(suite, tests);
  return kernels_run(suite);
}
