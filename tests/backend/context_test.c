/* context_test.c: selectors, options, strictness, hooks and the host backend, with and without OpenCL. */
#include "config.h"

#include "backend_test.h"

#include "backend/registry.h"
#ifdef ATR_HAVE_OPENCL
#include "backend/opencl/fault.h"
#endif

static void hide_opencl(void) {
#ifdef ATR_HAVE_OPENCL
  atr__cl_loader_set("libatrous-no-such-loader.so");
#endif
}

static void clean(void) {
#ifdef ATR_HAVE_OPENCL
  atr__cl_loader_set(NULL);
#endif
  unsetenv("ATROUS_STRICT");
  unsetenv("ATROUS_THREADS");
}

static const char *opened(const char *selector) {
  static atr_device_info info;
  atr_context *context = recorded_open(selector, &(recorded){ 0 });
  info.size = sizeof info;
  atr_context_info(context, &info);
  atr_context_destroy(context);
  return info.id;
}

START_TEST(host_opens_wherever_it_is_asked_for) {
  ck_assert_str_eq(opened("host"), "host");
  hide_opencl();
  ck_assert_str_eq(opened("host"), "host");
}
END_TEST

START_TEST(auto_ends_at_the_host_without_a_loader) {
  recorded r = { 0 };
  hide_opencl();
  atr_context *context = recorded_open("auto", &r);
  ck_assert_str_eq(context->info.id, "host");
  ck_assert_str_eq(context->backend->name, "host");
  ck_assert_ptr_nonnull(strstr(r.text, "OpenCL"));
  ck_assert_ptr_nonnull(strstr(context->info.why, "OpenCL"));
  atr_context_destroy(context);
  ck_assert_str_eq(opened("cpu"), "host");
}
END_TEST

START_TEST(auto_takes_opencl_where_there_is_some) {
  if (!test_opencl()) return;
  ck_assert_msg(!strncmp(opened(opencl_device()), "opencl:", 7), "no OpenCL device matches \"%s\"",
                opencl_device());
  if (!getenv("ATROUS_TEST_DEVICE")) {
    ck_assert_int_eq(strncmp(opened("auto"), "opencl:", 7), 0);
    ck_assert_int_eq(strncmp(opened("cpu"), "opencl:", 7), 0);
    ck_assert_int_eq(strncmp(opened(NULL), "opencl:", 7), 0);
  }
}
END_TEST

START_TEST(a_selector_that_matches_nothing_says_what_there_is) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = (atr_context *)1;
  must_fail(atr_context_open("no such thing", NULL, &error, &context), ATR_E_NO_DEVICE, "host");
  ck_assert_ptr_null(context);
  must_fail(atr_context_open("opencl:99.0", NULL, &error, &context), ATR_E_NO_DEVICE, "\"opencl:99.0\"");
  hide_opencl();
  must_fail(atr_context_open("gpu", NULL, &error, &context), ATR_E_NO_DEVICE, "OpenCL");
  ck_assert_int_eq(atr_context_open("gpu", NULL, NULL, &context), ATR_E_NO_DEVICE);
}
END_TEST

START_TEST(strict_refuses_the_host_unless_asked_for) {
#ifdef ATR_HAVE_OPENCL
  atr_error error = ATR_ERROR_INIT;
  atr_context *context;
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  hide_opencl();
  options.flags = ATR_STRICT;
  must_fail(atr_context_open("auto", &options, &error, &context), ATR_E_STRICT, "fall back to the host");
  must(atr_context_open("host", &options, &error, &context));
  atr_context_destroy(context);
  setenv("ATROUS_STRICT", "1", 1);
  must_fail(atr_context_open("cpu", NULL, &error, &context), ATR_E_STRICT, "fall back to the host");
  options.flags = ATR_NO_ENVIRONMENT;
  must(atr_context_open("auto", &options, &error, &context));
  atr_context_destroy(context);
  setenv("ATROUS_STRICT", "0", 1);
  must(atr_context_open("auto", NULL, &error, &context));
  atr_context_destroy(context);
#endif
}
END_TEST

START_TEST(options_are_checked) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context;
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  options.size = 3;
  must_fail(atr_context_open("host", &options, &error, &context), ATR_E_PARAM, "size");
  options = (atr_context_options)ATR_CONTEXT_OPTIONS_INIT;
  options.flags = 1u << 20;
  must_fail(atr_context_open("host", &options, &error, &context), ATR_E_PARAM, "flags");
  options = (atr_context_options)ATR_CONTEXT_OPTIONS_INIT;
  options.threads = -1;
  must_fail(atr_context_open("host", &options, &error, &context), ATR_E_PARAM, "threads");
  must_fail(atr_context_open("host", NULL, &error, NULL), ATR_E_PARAM, "NULL");
}
END_TEST

START_TEST(threads_come_from_options_then_the_variable) {
  setenv("ATROUS_THREADS", "3", 1);
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  atr_context *context = test_open("host", &options);
  ck_assert_int_eq(atr__pool_threads(context->pool), 3);
  atr_context_destroy(context);
  options.threads = 2;
  context = test_open("host", &options);
  ck_assert_int_eq(atr__pool_threads(context->pool), 2);
  atr_context_destroy(context);
}
END_TEST

