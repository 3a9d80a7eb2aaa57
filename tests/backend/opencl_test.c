/* opencl_test.c: programs, queues, buffers and launches on an OpenCL device, checked by numbers worked by
 * hand. */
#include "config.h"

#include "backend_test.h"

#include <math.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/opencl/fault.h"

static const atr__instance CLAMP = { "clamp.cl", "", "", NULL };

static atr__program *get_program(atr_context *context, const atr__instance *list, size_t n) {
  atr_error error = ATR_ERROR_INIT;
  atr__program *program = NULL;
  must(context->backend->program_get(context, list, n, &error, &program));
  return program;
}

static void check_scaled(const float *y, float factor) {
  for (int i = 0; i < TEST_COUNT; i++) ck_assert_float_eq(y[i], factor * (float)(i - TEST_COUNT / 2) + 1.0f);
}

START_TEST(a_kernel_computes_what_it_should) {
  if (!test_opencl()) return;
  atr_error error = ATR_ERROR_INIT;
  recorded r = { 0 };
  atr_context *context = recorded_open(opencl_device(), &r);
  ck_assert_str_eq(context->backend->name, "opencl");
  atr__program *program = get_program(context, &CLAMP, 1);
  ck_assert_int_eq(r.progress_calls, 2);
  float y[TEST_COUNT];
  for (uint32_t local = 1; local <= 32; local *= 4) {
    must(test_map(context, program, "clamp_low", local, &error, y));
    for (int i = 0; i < TEST_COUNT; i++) ck_assert_float_eq(y[i], i < 50 ? 0.0f : (float)(i - 50));
  }
  context->backend->program_release(program);
  atr_context_destroy(context);
}
END_TEST

START_TEST(instances_of_one_template_live_in_one_program) {
  if (!test_opencl()) return;
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = recorded_open(opencl_device(), &(recorded){ 0 });
  const atr__instance list[] = { { "scale.cl", "", "FACTOR=2.0f", NULL },
                                 { "scale.cl", "_3", "FACTOR=3.0f UNUSED", NULL },
                                 { "clamp.cl", "", "", NULL } };
  atr__program *program = get_program(context, list, 3);
  float y[TEST_COUNT];
  must(test_map(context, program, "scale", 4, &error, y));
  check_scaled(y, 2);
  must(test_map(context, program, "scale_3", 4, &error, y));
  check_scaled(y, 3);
  must(test_map(context, program, "negate", 4, &error, y));
  for (int i = 0; i < TEST_COUNT; i++) ck_assert_float_eq(y[i], (float)(TEST_COUNT / 2 - i));
  context->backend->program_release(program);
  atr_context_destroy(context);
}
END_TEST

START_TEST(a_program_with_all_that_is_asked_is_used_again) {
  if (!test_opencl()) return;
  recorded r = { 0 };
  atr_context *context = recorded_open(opencl_device(), &r);
  const atr__instance list[] = { { "scale.cl", "", "FACTOR=2.0f", NULL }, { "clamp.cl", "", "", NULL } };
  atr__program *both = get_program(context, list, 2);
  atr__program *again = get_program(context, list, 2);
  atr__program *one = get_program(context, &list[1], 1);
  ck_assert_int_eq(r.progress_calls, 2);
  ck_assert_ptr_eq(both, again);
  ck_assert_ptr_eq(both, one);
  const atr__instance other = { "scale.cl", "", "FACTOR=3.0f", NULL };
  atr__program *third = get_program(context, &other, 1);
  ck_assert_ptr_ne(third, both);
  atr__program *all[] = { both, again, one, third };
  for (int i = 0; i < 4; i++) context->backend->program_release(all[i]);
  atr_context_destroy(context);
}
END_TEST

