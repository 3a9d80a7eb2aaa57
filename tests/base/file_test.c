/* file_test.c: whole files in and out: limits, what is no file, all or nothing, private folders. Reading
 * below a folder is tested with the ONNX reader, which it is for. */
#include "test.h"

#include <dirent.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/file.h"

static int entries(const char *folder) {
  DIR *dir = opendir(folder);
  int n = 0;
  ck_assert_ptr_nonnull(dir);
  for (struct dirent *e; (e = readdir(dir));) n += e->d_name[0] != '.';
  closedir(dir);
  return n;
}

START_TEST(a_file_comes_back_as_it_was_written) {
  atr_error error = ATR_ERROR_INIT;
  const char bytes[] = "one\0two\n";
  void *back;
  size_t size;
  must(atr__file_write(test_path("a"), bytes, sizeof bytes, &error));
  must(atr__file_read(test_path("a"), sizeof bytes, &error, &back, &size));
  ck_assert_uint_eq(size, sizeof bytes);
  ck_assert_mem_eq(back, bytes, size);
  atr__free(back);
  must(atr__file_write(test_path("a"), "", 0, &error));
  must(atr__file_read(test_path("a"), 0, &error, &back, &size));
  ck_assert_uint_eq(size, 0);
  atr__free(back);
  ck_assert_int_eq(entries(test_folder), 1); /* no temporary name is left */
}
END_TEST

START_TEST(a_file_over_the_limit_is_refused_before_it_is_read) {
  atr_error error = ATR_ERROR_INIT;
  void *back;
  size_t size;
  must(atr__file_write(test_path("a"), "12345", 5, &error));
  must_fail(atr__file_read(test_path("a"), 4, &error, &back, &size), ATR_E_LIMIT,
            "5 bytes, more than the limit of 4");
  ck_assert_ptr_null(back);
  /* A hole of 1 TiB costs nothing either. */
  ck_assert_int_eq(truncate(test_path("a"), (off_t)1 << 40), 0);
  must_fail(atr__file_read(test_path("a"), 1 << 20, &error, &back, &size), ATR_E_LIMIT,
            "more than the limit");
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused) {
  atr_error error = ATR_ERROR_INIT;
  void *back;
  size_t size;
  must_fail(atr__file_read(test_path("absent"), 10, &error, &back, &size), ATR_E_IO, "No such file");
  must_fail(atr__file_read(test_folder, 10, &error, &back, &size), ATR_E_IO, "not a regular file");
  must_fail(atr__file_read("/dev/zero", 10, &error, &back, &size), ATR_E_IO, "not a regular file");
}
END_TEST

START_TEST(a_write_that_fails_leaves_the_old_file_and_nothing_else) {
  atr_error error = ATR_ERROR_INIT;
  void *back;
  size_t size;
  must(atr__file_write(test_path("a"), "old", 3, &error));
  must_fail(atr__file_write(test_path("none/a"), "new", 3, &error), ATR_E_IO, "cannot create");
  /* The name is a folder: the rename fails after all was written. */
  ck_assert_int_eq(mkdir(test_path("folder"), 0700), 0);
  must_fail(atr__file_write(test_path("folder"), "new", 3, &error), ATR_E_IO, "cannot write");
  for (int64_t at = 0;; at++) {
    atr__alloc_fail(at, 0);
    const atr_status status = atr__file_write(test_path("a"), "old", 3, &error);
    atr__alloc_fail(-1, 0);
    if (!status && at > 1) break;
    ck_assert(status == ATR_E_NOMEM || !status);
  }
  must(atr__file_read(test_path("a"), 10, &error, &back, &size));
  ck_assert_mem_eq(back, "old", 3);
  atr__free(back);
  ck_assert_int_eq(entries(test_folder), 2);
}
END_TEST

START_TEST(a_full_disk_is_said_and_leaves_nothing) {
  atr_error error = ATR_ERROR_INIT;
  /* /dev/full refuses writes, but a temporary name beside it cannot be made there either: both are errors. */
  ck_assert_int_eq(atr__file_write("/dev/full/x", "a", 1, &error), ATR_E_IO);
  ck_assert_uint_gt(strlen(error.text), 0);
}
END_TEST

START_TEST(a_private_folder_is_made_and_checked) {
  atr_error error = ATR_ERROR_INIT;
  struct stat info;
  must_fail(atr__folder_private(test_path("x"), 0, &error), ATR_E_IO, "cannot stat");
  must(atr__folder_private(test_path("x/y/z"), 1, &error));
  ck_assert_int_eq(stat(test_path("x/y/z"), &info), 0);
  ck_assert_int_eq(info.st_mode & 0777, 0700);
  must(atr__folder_private(test_path("x/y/z"), 1, &error));
  ck_assert_int_eq(chmod(test_path("x/y"), 0777), 0);
  must_fail(atr__folder_private(test_path("x/y"), 0, &error), ATR_E_IO, "others may write");
  ck_assert_int_eq(symlink("x", test_path("link")), 0);
  must_fail(atr__folder_private(test_path("link"), 0, &error), ATR_E_IO, "not a folder");
  must_fail(atr__folder_private("", 1, &error), ATR_E_IO, "no name");
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
    a_file_comes_back_as_it_was_written,    a_file_over_the_limit_is_refused_before_it_is_read,
    what_is_no_regular_file_is_refused,     a_write_that_fails_leaves_the_old_file_and_nothing_else,
    a_full_disk_is_said_and_leaves_nothing, a_private_folder_is_made_and_checked
  };
  Suite *suite = suite_create("file");
  TCase *tcase = tcase_create("file");
  tcase_add_checked_fixture(tcase, test_folder_make, test_folder_remove);
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) tcase_add_test(tcase, tests[i]);
  suite_add_tcase(suite, tcase);
  return test_run(suite);
}
