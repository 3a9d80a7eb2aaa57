/* interop_test.c: a context on the application's own OpenCL context, with its queue, buffers and events. The
 * test is the application: it calls the loader that it opens itself. */
#include "config.h"

#include "backend_test.h"

#include <atrous/opencl.h>

#include "backend/opencl/api.h"
#include "backend/opencl/fault.h"
#include "backend/opencl/interop.h"

static atr__cl_api cl;
static cl_context theirs;
static cl_device_id device;
static cl_command_queue in_order, out_of_order;

static void set_up(void) {
  if (!test_opencl()) return;
  char why[256];
  cl_int code;
  cl_uint n;
  cl_platform_id platform[8];
  ck_assert_msg(!atr__cl_load(&cl, why, sizeof why), "%s", why);
  ck_assert_int_eq(cl.clGetPlatformIDs(8, platform, &n), CL_SUCCESS);
  cl_uint p = 0;
  while (p < n && cl.clGetDeviceIDs(platform[p], CL_DEVICE_TYPE_ALL, 1, &device, NULL)) p++;
  ck_assert_msg(p < n, "no OpenCL device");
  theirs = cl.clCreateContext(NULL, 1, &device, NULL, NULL, &code);
  ck_assert_int_eq(code, CL_SUCCESS);
  in_order = cl.clCreateCommandQueue(theirs, device, 0, &code);
  ck_assert_int_eq(code, CL_SUCCESS);
  out_of_order = cl.clCreateCommandQueue(theirs, device, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, &code);
}

static void tear_down(void) {
  if (!test_opencl()) return;
  cl.clReleaseCommandQueue(in_order);
  if (out_of_order) cl.clReleaseCommandQueue(out_of_order);
  cl.clReleaseContext(theirs);
}

static cl_uint references(void) {
  cl_uint count = 0;
  ck_assert_int_eq(cl.clGetContextInfo(theirs, CL_CONTEXT_REFERENCE_COUNT, sizeof count, &count, NULL),
                   CL_SUCCESS);
  return count;
}

START_TEST(a_context_runs_on_the_applications) {
  if (!test_opencl()) return;
  atr_error error = ATR_ERROR_INIT;
  atr_context *context;
  atr__program *program;
  const atr__instance clamp = { "clamp.cl", "", "" };
  const cl_uint before = references();
  const int64_t live = atr__cl_live();
  float y[TEST_COUNT];
  for (int own = 0; own < 2; own++) {
    must(atr_context_open_cl(theirs, device, own ? NULL : in_order, NULL, &error, &context));
    must(context->backend->program_get(context, &clamp, 1, &error, &program));
    must(test_map(context, program, "clamp_low", 1, &error, y));
    for (int i = 0; i < TEST_COUNT; i++) ck_assert_float_eq(y[i], i < 50 ? 0.0f : (float)(i - 50));
    context->backend->program_release(program);
    atr_context_destroy(context);
    ck_assert_int_eq(atr__cl_live(), live);
    ck_assert_uint_eq(references(), before);
  }
}
END_TEST

START_TEST(what_does_not_belong_together_is_refused) {
  if (!test_opencl()) return;
  atr_error error = ATR_ERROR_INIT;
  atr_context *context;
  must_fail(atr_context_open_cl(NULL, device, NULL, NULL, &error, &context), ATR_E_PARAM, "NULL");
  must_fail(atr_context_open_cl(theirs, NULL, NULL, NULL, &error, &context), ATR_E_PARAM, "NULL");
  must_fail(atr_context_open_cl(theirs, (cl_device_id)&error, NULL, NULL, &error, &context), ATR_E_PARAM,
            "none of");
  if (out_of_order)
    must_fail(atr_context_open_cl(theirs, device, out_of_order, NULL, &error, &context), ATR_E_PARAM,
              "out of order");
  cl_int code;
  const cl_context other = cl.clCreateContext(NULL, 1, &device, NULL, NULL, &code);
  ck_assert_int_eq(code, CL_SUCCESS);
  must_fail(atr_context_open_cl(other, device, in_order, NULL, &error, &context), ATR_E_PARAM, "another");
  cl.clReleaseContext(other);
}
END_TEST

START_TEST(buffers_and_events_of_the_application_are_used) {
  if (!test_opencl()) return;
  atr_error error = ATR_ERROR_INIT;
  atr_context *context;
  atr__buffer *all, *tail, *none;
  atr__queue *queue;
  cl_int code;
  float x[256], y[256];
  for (int i = 0; i < 256; i++) x[i] = (float)i;
  must(atr_context_open_cl(theirs, device, NULL, NULL, &error, &context));
  const atr__backend *b = context->backend;
  const cl_mem memory = cl.clCreateBuffer(theirs, CL_MEM_READ_WRITE, sizeof x, NULL, &code);
  ck_assert_int_eq(code, CL_SUCCESS);
  must(atr__cl_wrap(context, memory, 0, sizeof x, &error, &all));
  must(atr__cl_wrap(context, memory, 512, 512, &error, &tail));
  must_fail(atr__cl_wrap(context, memory, 512, 513, &error, &none), ATR_E_PARAM, "outside");
  must_fail(atr__cl_wrap(context, memory, UINT64_MAX, 2, &error, &none), ATR_E_PARAM, "outside");
  must(b->queue_create(context, NULL, NULL, 0, &error, &queue));
  cl_event written = NULL, copied = NULL;
  ck_assert_int_eq(cl.clEnqueueWriteBuffer(in_order, memory, CL_FALSE, 0, sizeof x, x, 0, NULL, &written),
                   CL_SUCCESS);
  ck_assert_int_eq(cl.clFlush(in_order), CL_SUCCESS);
  must(atr__cl_wait(queue, 1, &written, &error));
  must(b->copy(queue, all, 0, tail, 0, 512, &error));
  must(atr__cl_mark(queue, &copied, &error));
  ck_assert_int_eq(cl.clEnqueueReadBuffer(in_order, memory, CL_TRUE, 0, sizeof y, y, 1, &copied, NULL),
                   CL_SUCCESS);
  for (int i = 0; i < 256; i++) ck_assert_float_eq(y[i], (float)(i % 128));
  cl.clReleaseEvent(written);
  cl.clReleaseEvent(copied);
  b->queue_destroy(queue);
  b->buffer_destroy(all);
  b->buffer_destroy(tail);
  cl.clReleaseMemObject(memory);
  atr_context_destroy(context);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("interop");
  TCase *tests = tcase_create("interop");
  tcase_set_timeout(tests, 120);
  tcase_add_checked_fixture(tests, set_up, tear_down);
  tcase_add_test(tests, a_context_runs_on_the_applications);
  tcase_add_test(tests, what_does_not_belong_together_is_refused);
  tcase_add_test(tests, buffers_and_events_of_the_application_are_used);
  suite_add_tcase(suite, tests);
  return test_run(suite);
}
