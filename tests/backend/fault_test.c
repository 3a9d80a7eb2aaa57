/* fault_test.c: every OpenCL call from opening a context to reading a result fails in turn, once and for
 * ever, with the codes that drivers use: an error with a sentence comes back or the right numbers do, and
 * nothing leaks. */
#include "config.h"

#include "backend_test.h"

#include <math.h>
#include <time.h>

#include "backend/opencl/fault.h"

/* CL_MEM_OBJECT_ALLOCATION_FAILURE, OUT_OF_RESOURCES, OUT_OF_HOST_MEMORY, INVALID_VALUE,
 * INVALID_COMMAND_QUEUE, DEVICE_NOT_AVAILABLE */
static const int codes[] = { -4, -5, -6, -30, -36, -2 };

static atr_status all_of_it(const atr_context_options *options, atr_error *error, float y[TEST_COUNT]) {
  const atr__instance clamp = { "clamp.cl", "", "", NULL };
  atr_context *context = NULL;
  atr__program *program = NULL;
  atr_status status = atr_context_open(opencl_device(), options, error, &context);
  if (!status) status = context->backend->program_get(context, &clamp, 1, error, &program);
  if (!status) status = test_map(context, program, "clamp_low", 1, error, y);
  if (program) context->backend->program_release(program);
  ck_assert(!context || context->memory_used == 0);
  atr_context_destroy(context);
  return status;
}

/* Where waiting fails, a command may still be at work on memory of ours: the driver gives it back when that
 * is done. */
static void settle(int64_t blocks) {
  for (int i = 0; i < 5000 && atr__alloc_live() != blocks; i++)
    nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
}

static void fail_each_call(const atr_context_options *options, int for_ever) {
  const int64_t objects = atr__cl_live(), blocks = atr__alloc_live();
  float y[TEST_COUNT];
  for (int n = 0;; n++) {
    atr_error error = ATR_ERROR_INIT;
    const int code = codes[n % 6];
    memset(y, 0, sizeof y);
    atr__cl_fault_set(n, code, for_ever);
    const atr_status status = all_of_it(options, &error, y);
    const int64_t calls = atr__cl_calls();
    atr__cl_fault_set(-1, 0, 0);
    if (status) {
      ck_assert_msg(error.text[0] != 0 && error.status == status, "call %d fails with %d: no sentence", n,
                    code);
      ck_assert_msg(status == ATR_E_DEVICE || status == ATR_E_NOMEM || status == ATR_E_NO_DEVICE,
                    "call %d fails with %d: %s", n, code, atr_status_name(status));
    } else
      for (int i = 0; i < TEST_COUNT; i++)
        ck_assert_msg(y[i] == (i < 50 ? 0.0f : (float)(i - 50)), "call %d fails with %d: wrong numbers", n,
                      code);
    ck_assert_msg(atr__cl_live() == objects, "call %d fails with %d: OpenCL objects leak", n, code);
    settle(blocks);
    ck_assert_msg(atr__alloc_live() == blocks, "call %d fails with %d: memory leaks", n, code);
    if (calls <= n) {
      ck_assert_msg(!status, "%s", error.text);
      ck_assert_int_gt(n, 50);
      return;
    }
  }
}

static char folder[64];

static void make_folder(void) {
  strcpy(folder, "backend-test-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void) {
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  ck_assert_int_eq(system(command), 0);
}

START_TEST(every_call_may_fail_once) {
  if (!test_opencl()) return;
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  options.cache_dir = "";
  fail_each_call(&options, 0);
}
END_TEST

START_TEST(every_call_may_fail_for_ever) {
  if (!test_opencl()) return;
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  options.cache_dir = "";
  fail_each_call(&options, 1);
}
END_TEST

START_TEST(every_call_with_a_cache_may_fail) {
  if (!test_opencl()) return;
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  options.cache_dir = folder;
  fail_each_call(&options, 0);
}
END_TEST

START_TEST(the_raw_code_is_kept_and_named) {
  if (!test_opencl()) return;
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = recorded_open(opencl_device(), &(recorded){ 0 });
  atr__buffer *buffer;
  atr__cl_fault_set(0, -4, 1);
  const atr_status status = atr__context_alloc(context, 64, &error, &buffer);
  atr__cl_fault_set(-1, 0, 0);
  ck_assert_int_eq(status, ATR_E_NOMEM);
  ck_assert_int_eq(error.opencl, -4);
  ck_assert_ptr_nonnull(strstr(error.text, "CL_MEM_OBJECT_ALLOCATION_FAILURE (-4)"));
  ck_assert_uint_eq(context->memory_used, 0);
  must(atr__context_alloc(context, 64, &error, &buffer));
  atr__context_free(context, buffer, 64);
  atr_context_destroy(context);
}
END_TEST

/* Memory gone at the first enqueue and there at the second: the caller never hears of it. */
START_TEST(an_enqueue_without_memory_is_tried_again) {
  if (!test_opencl()) return;
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = recorded_open(opencl_device(), &(recorded){ 0 });
  atr__buffer *buffer;
  float x = 3, y = 0;
  must(atr__context_alloc(context, 4, &error, &buffer));
  atr__cl_fault_set(0, -5, 0);
  must(context->backend->write(context->queue, buffer, 0, &x, 4, &error));
  atr__cl_fault_set(0, -6, 0);
  must(context->backend->read(context->queue, buffer, 0, &y, 4, &error));
  atr__cl_fault_set(-1, 0, 0);
  ck_assert_float_eq(y, 3);
  atr__context_free(context, buffer, 4);
  atr_context_destroy(context);
}
END_TEST

/* "auto" goes on to the host where a device is listed but cannot be opened, and says so; strict refuses. */
START_TEST(auto_survives_a_device_that_cannot_be_opened) {
  if (!test_opencl() || getenv("ATROUS_TEST_DEVICE")) return;
  recorded r = { 0 };
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  options.hooks = (atr_hooks){ &r, record_log, NULL };
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = NULL;
  int fell_back = 0;
  for (int n = 0; n < 300 && !fell_back; n++) {
    atr__cl_fault_set(n, -6, 1);
    must(atr_context_open("auto", &options, &error, &context));
    atr__cl_fault_set(-1, 0, 0);
    fell_back = strstr(r.text, "could not be opened") != NULL;
    if (fell_back) ck_assert_str_eq(context->info.id, "host");
    atr_context_destroy(context);
    options.flags = ATR_STRICT;
    atr__cl_fault_set(n, -6, 1);
    const atr_status status = atr_context_open("auto", &options, &error, &context);
    atr__cl_fault_set(-1, 0, 0);
    ck_assert(status == ATR_E_STRICT || status == ATR_E_DEVICE || status == ATR_E_NOMEM);
    ck_assert_ptr_null(context);
    options.flags = 0;
  }
  ck_assert(fell_back);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("fault");
  TCase *tests = tcase_create("fault");
  tcase_set_timeout(tests, 600);
  tcase_add_checked_fixture(tests, make_folder, remove_folder);
  tcase_add_test(tests, every_call_may_fail_once);
  tcase_add_test(tests, every_call_may_fail_for_ever);
  tcase_add_test(tests, every_call_with_a_cache_may_fail);
  tcase_add_test(tests, the_raw_code_is_kept_and_named);
  tcase_add_test(tests, an_enqueue_without_memory_is_tried_again);
  tcase_add_test(tests, auto_survives_a_device_that_cannot_be_opened);
  suite_add_tcase(suite, tests);
  return kernels_run(suite);
}
