/* test.h: what tests of the library's own rooms share: calls that must succeed or fail with given words, a
 * scratch folder, allocation failures one after another, and main's end.
 *
 * CK_TAP_LOG_FILE_NAME=- is set by the makefile, so the programs print TAP and return 0 (the driver counts).
 * OpenCL is tested on $ATROUS_TEST_DEVICE, else on the processor's; a build with OpenCL fails where it is
 * missing, unless ATROUS_TEST_NO_OPENCL=1 says that it is meant to be. */
#ifndef ATR_TESTS_TEST_H
#define ATR_TESTS_TEST_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atrous/context.h>

/* `call` must succeed; else its sentence is the test's. Needs a local `error`. */
#define must(call)                                                                                           \
  do {                                                                                                       \
    const atr_status status_ = (call);                                                                       \
    ck_assert_msg(!status_, "%s: %s", #call, error.text);                                                    \
  } while (0)

/* `call` must fail so, with these words in its sentence. */
#define must_fail(call, expected, words)                                                                     \
  do {                                                                                                       \
    const atr_status status_ = (call);                                                                       \
    ck_assert_msg(status_ == (expected), "%s: %s, not %s: %s", #call, atr_status_name(status_), #expected,   \
                  error.text);                                                                               \
    ck_assert_msg(strstr(error.text, words) != NULL, "\"%s\" is not in: %s", words, error.text);             \
  } while (0)

/* The same for methods of a run, whose sentence stays in the run. */
#define run_must(run, call)                                                                                  \
  do {                                                                                                       \
    const atr_status status_ = (call);                                                                       \
    ck_assert_msg(!status_, "%s: %s", #call, atr_run_error(run));                                            \
  } while (0)
#define run_must_fail(run, call, expected, words)                                                            \
  do {                                                                                                       \
    const atr_status status_ = (call);                                                                       \
    ck_assert_msg(status_ == (expected), "%s: %s, not %s: %s", #call, atr_status_name(status_), #expected,   \
                  atr_run_error(run));                                                                       \
    ck_assert_msg(strstr(atr_run_error(run), words) != NULL, "\"%s\" is not in: %s", words,                  \
                  atr_run_error(run));                                                                       \
  } while (0)

static char test_folder[] = "test-XXXXXX";

static inline void test_folder_make(void) {
  strcpy(test_folder, "test-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(test_folder));
}
static inline void test_folder_remove(void) {
  char command[64];
  snprintf(command, sizeof command, "rm -rf '%s'", test_folder);
  ck_assert_int_eq(system(command), 0);
}
static inline const char *test_path(const char *name) {
  static char path[4][256];
  static int turn;
  turn = (turn + 1) % 4;
  snprintf(path[turn], sizeof path[turn], "%s/%s", test_folder, name);
  return path[turn];
}

static inline int test_opencl(void) {
#ifdef ATR_HAVE_OPENCL
  const char *none = getenv("ATROUS_TEST_NO_OPENCL");
  return !(none && !strcmp(none, "1"));
#else
  return 0;
#endif
}

static inline const char *test_device(void) {
  const char *asked = getenv("ATROUS_TEST_DEVICE");
  return asked && *asked ? asked : "cpu";
}

static inline atr_context *test_open(const char *device, const atr_context_options *options) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = NULL;
  must(atr_context_open(device, options, &error, &context));
  return context;
}

static inline int test_run(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, getenv("CK_TAP_LOG_FILE_NAME") ? CK_SILENT : CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return getenv("CK_TAP_LOG_FILE_NAME") ? 0 : failed != 0;
}

/* A suite of one case from the list `tests` of functions; a test hangs after `seconds`. */
static inline Suite *test_suite(const char *name, const TTest *const *tests, size_t n, int seconds) {
  Suite *suite = suite_create(name);
  TCase *tcase = tcase_create(name);
  tcase_set_timeout(tcase, seconds);
  for (size_t i = 0; i < n; i++) tcase_add_test(tcase, tests[i]);
  suite_add_tcase(suite, tcase);
  return suite;
}

#endif