START_TEST(devices_are_listed_with_reasons) {
  atr_error error = ATR_ERROR_INIT;
  atr_device_info list[16];
  size_t count = 0, chosen = 0;
  must(atr_devices_list(NULL, 0, &error, &count));
  ck_assert_uint_ge(count, 1);
  must(atr_devices_list(list, 16, &error, &count));
  ck_assert_uint_le(count, 16);
  for (size_t i = 0; i < count; i++) {
    ck_assert_msg(list[i].why[0] != 0, "%s has no reason", list[i].id);
    ck_assert_uint_eq(list[i].size, sizeof list[i]);
    chosen += (size_t)list[i].chosen;
  }
  ck_assert_uint_eq(chosen, 1);
  ck_assert_str_eq(list[count - 1].id, "host");
  ck_assert_int_eq(list[count - 1].usable, 1);
}
END_TEST

/* Scores decide, not the order; what cannot be used is refused with its reason. */
START_TEST(the_best_usable_match_is_selected) {
  atr_error error = ATR_ERROR_INIT;
  atr__found list[4] = {
    { { .id = "opencl:0.0", .name = "Toy CPU", .platform = "Toys", .usable = 1, .score = 1100 }, 0, 0 },
    { { .id = "opencl:1.0", .name = "Fast GPU", .platform = "Vendor", .why = "no compiler", .is_gpu = 1 },
      1,
      0 },
    { { .id = "opencl:1.1", .name = "Slow gpu", .usable = 1, .is_gpu = 1, .score = 1e6 + 1 }, 1, 1 },
    { { .id = "host", .name = "Toy processor", .usable = 1, .score = 1 }, -1, -1 },
  };
  const atr__devices devices = { list, 4, 4, "", "" };
  ck_assert_int_eq(atr__devices_select(&devices, "auto", NULL, &error), 2);
  ck_assert_int_eq(atr__devices_select(&devices, "auto", (const unsigned char[]){ 0, 0, 1, 0 }, &error), 0);
  ck_assert_int_eq(atr__devices_select(&devices, "gpu", NULL, &error), 2);
  ck_assert_int_eq(atr__devices_select(&devices, "cpu", NULL, &error), 0);
  ck_assert_int_eq(atr__devices_select(&devices, "tOy", NULL, &error), 0);
  ck_assert_int_eq(atr__devices_select(&devices, "slow GPU", NULL, &error), 2);
  ck_assert_int_eq(atr__devices_select(&devices, "fast", NULL, &error), -1);
  ck_assert_int_eq(error.status, ATR_E_NO_DEVICE);
  ck_assert_ptr_nonnull(strstr(error.text, "no compiler"));
  ck_assert_ptr_nonnull(strstr(error.text, "opencl:1.1 (Slow gpu"));
}
END_TEST

START_TEST(memory_stays_under_the_limit) {
  atr_error error = ATR_ERROR_INIT;
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  atr__buffer *first = NULL, *second = NULL;
  options.memory_limit = 1000;
  atr_context *context = test_open("host", &options);
  must(atr__context_alloc(context, 600, &error, &first));
  must_fail(atr__context_alloc(context, 401, &error, &second), ATR_E_NOMEM, "limit of 1000");
  must_fail(atr__context_alloc(context, UINT64_MAX, &error, &second), ATR_E_NOMEM, "limit");
  ck_assert_ptr_null(second);
  must(atr__context_alloc(context, 400, &error, &second));
  atr__context_free(context, second, 400);
  atr__context_free(context, first, 600);
  ck_assert_uint_eq(context->memory_used, 0);
  atr_context_destroy(context);
}
END_TEST

START_TEST(host_buffers_are_zeroed_aligned_and_bounded) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = recorded_open("host", NULL);
  const atr__backend *b = context->backend;
  atr__buffer *x = NULL, *y = NULL;
  unsigned char bytes[100], back[100];
  for (int i = 0; i < 100; i++) bytes[i] = (unsigned char)(i + 1);
  must(atr__context_alloc(context, 100, &error, &x));
  must(atr__context_alloc(context, 100, &error, &y));
  ck_assert_uint_eq((uintptr_t)b->buffer_host(x) % 64, 0);
  must(b->read(context->queue, x, 0, back, 100, &error));
  for (int i = 0; i < 100; i++) ck_assert_uint_eq(back[i], 0);
  must(b->write(context->queue, x, 10, bytes, 90, &error));
  must(b->copy(context->queue, x, 10, y, 20, 80, &error));
  must(b->read(context->queue, y, 20, back, 80, &error));
  ck_assert_mem_eq(back, bytes, 80);
  must_fail(b->write(context->queue, x, 11, bytes, 90, &error), ATR_E_PARAM, "outside");
  must_fail(b->read(context->queue, x, UINT64_MAX, back, 2, &error), ATR_E_PARAM, "outside");
  must_fail(b->copy(context->queue, x, 0, y, 21, 80, &error), ATR_E_PARAM, "outside");
  must(b->finish(context->queue, &error));
  atr__context_free(context, x, 100);
  atr__context_free(context, y, 100);
  atr_context_destroy(context);
}
END_TEST