START_TEST(tiles_that_nobody_calls_are_left_out) {
  if (!test_opencl()) return;
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = recorded_open(opencl_device(), &(recorded){ 0 });
  const atr__instance list[] = { { "tiles.cl", "", "", "triple_tile" },
                                 { "tiles.cl", "", "", "double_tile" } };
  const atr__instance whole = { "tiles.cl", "", "", NULL };
  atr__program *both = get_program(context, list, 2), *one = get_program(context, list, 1), *none = NULL;
  ck_assert_ptr_eq(one, both);
  float y[TEST_COUNT];
  must(test_map(context, both, "triple_tile", 1, &error, y));
  for (int i = 0; i < TEST_COUNT; i++) ck_assert_float_eq(y[i], 3.0f * (float)(i - TEST_COUNT / 2));
  must(test_map(context, both, "double_tile", 1, &error, y));
  for (int i = 0; i < TEST_COUNT; i++) ck_assert_float_eq(y[i], 2.0f * (float)(i - TEST_COUNT / 2));
  must_fail(context->backend->program_get(context, &whole, 1, &error, &none), ATR_E_DEVICE,
            "this_is_no_opencl_c");
  context->backend->program_release(one);
  context->backend->program_release(both);
  atr_context_destroy(context);
}
END_TEST

START_TEST(what_does_not_compile_says_why) {
  if (!test_opencl()) return;
  atr_error error = ATR_ERROR_INIT;
  recorded r = { 0 };
  atr_context *context = recorded_open(opencl_device(), &r);
  atr__program *program = (atr__program *)1;
  const atr__instance broken = { "broken.cl", "", "", NULL }, missing = { "missing.cl", "", "", NULL },
                      no_factor = { "scale.cl", "", "", NULL },
                      outside = { "../kernels/scale.cl", "", "FACTOR=1", NULL };
  must_fail(context->backend->program_get(context, &broken, 1, &error, &program), ATR_E_DEVICE,
            "this_is_no_opencl_c");
  ck_assert_int_eq(error.opencl, -11);
  ck_assert_ptr_null(program);
  must_fail(context->backend->program_get(context, &no_factor, 1, &error, &program), ATR_E_DEVICE,
            "do not compile");
  must_fail(context->backend->program_get(context, &missing, 1, &error, &program), ATR_E_UNSUPPORTED,
            "missing.cl");
  must_fail(context->backend->program_get(context, &outside, 1, &error, &program), ATR_E_PARAM, "outside");
  r.cancel = 1;
  must_fail(context->backend->program_get(context, &CLAMP, 1, &error, &program), ATR_E_CANCELLED, "compile");
  r.cancel = 0;
  program = get_program(context, &CLAMP, 1);
  context->backend->program_release(program);
  atr_context_destroy(context);
}
END_TEST

START_TEST(kernels_that_are_not_there_are_named) {
  if (!test_opencl()) return;
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = recorded_open(opencl_device(), &(recorded){ 0 });
  atr__program *program = get_program(context, &CLAMP, 1);
  float y[TEST_COUNT];
  must_fail(test_map(context, program, "no_such_kernel", 1, &error, y), ATR_E_DEVICE, "no_such_kernel");
  ck_assert_int_ne(error.opencl, 0);
  context->backend->program_release(program);
  atr_context_destroy(context);
}
END_TEST

START_TEST(nan_and_infinity_survive) {
  if (!test_opencl()) return;
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = recorded_open(opencl_device(), &(recorded){ 0 });
  const atr__backend *b = context->backend;
  atr__program *program = get_program(context, &CLAMP, 1);
  const char *kernel = "clamp_low";
  atr__queue *queue;
  atr__buffer *arguments, *arena;
  const int32_t words[] = { 4, 3, 0, 3, 1 };
  const float x[] = { NAN, INFINITY, -INFINITY, -0.5f };
  float y[4];
  must(b->queue_create(context, program, &kernel, 1, &error, &queue));
  must(atr__context_alloc(context, 64, &error, &arguments));
  must(atr__context_alloc(context, 128, &error, &arena));
  must(b->write(queue, arguments, 0, words, sizeof words, &error));
  must(b->write(queue, arena, 0, x, sizeof x, &error));
  atr__buffer *const base[ATR__BASES] = { arguments, NULL, NULL, arena };
  const atr__launch launch = { 0, 0, { 1, 1, 1 }, 4, 0, 0 };
  must(b->launch(queue, base, &launch, 1, NULL, &error));
  must(b->read(queue, arena, 64, y, sizeof y, &error));
  ck_assert(isnan(y[0]));
  ck_assert(isinf(y[1]) && y[1] > 0);
  ck_assert_float_eq(y[2], 0);
  ck_assert_float_eq(y[3], 0);
  b->queue_destroy(queue);
  atr__context_free(context, arguments, 64);
  atr__context_free(context, arena, 128);
  b->program_release(program);
  atr_context_destroy(context);
}
END_TEST

