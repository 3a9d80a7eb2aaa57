/* cache_test.c: compiled programs on disk: used when whole, ignored when anything about them is wrong. */
#include "config.h"

#include "backend_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char folder[64], cache[96];
static recorded record;

static void set_up(void) {
  strcpy(folder, "backend-test-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
  snprintf(cache, sizeof cache, "%s/deep/atrous", folder);
}

static void tear_down(void) {
  char command[160];
  snprintf(command, sizeof command, "chmod -R u+w '%s'; rm -rf '%s'", folder, folder);
  ck_assert_int_eq(system(command), 0);
}

/* One program compiled or loaded, run, and checked; non-zero where it came from the cache. */
static int from_cache(void) {
  atr_error error = ATR_ERROR_INIT;
  const atr__instance clamp = { "clamp.cl", "", "", NULL };
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  atr__program *program;
  float y[TEST_COUNT];
  memset(&record, 0, sizeof record);
  options.hooks = (atr_hooks){ &record, record_log, NULL };
  options.cache_dir = cache;
  atr_context *context = test_open(opencl_device(), &options);
  must(context->backend->program_get(context, &clamp, 1, &error, &program));
  must(test_map(context, program, "clamp_low", 1, &error, y));
  for (int i = 0; i < TEST_COUNT; i++) ck_assert_float_eq(y[i], i < 50 ? 0.0f : (float)(i - 50));
  context->backend->program_release(program);
  atr_context_destroy(context);
  return strstr(record.text, "came from the cache") != NULL;
}

/* The one file in the cache. */
static const char *cached_file(void) {
  static char path[512];
  path[0] = 0;
  DIR *dir = opendir(cache);
  ck_assert_ptr_nonnull(dir);
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    ck_assert_msg(!path[0], "a second file: %s", entry->d_name);
    snprintf(path, sizeof path, "%s/%s", cache, entry->d_name);
  }
  closedir(dir);
  ck_assert(path[0] != 0);
  return path;
}

START_TEST(a_program_is_found_again_after_it_ran) {
  if (!test_opencl()) return;
  ck_assert(!from_cache());
  struct stat info;
  ck_assert_int_eq(stat(cache, &info), 0);
  ck_assert_int_eq(info.st_mode & 0777, 0700);
  ck_assert(from_cache());
  ck_assert(from_cache());
  cached_file();
}
END_TEST

START_TEST(damaged_files_are_compiled_anew) {
  if (!test_opencl()) return;
  atr_error error = ATR_ERROR_INIT;
  void *bytes;
  size_t size;
  ck_assert(!from_cache());
  const char *path = cached_file();
  must(atr__file_read(path, 1 << 28, &error, &bytes, &size));
  unsigned char *whole = bytes;
  /* One bit in the magic, the digest, the lengths, the key, and over the binary. */
  const size_t at[] = { 0, 7, 8, 23, 24, 31, 32, 39, 40, 100, size / 3, size / 2, size - 1 };
  for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
    whole[at[i]] ^= (unsigned char)(1u << i % 8);
    must(atr__file_write(path, whole, size, &error));
    ck_assert_msg(!from_cache(), "a flipped bit in byte %zu went unseen", at[i]);
    whole[at[i]] ^= (unsigned char)(1u << i % 8);
    ck_assert_msg(from_cache(), "the file was not made anew");
  }
  const size_t lengths[] = { 0, 1, 39, 40, 41, size / 2, size - 1 };
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    must(atr__file_write(path, whole, lengths[i], &error));
    ck_assert_msg(!from_cache(), "%zu of %zu bytes went unseen", lengths[i], size);
  }
  atr__free(bytes);
}
END_TEST

START_TEST(a_file_of_another_key_is_not_used) {
  if (!test_opencl()) return;
  char other[600];
  ck_assert(!from_cache());
  snprintf(other, sizeof other, "%s.other", cached_file());
  ck_assert_int_eq(rename(cached_file(), other), 0);
  ck_assert(!from_cache());
  ck_assert_int_eq(rename(other, strcat(strcpy((char[600]){ 0 }, folder), "/kept")), 0);
  ck_assert(from_cache());
}
END_TEST

START_TEST(a_folder_that_others_may_write_to_is_not_trusted) {
  if (!test_opencl()) return;
  ck_assert(!from_cache());
  ck_assert_int_eq(chmod(cache, 0777), 0);
  ck_assert(!from_cache());
  ck_assert_ptr_nonnull(strstr(record.text, "1 compiled kernels are not kept"));
  ck_assert_int_eq(chmod(cache, 0700), 0);
  ck_assert(from_cache());
}
END_TEST

START_TEST(a_folder_that_is_a_link_or_a_file_is_not_trusted) {
  if (!test_opencl()) return;
  char other[128];
  ck_assert(!from_cache());
  snprintf(other, sizeof other, "%s/moved", folder);
  ck_assert_int_eq(rename(cache, other), 0);
  ck_assert_int_eq(symlink("../moved", cache), 0);
  ck_assert(!from_cache());
  ck_assert_int_eq(unlink(cache), 0);
  FILE *file = fopen(cache, "w");
  ck_assert_ptr_nonnull(file);
  fclose(file);
  ck_assert(!from_cache());
}
END_TEST

START_TEST(the_oldest_files_go_where_there_are_too_many) {
  atr_error error = ATR_ERROR_INIT;
  char path[200];
  void *bytes;
  size_t size;
  must(atr__folder_private(cache, 1, &error));
  for (int i = 0; i < 5; i++) {
    snprintf(path, sizeof path, "%s/%d.%s", cache, i, i == 1 ? "other" : "clb");
    must(atr__file_write(path, "0123456789", 10, &error));
    const struct timespec times[2] = { { 1000 + (i == 0 ? 9 : i), 0 }, { 1000 + (i == 0 ? 9 : i), 0 } };
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
  }
  atr__folder_prune(cache, ".clb", 25);
  for (int i = 0; i < 5; i++) {
    snprintf(path, sizeof path, "%s/%d.%s", cache, i, i == 1 ? "other" : "clb");
    const int gone = atr__file_read(path, 100, NULL, &bytes, &size) != ATR_OK;
    ck_assert_msg(gone == (i == 2 || i == 3), "%s", path);
    atr__free(bytes);
  }
  atr__folder_prune("no such folder", ".clb", 0);
}
END_TEST

START_TEST(no_cache_is_kept_where_none_is_asked_for) {
  if (!test_opencl()) return;
  cache[0] = 0;
  ck_assert(!from_cache());
  ck_assert(!from_cache());
  ck_assert_ptr_null(strstr(record.text, "not kept"));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("cache");
  TCase *tests = tcase_create("cache");
  tcase_set_timeout(tests, 300);
  tcase_add_checked_fixture(tests, set_up, tear_down);
  tcase_add_test(tests, a_program_is_found_again_after_it_ran);
  tcase_add_test(tests, damaged_files_are_compiled_anew);
  tcase_add_test(tests, a_file_of_another_key_is_not_used);
  tcase_add_test(tests, a_folder_that_others_may_write_to_is_not_trusted);
  tcase_add_test(tests, a_folder_that_is_a_link_or_a_file_is_not_trusted);
  tcase_add_test(tests, the_oldest_files_go_where_there_are_too_many);
  tcase_add_test(tests, no_cache_is_kept_where_none_is_asked_for);
  suite_add_tcase(suite, tests);
  return kernels_run(suite);
}
