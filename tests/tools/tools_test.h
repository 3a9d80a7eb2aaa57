/* tools_test.h: what the tests of tools/common share: a scratch folder, files made from strings, and main.
 *
 * CK_TAP_LOG_FILE_NAME=- is set by the makefile, so the programs print TAP and return 0 (the driver counts).
 */
#ifndef TOOLS_TEST_H
#define TOOLS_TEST_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char test_folder[64];

static inline const char *test_path(const char *name) {
  static char path[4][256];
  static int turn;
  turn = (turn + 1) % 4;
  snprintf(path[turn], sizeof path[turn], "%s/%s", test_folder, name);
  return path[turn];
}

/* Writes bytes into a file of the scratch folder and returns its path. */
static inline const char *test_file(const char *name, const void *bytes, size_t size) {
  const char *path = test_path(name);
  FILE *file = fopen(path, "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
  ck_assert_int_eq(fclose(file), 0);
  return path;
}

static inline const char *test_text(const char *name, const char *text) {
  return test_file(name, text, strlen(text));
}

static inline void test_setup(void) {
  strcpy(test_folder, "tools-test-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(test_folder));
}

static inline void test_teardown(void) {
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", test_folder);
  ck_assert_int_eq(system(command), 0);
}

/* The folder of outside data, or NULL after saying that the test is skipped (Check's TAP knows no SKIP). */
static inline const char *test_data(void) {
  const char *data = getenv("ATROUS_TEST_DATA");
  if (!data || !*data) puts("# skipped: ATROUS_TEST_DATA is not set");
  return data && *data ? data : NULL;
}

/* `fault` must be there and its line must hold `words`. */
#define ck_assert_fault(fault, words)                                                                        \
  do {                                                                                                       \
    char line_[2048];                                                                                        \
    fault_line(fault, "p", line_, sizeof line_);                                                             \
    ck_assert_int_ne((fault)->code, FAULT_NONE);                                                             \
    ck_assert_msg(strstr(line_, words) != NULL, "\"%s\" is not in: %s", words, line_);                       \
  } while (0)

/* `call` must succeed; else its sentence is the test's. */
#define ck_assert_good(call, fault)                                                                          \
  do {                                                                                                       \
    bool good_ = (call);                                                                                     \
    char said_[2048];                                                                                        \
    fault_line(fault, "p", said_, sizeof said_);                                                             \
    ck_assert_msg(good_, "%s", said_);                                                                       \
  } while (0)

static inline int test_run(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, getenv("CK_TAP_LOG_FILE_NAME") ? CK_SILENT : CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return getenv("CK_TAP_LOG_FILE_NAME") ? 0 : failed != 0;
}

#endif