START_TEST(buffers_are_zeroed_copied_and_bounded) {
  if (!test_opencl()) return;
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = recorded_open(opencl_device(), &(recorded){ 0 });
  const atr__backend *b = context->backend;
  atr__buffer *x, *y, *none = NULL;
  unsigned char bytes[100], back[100];
  for (int i = 0; i < 100; i++) bytes[i] = (unsigned char)(i + 1);
  must(atr__context_alloc(context, 100, &error, &x));
  must(atr__context_alloc(context, 100, &error, &y));
  ck_assert_ptr_null(b->buffer_host(x));
  must(b->read(context->queue, x, 0, back, 100, &error));
  for (int i = 0; i < 100; i++) ck_assert_uint_eq(back[i], 0);
  must(b->write(context->queue, x, 10, bytes, 90, &error));
  must(b->copy(context->queue, x, 10, y, 20, 80, &error));
  must(b->read(context->queue, y, 20, back, 80, &error));
  ck_assert_mem_eq(back, bytes, 80);
  must_fail(b->write(context->queue, x, 11, bytes, 90, &error), ATR_E_PARAM, "outside");
  must_fail(b->copy(context->queue, x, 0, y, 21, 80, &error), ATR_E_PARAM, "outside");
  must_fail(atr__context_alloc(context, context->device.max_alloc_bytes + 1, &error, &none), ATR_E_NOMEM,
            "in one block");
  must_fail(atr__context_alloc(context, UINT64_MAX - 1, &error, &none), ATR_E_NOMEM, "in one block");
  ck_assert_uint_eq(context->memory_used, 200);
  atr__context_free(context, x, 100);
  atr__context_free(context, y, 100);
  atr_context_destroy(context);
}
END_TEST

/* A chain of launches, each adding one to what the one before wrote: scale with FACTOR 1. */
START_TEST(long_lists_run_in_order_and_can_be_cancelled) {
  if (!test_opencl()) return;
  enum { LAUNCHES = 100 };
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = recorded_open(opencl_device(), &(recorded){ 0 });
  const atr__backend *b = context->backend;
  const atr__instance instance = { "scale.cl", "", "FACTOR=1.0f", NULL };
  atr__program *program = get_program(context, &instance, 1);
  const char *kernel = "scale";
  atr__queue *queue;
  atr__buffer *arguments, *arena;
  const int32_t words[] = { 3, 3, 0, 3, 0 };
  atr__launch list[LAUNCHES];
  float y[3];
  volatile int cancel = 0;
  must(b->queue_create(context, program, &kernel, 1, &error, &queue));
  must(atr__context_alloc(context, 64, &error, &arguments));
  must(atr__context_alloc(context, 64, &error, &arena));
  must(b->write(queue, arguments, 0, words, sizeof words, &error));
  for (int i = 0; i < LAUNCHES; i++) list[i] = (atr__launch){ 0, 0, { i == 50 ? 0 : 3, 1, 1 }, 1, 0, 0 };
  atr__buffer *const base[ATR__BASES] = { arguments, NULL, NULL, arena };
  must(b->launch(queue, base, list, LAUNCHES, NULL, &error));
  must(b->launch(queue, base, list, LAUNCHES, &cancel, &error));
  must(b->finish(queue, &error));
  must(b->read(queue, arena, 0, y, sizeof y, &error));
  for (int i = 0; i < 3; i++) ck_assert_float_eq(y[i], 2 * LAUNCHES - 2);
  cancel = 1;
  must_fail(b->launch(queue, base, list, LAUNCHES, &cancel, &error), ATR_E_CANCELLED, "0 of 100");
  list[0].local = UINT32_MAX;
  must_fail(b->launch(queue, base, list, LAUNCHES, NULL, &error), ATR_E_DEVICE, "work-group");
  list[0].kernel = 1;
  must_fail(b->launch(queue, base, list, LAUNCHES, NULL, &error), ATR_E_PARAM, "kernel 1 of 1");
  b->queue_destroy(queue);
  atr__context_free(context, arguments, 64);
  atr__context_free(context, arena, 64);
  b->program_release(program);
  atr_context_destroy(context);
}
END_TEST