START_TEST(a_context_lives_until_its_last_user_lets_go) {
  atr_context *context = recorded_open("host", NULL);
  const int64_t before = atr__alloc_live();
  atr__context_retain(context);
  atr_context_destroy(context);
  ck_assert_int_eq(atr__alloc_live(), before);
  atr__context_release(context);
  ck_assert_int_lt(atr__alloc_live(), before);
  atr_context_destroy(NULL);
}
END_TEST

START_TEST(every_allocation_of_opening_may_fail) {
  hide_opencl();
  const int64_t live = atr__alloc_live();
  for (int64_t n = 0;; n++) {
    atr_error error = ATR_ERROR_INIT;
    atr_context *context = NULL;
    atr__alloc_fail(n, 0);
    const atr_status status = atr_context_open("auto", NULL, &error, &context);
    atr__alloc_fail(-1, 0);
    ck_assert_msg(!status || (status == ATR_E_NOMEM && error.text[0] && !context), "allocation %d: %s: %s",
                  (int)n, atr_status_name(status), error.text);
    atr_context_destroy(context);
    ck_assert_int_eq(atr__alloc_live(), live);
    if (!status && n > 40) break;
  }
}
END_TEST

START_TEST(the_loader_is_described_or_its_absence) {
  atr_error error = ATR_ERROR_INIT;
  atr_loader_info info = { .size = sizeof info };
  if (test_opencl()) {
    must(atr_loader_describe(&info, &error));
    ck_assert(info.name[0] != 0);
    ck_assert_str_eq(info.note, "");
  }
  hide_opencl();
  must(atr_loader_describe(&info, &error));
  ck_assert_str_eq(info.name, "");
  ck_assert_ptr_nonnull(strstr(info.note, "OpenCL"));
  info.size = 1;
  must_fail(atr_loader_describe(&info, &error), ATR_E_PARAM, "size");
}
END_TEST

START_TEST(the_cache_folder_follows_options_then_variables) {
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  char path[64];
  setenv("XDG_CACHE_HOME", "/x", 1);
  setenv("ATROUS_CACHE_DIR", "/y", 1);
  ck_assert_uint_eq(atr_cache_folder(NULL, path, sizeof path), 2);
  ck_assert_str_eq(path, "/y");
  options.flags = ATR_NO_ENVIRONMENT;
  ck_assert_uint_eq(atr_cache_folder(&options, path, sizeof path), 9);
  ck_assert_str_eq(path, "/x/atrous");
  options.cache_dir = "/z/z";
  ck_assert_uint_eq(atr_cache_folder(&options, path, 3), 4);
  ck_assert_str_eq(path, "/z");
  options.cache_dir = "";
  ck_assert_uint_eq(atr_cache_folder(&options, NULL, 0), 0);
  setenv("ATROUS_CACHE_DIR", "", 1);
  ck_assert_uint_eq(atr_cache_folder(NULL, path, sizeof path), 0);
  ck_assert_str_eq(path, "");
}
END_TEST

START_TEST(progress_may_cancel) {
  atr_error error = ATR_ERROR_INIT;
  recorded r = { 0 };
  atr_context *context = recorded_open("host", &r);
  must(atr__context_progress(context, "compile", 0, 2, &error));
  r.cancel = 1;
  must_fail(atr__context_progress(context, "compile", 1, 2, &error), ATR_E_CANCELLED, "compile, 1 of 2");
  ck_assert_int_eq(r.progress_calls, 2);
  atr_context_destroy(context);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("context");
  TCase *tests = tcase_create("context");
  tcase_add_checked_fixture(tests, NULL, clean);
  tcase_add_test(tests, host_opens_wherever_it_is_asked_for);
  tcase_add_test(tests, auto_ends_at_the_host_without_a_loader);
  tcase_add_test(tests, auto_takes_opencl_where_there_is_some);
  tcase_add_test(tests, a_selector_that_matches_nothing_says_what_there_is);
  tcase_add_test(tests, strict_refuses_the_host_unless_asked_for);
  tcase_add_test(tests, options_are_checked);
  tcase_add_test(tests, threads_come_from_options_then_the_variable);
  tcase_add_test(tests, devices_are_listed_with_reasons);
  tcase_add_test(tests, the_best_usable_match_is_selected);
  tcase_add_test(tests, memory_stays_under_the_limit);
  tcase_add_test(tests, host_buffers_are_zeroed_aligned_and_bounded);
  tcase_add_test(tests, a_context_lives_until_its_last_user_lets_go);
  tcase_add_test(tests, every_allocation_of_opening_may_fail);
  tcase_add_test(tests, the_loader_is_described_or_its_absence);
  tcase_add_test(tests, the_cache_folder_follows_options_then_variables);
  tcase_add_test(tests, progress_may_cancel);
  suite_add_tcase(suite, tests);
  return kernels_run(suite);
}
