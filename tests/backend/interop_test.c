/* interop_test.c: a context on the application's own OpenCL context, with its queue, buffers and events. The
 * test is the application: it calls the loader that it opens itself. */
#include "config.h"

#include "backend_test.h"

#include <atrous.h>
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
  const atr__instance clamp = { "clamp.cl", "", "", NULL };
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

/* y = relu(x) over n numbers. */
static atr_model *relu_of(int64_t n) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *model;
  must(atr_model_create(1, &error, &model));
  const atr_shape shape = { 1, { n } };
  atr_model_add_output(model, "y", atr_model_relu(model, atr_model_add_input(model, "x", ATR_F32, &shape)));
  must(atr_model_check(model, &error));
  return model;
}

START_TEST(a_run_reads_and_writes_the_applications_buffers) {
  if (!test_opencl()) return;
  enum { N = 1000 };
  atr_error error = ATR_ERROR_INIT;
  atr_context *context;
  atr_plan *plan;
  atr_run *run;
  atr_tensor *x, *y;
  float data[N], back[N];
  cl_int code;
  cl_event begun, done;
  for (int i = 0; i < N; i++) data[i] = (float)(i % 7 - 3);
  must(atr_context_open_cl(theirs, device, in_order, NULL, &error, &context));
  atr_model *model = relu_of(N);
  const atr_shape shape = { 1, { N } }, longer = { 1, { N + 1 } };
  must(atr_plan_create(model, context, &shape, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  const size_t skip = 4096;
  cl_mem memory = cl.clCreateBuffer(theirs, CL_MEM_READ_WRITE, skip + sizeof data, NULL, &code);
  cl_mem result = cl.clCreateBuffer(theirs, CL_MEM_READ_WRITE, sizeof data, NULL, &code);
  ck_assert_int_eq(atr_tensor_wrap_cl(context, memory, skip, ATR_F32, &longer, &error, &x), ATR_E_PARAM);
  must(atr_tensor_wrap_cl(context, memory, skip, ATR_F32, &shape, &error, &x));
  must(atr_tensor_wrap_cl(context, result, 0, ATR_F32, &shape, &error, &y));
  ck_assert_int_eq(atr_run_bind(run, "x", x), ATR_OK);
  ck_assert_int_eq(atr_run_bind(run, "y", y), ATR_OK);
  ck_assert_int_eq(
      cl.clEnqueueWriteBuffer(in_order, memory, CL_FALSE, skip, sizeof data, data, 0, NULL, &begun),
      CL_SUCCESS);
  ck_assert_msg(!atr_run_enqueue_cl(run, 1, &begun, &done), "%s", atr_run_error(run));
  ck_assert_int_eq(cl.clEnqueueReadBuffer(in_order, result, CL_TRUE, 0, sizeof back, back, 1, &done, NULL),
                   CL_SUCCESS);
  for (int i = 0; i < N; i++) ck_assert_float_eq(back[i], data[i] > 0 ? data[i] : 0);
  cl.clReleaseEvent(begun);
  cl.clReleaseEvent(done);
  /* Unbound, the run's own memory is used again. */
  for (int i = 0; i < N; i++) data[i] = -data[i];
  ck_assert_int_eq(atr_run_bind(run, "x", NULL), ATR_OK);
  ck_assert_int_eq(atr_run_bind(run, "y", NULL), ATR_OK);
  ck_assert_msg(!atr_run_write(run, "x", data, sizeof data) && !atr_run_execute(run) &&
                    !atr_run_read(run, "y", back, sizeof back),
                "%s", atr_run_error(run));
  for (int i = 0; i < N; i++) ck_assert_float_eq(back[i], data[i] > 0 ? data[i] : 0);
  /* Their queue is as they made it. */
  ck_assert_int_eq(atr_run_profile(run, 1), ATR_E_UNSUPPORTED);
  ck_assert_ptr_nonnull(strstr(atr_run_error(run), "CL_QUEUE_PROFILING_ENABLE"));
  atr_tensor_destroy(x);
  atr_tensor_destroy(y);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(model);
  atr_context_destroy(context);
  cl.clReleaseMemObject(memory);
  cl.clReleaseMemObject(result);
}
END_TEST

START_TEST(tensors_are_bound_without_a_copy_on_every_backend) {
  enum { N = 37 };
  atr_error error = ATR_ERROR_INIT;
  for (int d = 0; d < 2; d++) {
    if (d && !test_opencl()) continue;
    atr_context *context;
    atr_plan *plan;
    atr_run *run;
    atr_tensor *x, *y, *other;
    float data[N], back[N];
    for (int i = 0; i < N; i++) data[i] = (float)(i % 5 - 2);
    must(atr_context_open(d ? "cpu" : "host", NULL, &error, &context));
    atr_model *model = relu_of(N);
    const atr_shape shape = { 1, { N } }, wrong = { 2, { N, 1 } };
    must(atr_plan_create(model, context, &shape, 1, NULL, &error, &plan));
    must(atr_run_create(plan, &error, &run));
    must(atr_tensor_create(context, ATR_F32, &shape, &error, &x));
    must(atr_tensor_create(context, ATR_F32, &shape, &error, &y));
    must(atr_tensor_create(context, ATR_F32, &wrong, &error, &other));
    ck_assert_int_eq(atr_run_bind(run, "x", other), ATR_E_SHAPE);
    ck_assert_int_eq(atr_run_bind(run, "z", x), ATR_E_PARAM);
    ck_assert_int_eq(atr_run_bind(run, "x", x), ATR_OK);
    ck_assert_int_eq(atr_run_bind(run, "y", y), ATR_OK);
    must(atr_tensor_write(x, data, sizeof data, &error));
    ck_assert_msg(!atr_run_execute(run) && !atr_run_read(run, "y", back, sizeof back), "%s",
                  atr_run_error(run));
    for (int i = 0; i < N; i++) ck_assert_float_eq(back[i], data[i] > 0 ? data[i] : 0);
    must(atr_tensor_read(y, back, sizeof back, &error));
    for (int i = 0; i < N; i++) ck_assert_float_eq(back[i], data[i] > 0 ? data[i] : 0);
    ck_assert_int_eq(atr_tensor_read(y, back, 1, &error), ATR_E_PARAM);
    atr_tensor_destroy(x); /* the run keeps it */
    atr_run_destroy(run);
    atr_tensor_destroy(y);
    atr_tensor_destroy(other);
    atr_plan_destroy(plan);
    atr_model_destroy(model);
    atr_context_destroy(context);
  }
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
  tcase_add_test(tests, a_run_reads_and_writes_the_applications_buffers);
  tcase_add_test(tests, tensors_are_bound_without_a_copy_on_every_backend);
  suite_add_tcase(suite, tests);
  return kernels_run(suite);
}
