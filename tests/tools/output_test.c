/* output_test.c: outputs are whole or absent; inputs that cannot be read say so. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/output.h"
#include "tools_test.h"

static struct fault fault;

static int entries(void) {
  char command[160];
  snprintf(command, sizeof command, "ls -A '%s' | wc -l", test_folder);
  FILE *pipe = popen(command, "r");
  int n = -1;
  ck_assert_int_eq(fscanf(pipe, "%d", &n), 1);
  pclose(pipe);
  return n;
}

START_TEST(output_appears_only_on_commit) {
  struct output out;
  const char *path = test_path("a.txt");
  ck_assert_good(output_open(&out, path, false, &fault), &fault);
  fputs("new", out.file);
  ck_assert_int_ne(access(path, F_OK), 0);
  ck_assert_good(output_commit(&out, &fault), &fault);
  ck_assert_int_eq(access(path, F_OK), 0);
  ck_assert_int_eq(entries(), 1);
}
END_TEST

START_TEST(output_discard_leaves_what_was_there) {
  struct output out;
  char *bytes;
  size_t size;
  const char *path = test_text("a.txt", "old");
  ck_assert_good(output_open(&out, path, false, &fault), &fault);
  fputs("new", out.file);
  output_discard(&out);
  output_discard(&out);
  ck_assert_int_eq(entries(), 1);
  ck_assert_good(input_read(path, 100, &bytes, &size, &fault), &fault);
  ck_assert_str_eq(bytes, "old");
  free(bytes);
}
END_TEST

START_TEST(output_keeps_links_and_modes) {
  struct output out;
  struct stat info;
  const char *path = test_text("real", "old"), *link = test_path("link");
  ck_assert_int_eq(chmod(path, 0640), 0);
  ck_assert_int_eq(symlink("real", link), 0);
  ck_assert_good(output_open(&out, link, false, &fault), &fault);
  ck_assert_good(output_commit(&out, &fault), &fault);
  ck_assert_int_eq(lstat(link, &info), 0);
  ck_assert(S_ISLNK(info.st_mode));
  ck_assert_int_eq(stat(path, &info), 0);
  ck_assert_int_eq(info.st_mode & 0777, 0640);
  ck_assert_int_eq(info.st_size, 0);
}
END_TEST

START_TEST(output_refusals_are_clear_and_leave_nothing) {
  struct output out;
  const char *path = test_text("a.txt", "old");
  ck_assert(!output_check(path, true, &fault));
  ck_assert_fault(&fault, "--no-clobber");
  ck_assert(!output_open(&out, path, true, &fault));
  ck_assert(!output_check(test_folder, false, &fault));
  ck_assert_fault(&fault, "it is a folder");
  ck_assert(!output_check(test_path("none/b.txt"), false, &fault));
  ck_assert_fault(&fault, "none/b.txt: cannot write: No such file or directory");
  ck_assert(!output_check(test_path("a.txt/b"), false, &fault));
  ck_assert(!output_check(test_path("c/"), false, &fault));
  ck_assert(!output_check("", false, &fault));
  ck_assert_good(output_check(test_path("new"), false, &fault), &fault);
  ck_assert_good(output_check("-", true, &fault), &fault);
  ck_assert_good(output_check("/dev/null", true, &fault), &fault);
  ck_assert_int_eq(entries(), 1);
}
END_TEST

START_TEST(output_tells_of_a_full_disk) {
  struct output out;
  if (access("/dev/full", W_OK) != 0) return;
  ck_assert_good(output_open(&out, "/dev/full", false, &fault), &fault);
  fputs("new", out.file);
  ck_assert(!output_commit(&out, &fault));
  ck_assert_fault(&fault, "No space left");
}
END_TEST

START_TEST(input_that_cannot_be_read_says_why) {
  char *bytes;
  size_t size;
  ck_assert(!input_read(test_path("none"), 10, &bytes, &size, &fault));
  ck_assert_fault(&fault, "cannot read: No such file");
  ck_assert(!input_read(test_folder, 10, &bytes, &size, &fault));
  ck_assert_fault(&fault, "Is a directory");
  ck_assert(!input_read(test_text("long", "12345678901"), 10, &bytes, &size, &fault));
  ck_assert_fault(&fault, "larger than 10 bytes");
  ck_assert_good(input_read(test_text("fits", "1234567890"), 10, &bytes, &size, &fault), &fault);
  ck_assert_uint_eq(size, 10);
  free(bytes);
}
END_TEST

START_TEST(folders_are_made_with_their_parents) {
  ck_assert_good(output_folder(test_path("x/y/z"), &fault), &fault);
  ck_assert_good(output_folder(test_path("x/y"), &fault), &fault);
  ck_assert(!output_folder(test_text("f", ""), &fault));
  ck_assert_fault(&fault, "cannot make the folder");
}
END_TEST

START_TEST(second_signal_removes_temporary_files) {
  pid_t child = fork();
  if (child == 0) {
    struct output out;
    signals_install();
    if (!output_open(&out, test_path("a.txt"), false, &fault)) _exit(1);
    raise(SIGTERM);
    if (signals_pending() != SIGTERM) _exit(2);
    raise(SIGTERM);
    _exit(3);
  }
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(WEXITSTATUS(status), 143);
  ck_assert_int_eq(entries(), 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("output");
  TCase *tc = tcase_create("output");
  tcase_add_checked_fixture(tc, test_setup, test_teardown);
  tcase_add_test(tc, output_appears_only_on_commit);
  tcase_add_test(tc, output_discard_leaves_what_was_there);
  tcase_add_test(tc, output_keeps_links_and_modes);
  tcase_add_test(tc, output_refusals_are_clear_and_leave_nothing);
  tcase_add_test(tc, output_tells_of_a_full_disk);
  tcase_add_test(tc, input_that_cannot_be_read_says_why);
  tcase_add_test(tc, folders_are_made_with_their_parents);
  tcase_add_test(tc, second_signal_removes_temporary_files);
  suite_add_tcase(suite, tc);
  return test_run(suite);
}