typedef struct {
  atr_context *context;
  atr__program *program;
  const char *kernel;
  float y[TEST_COUNT];
  atr_error error;
  atr_status status;
} job;

static void *repeat(void *user) {
  job *j = user;
  for (int i = 0; i < 30 && !j->status; i++)
    j->status = test_map(j->context, j->program, j->kernel, 5, &j->error, j->y);
  return NULL;
}

START_TEST(queues_of_two_threads_share_a_program) {
  if (!test_opencl()) return;
  atr_context *context = recorded_open(opencl_device(), &(recorded){ 0 });
  if (!strcmp(context->info.platform, "Oclgrind")) { /* simulates one kernel at a time, else asserts */
    atr_context_destroy(context);
    return;
  }
  const atr__instance list[] = { { "scale.cl", "_2", "FACTOR=2.0f", NULL },
                                 { "scale.cl", "_3", "FACTOR=3.0f", NULL } };
  atr__program *program = get_program(context, list, 2);
  job jobs[] = { { .context = context, .program = program, .kernel = "scale_2" },
                 { .context = context, .program = program, .kernel = "scale_3" } };
  pthread_t thread[2];
  for (int i = 0; i < 2; i++) ck_assert_int_eq(pthread_create(&thread[i], NULL, repeat, &jobs[i]), 0);
  for (int i = 0; i < 2; i++) ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
  for (int i = 0; i < 2; i++) {
    ck_assert_msg(!jobs[i].status, "%s", jobs[i].error.text);
    check_scaled(jobs[i].y, (float)(i + 2));
  }
  ck_assert_uint_eq(context->memory_used, 0);
  context->backend->program_release(program);
  atr_context_destroy(context);
}
END_TEST

START_TEST(a_forked_child_gets_an_error_and_no_hang) {
  if (!test_opencl()) return;
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = recorded_open(opencl_device(), &(recorded){ 0 });
  const pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (!child) {
    atr__buffer *buffer;
    const int refused =
        atr__context_alloc(context, 64, &error, &buffer) == ATR_E_DEVICE && strstr(error.text, "fork");
    atr_context_destroy(context);
    _exit(refused ? 7 : 1);
  }
  int status = 0;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
  atr_context_destroy(context);
}
END_TEST

START_TEST(nothing_is_left_behind) {
  if (!test_opencl()) return;
  atr_error error = ATR_ERROR_INIT;
  const int64_t objects = atr__cl_live(), blocks = atr__alloc_live();
  atr_context *context = recorded_open(opencl_device(), &(recorded){ 0 });
  atr__program *program = get_program(context, &CLAMP, 1);
  float y[TEST_COUNT];
  must(test_map(context, program, "clamp_low", 1, &error, y));
  context->backend->program_release(program);
  atr_context_destroy(context);
  ck_assert_int_eq(atr__cl_live(), objects);
  ck_assert_int_eq(atr__alloc_live(), blocks);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("opencl");
  TCase *tests = tcase_create("opencl");
  tcase_set_timeout(tests, 300);
  tcase_add_test(tests, a_kernel_computes_what_it_should);
  tcase_add_test(tests, instances_of_one_template_live_in_one_program);
  tcase_add_test(tests, a_program_with_all_that_is_asked_is_used_again);
  tcase_add_test(tests, tiles_that_nobody_calls_are_left_out);
  tcase_add_test(tests, what_does_not_compile_says_why);
  tcase_add_test(tests, kernels_that_are_not_there_are_named);
  tcase_add_test(tests, nan_and_infinity_survive);
  tcase_add_test(tests, buffers_are_zeroed_copied_and_bounded);
  tcase_add_test(tests, long_lists_run_in_order_and_can_be_cancelled);
  tcase_add_test(tests, queues_of_two_threads_share_a_program);
  tcase_add_test(tests, a_forked_child_gets_an_error_and_no_hang);
  tcase_add_test(tests, nothing_is_left_behind);
  suite_add_tcase(suite, tests);
  return kernels_run(suite);
}
