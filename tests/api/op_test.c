/* op_test.c: single operators called on tensors, on the host and on the OpenCL device, against numbers worked
 * by hand; refusals; calls from several threads. Public headers and exported symbols only. */
#include <atrous.h>

#include <check.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define good(call) ck_assert_msg((call) == ATR_OK, "%s: %s", #call, e.text)

static atr_context *contexts[2];

/* 0: the host; 1: the device, NULL where there is none and that was said. */
static atr_context *context_at(int i) {
  atr_error e = ATR_ERROR_INIT;
  const char *none = getenv("ATROUS_TEST_NO_OPENCL"), *device = getenv("ATROUS_TEST_DEVICE");
#ifndef ATR_HAVE_OPENCL
  none = "1";
#endif
  if (i && none && !strcmp(none, "1")) return NULL;
  if (!contexts[i]) good(atr_context_open(i ? device ? device : "cpu" : "host", NULL, &e, &contexts[i]));
  return contexts[i];
}

#define FOR_EACH_CONTEXT(c)                                                                                  \
  for (int at_ = 0; at_ < 2; at_++)                                                                          \
    for (atr_context *c = context_at(at_); c; c = NULL)

#define SHAPE(...)                                                                                           \
  (atr_shape) {                                                                                              \
    sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t), {                                                  \
      __VA_ARGS__                                                                                            \
    }                                                                                                        \
  }

static atr_tensor *tensor(atr_context *c, atr_shape shape, const float *values) {
  atr_error e = ATR_ERROR_INIT;
  atr_tensor *t = NULL;
  size_t n = 1;
  for (int i = 0; i < shape.rank; i++) n *= (size_t)shape.dim[i];
  good(atr_tensor_create(c, ATR_F32, &shape, &e, &t));
  good(atr_tensor_write(t, values, n * sizeof *values, &e));
  return t;
}
#define TENSOR(c, shape, ...) tensor(c, shape, (const float[]){ __VA_ARGS__ })

static void is(const atr_tensor *t, atr_shape shape) {
  const atr_shape got = atr_tensor_shape(t);
  ck_assert_int_eq(got.rank, shape.rank);
  for (int i = 0; i < shape.rank; i++) ck_assert_int_eq(got.dim[i], shape.dim[i]);
}

static void near(atr_tensor *t, const float *want, size_t n) {
  atr_error e = ATR_ERROR_INIT;
  float got[64];
  ck_assert_uint_le(n, 64);
  good(atr_tensor_read(t, got, n * sizeof *got, &e));
  for (size_t i = 0; i < n; i++)
    ck_assert_msg(fabsf(got[i] - want[i]) <= 1e-5f * fmaxf(1, fabsf(want[i])),
                  "element %zu is %g, must be %g", i, (double)got[i], (double)want[i]);
}
#define NEAR(t, ...)                                                                                         \
  near(t, (const float[]){ __VA_ARGS__ }, sizeof((const float[]){ __VA_ARGS__ }) / sizeof(float))

static void drop(atr_tensor **list, size_t n) {
  for (size_t i = 0; i < n; i++) atr_tensor_destroy(list[i]);
}
#define DROP(...)                                                                                            \
  drop((atr_tensor *[]){ __VA_ARGS__ }, sizeof((atr_tensor *[]){ __VA_ARGS__ }) / sizeof(atr_tensor *))

/* y_t = x_t - x_(t-2) + 1, and its gradients for dy = 1, 2, 3, 4. */
START_TEST(a_dilated_convolution_and_its_gradients) {
  FOR_EACH_CONTEXT(c) {
    atr_error e = ATR_ERROR_INIT;
    atr_conv_params p = ATR_CONV_PARAMS_INIT;
    p.dilation[0] = 2;
    p.pad = ATR_PAD_CAUSAL;
    atr_tensor *x = TENSOR(c, SHAPE(1, 1, 4), 3, 1, 4, 1), *w = TENSOR(c, SHAPE(1, 1, 2), -1, 1),
               *b = TENSOR(c, SHAPE(1), 1), *dy = TENSOR(c, SHAPE(1, 1, 4), 1, 2, 3, 4), *y = NULL,
               *dx = NULL, *dw = NULL, *db = NULL;
    for (int twice = 0; twice < 2; twice++) { /* the second time into the same tensors */
      good(atr_conv_forward(c, &p, x, w, b, &y, &e));
      is(y, SHAPE(1, 1, 4));
      NEAR(y, 4, 2, 2, 1);
      good(atr_conv_backward(c, &p, x, w, dy, &dx, &dw, &db, &e));
      NEAR(dx, 1 - 3, 2 - 4, 3, 4);
      NEAR(dw, 3 * 3 + 1 * 4, 1 * 3 + 2 * 1 + 3 * 4 + 4 * 1);
      NEAR(db, 10);
    }
    good(atr_tensor_write(w, (const float[]){ 2, 0 }, 8, &e)); /* other weights in the same tensor */
    good(atr_conv_forward(c, &p, x, w, NULL, &y, &e));
    NEAR(y, 0, 0, 6, 2);
    good(atr_conv_backward(c, &p, x, w, dy, NULL, NULL, &db, &e));
    DROP(x, w, b, dy, y, dx, dw, db);
  }
}
END_TEST

START_TEST(a_transposed_convolution_and_its_gradients) {
  FOR_EACH_CONTEXT(c) {
    atr_error e = ATR_ERROR_INIT;
    atr_conv_transpose_params p = ATR_CONV_TRANSPOSE_PARAMS_INIT;
    p.stride[0] = 2;
    atr_tensor *x = TENSOR(c, SHAPE(1, 1, 3), 1, 2, 3), *w = TENSOR(c, SHAPE(1, 1, 3), 1, 10, 100),
               *b = TENSOR(c, SHAPE(1), 0.5f), *dy = TENSOR(c, SHAPE(1, 1, 7), 1, 2, 3, 4, 5, 6, 7),
               *y = NULL, *dx = NULL, *dw = NULL, *db = NULL;
    good(atr_conv_transpose_forward(c, &p, x, w, b, &y, &e));
    is(y, SHAPE(1, 1, 7));
    NEAR(y, 1.5f, 10.5f, 102.5f, 20.5f, 203.5f, 30.5f, 300.5f);
    good(atr_conv_transpose_backward(c, &p, x, w, dy, &dx, &dw, &db, &e));
    NEAR(dx, 321, 543, 765);
    NEAR(dw, 1 + 6 + 15, 2 + 8 + 18, 3 + 10 + 21);
    NEAR(db, 28);
    p.output_padding[0] = 1;
    atr_tensor_destroy(y);
    y = NULL;
    good(atr_conv_transpose_forward(c, &p, x, w, NULL, &y, &e));
    is(y, SHAPE(1, 1, 8));
    NEAR(y, 1, 10, 102, 20, 203, 30, 300, 0);
    DROP(x, w, b, dy, y, dx, dw, db);
  }
}
END_TEST

START_TEST(max_pooling_there_and_back) {
  FOR_EACH_CONTEXT(c) {
    atr_error e = ATR_ERROR_INIT;
    atr_conv_params p = ATR_CONV_PARAMS_INIT;
    const atr_shape shape = SHAPE(1, 1, 2, 4);
    p.filter[0] = p.filter[1] = p.stride[0] = p.stride[1] = 2;
    atr_tensor *x = TENSOR(c, shape, 1, 5, 2, 2, 3, 4, 7, 0), *dy = TENSOR(c, SHAPE(1, 1, 1, 2), 10, 20),
               *y = NULL, *indices = NULL, *dx = NULL;
    int64_t where[2];
    good(atr_max_pool_forward(c, &p, x, &y, &indices, &e));
    NEAR(y, 5, 7);
    ck_assert_int_eq(atr_tensor_type(indices), ATR_I64);
    good(atr_tensor_read(indices, where, sizeof where, &e));
    ck_assert_int_eq(where[0], 1);
    ck_assert_int_eq(where[1], 6);
    good(atr_max_pool_backward(c, &p, &shape, dy, indices, &dx, &e));
    NEAR(dx, 0, 10, 0, 0, 0, 0, 20, 0);
    good(atr_max_pool_forward(c, &p, x, &y, NULL, &e));
    atr_tensor *back = NULL, *dback = NULL;
    for (int given = 0; given < 2; given++) { /* each greatest element goes back to its place */
      good(atr_max_unpool_forward(c, &p, y, indices, given ? &shape : NULL, &back, &e));
      NEAR(back, 0, 5, 0, 0, 0, 0, 7, 0);
    }
    good(atr_max_unpool_backward(c, x, indices, &dback, &e)); /* what x has there */
    NEAR(dback, 5, 7);
    DROP(back, dback);
    DROP(x, dy, y, indices, dx);
  }
}
END_TEST

START_TEST(resizing_there_and_back) {
  FOR_EACH_CONTEXT(c) {
    atr_error e = ATR_ERROR_INIT;
    atr_resize_params p = ATR_RESIZE_PARAMS_INIT;
    const atr_shape shape = SHAPE(1, 1, 2);
    atr_tensor *x = TENSOR(c, shape, 0, 4), *dy = TENSOR(c, SHAPE(1, 1, 4), 1, 1, 1, 1), *y = NULL,
               *dx = NULL;
    p.out[0] = 4;
    good(atr_resize_forward(c, &p, x, &y, &e));
    NEAR(y, 0, 1, 3, 4);
    good(atr_resize_backward(c, &p, &shape, dy, &dx, &e));
    NEAR(dx, 2, 2);
    p.out[0] = 0;
    p.scale[0] = 2;
    p.mode = ATR_RESIZE_NEAREST;
    good(atr_resize_forward(c, &p, x, &y, &e));
    NEAR(y, 0, 0, 4, 4);
    p.mode = ATR_RESIZE_LINEAR;
    p.coordinates = ATR_RESIZE_CROP;
    p.start[0] = 0.25f;
    p.end[0] = 1.75f;
    p.outside = -1;
    good(atr_resize_forward(c, &p, x, &y, &e)); /* at 0.25, 0.75, 1.25, 1.75 */
    NEAR(y, 1, 3, -1, -1);
    DROP(x, dy, y, dx);
  }
}
END_TEST

START_TEST(a_matrix_product) {
  FOR_EACH_CONTEXT(c) {
    atr_error e = ATR_ERROR_INIT;
    atr_gemm_params p = ATR_GEMM_PARAMS_INIT;
    atr_tensor *a = TENSOR(c, SHAPE(2, 3), 1, 2, 3, 4, 5, 6), *b = TENSOR(c, SHAPE(3, 2), 1, 0, 0, 1, 1, 1),
               *bias = TENSOR(c, SHAPE(2), 10, 20), *y = NULL, *square = NULL;
    good(atr_gemm_forward(c, &p, a, b, NULL, &y, &e));
    NEAR(y, 4, 5, 10, 11);
    p.alpha = 2;
    p.beta = 0.5f;
    good(atr_gemm_forward(c, &p, a, b, bias, &y, &e));
    NEAR(y, 13, 20, 25, 32);
    p.alpha = 1;
    p.trans_b = 1;
    good(atr_gemm_forward(c, &p, a, a, NULL, &square, &e)); /* one tensor twice */
    NEAR(square, 14, 32, 32, 77);
    DROP(a, b, bias, y, square);
  }
}
END_TEST

START_TEST(softmax_there_and_back) {
  FOR_EACH_CONTEXT(c) {
    atr_error e = ATR_ERROR_INIT;
    const float two = logf(2), three = logf(3);
    atr_tensor *x = TENSOR(c, SHAPE(2, 3), 0, two, three, 0, 0, 0),
               *dy = TENSOR(c, SHAPE(2, 3), 6, 0, 0, 1, 1, 1), *y = NULL, *dx = NULL;
    good(atr_softmax_forward(c, -1, x, &y, &e));
    NEAR(y, 1 / 6.f, 2 / 6.f, 3 / 6.f, 1 / 3.f, 1 / 3.f, 1 / 3.f);
    good(atr_softmax_backward(c, -1, y, dy, &dx, &e)); /* y·(dy - Σ y·dy), Σ being 1 in both rows */
    NEAR(dx, 5 / 6.f, -2 / 6.f, -3 / 6.f, 0, 0, 0);
    DROP(x, dy, y, dx);
  }
}
END_TEST

START_TEST(a_recurrent_layer_there_and_back) {
  FOR_EACH_CONTEXT(c) {
    atr_error e = ATR_ERROR_INIT;
    atr_rnn_params p = ATR_RNN_PARAMS_INIT;
    p.activation = ATR_RNN_RELU; /* h' = max(0, 2 x + h - 1) */
    atr_tensor *x = TENSOR(c, SHAPE(3, 1, 1), 1, -3, 3), *w = TENSOR(c, SHAPE(1, 1, 1), 2),
               *r = TENSOR(c, SHAPE(1, 1, 1), 1), *b = TENSOR(c, SHAPE(1, 2), -3, 2),
               *h0 = TENSOR(c, SHAPE(1, 1, 1), 4), *dy = TENSOR(c, SHAPE(3, 1, 1, 1), 1, 1, 1), *y = NULL,
               *last = NULL, *dx = NULL, *dw = NULL, *dr = NULL, *db = NULL, *dh0 = NULL;
    good(atr_rnn_forward(c, &p, x, w, r, b, h0, &y, &last, &e));
    is(y, SHAPE(3, 1, 1, 1));
    NEAR(y, 5, 0, 5); /* before: 5, -2, 5 */
    NEAR(last, 5);
    for (int twice = 0; twice < 2; twice++) { /* what enters the function has the gradients 1, 0, 1 */
      good(atr_rnn_backward(c, &p, x, w, r, b, h0, dy, NULL, &dx, &dw, &dr, &db, &dh0, &e));
      NEAR(dx, 2, 0, 2);
      NEAR(dw, 1 * 1 + 1 * 3);
      NEAR(dr, 1 * 4 + 1 * 0);
      NEAR(db, 2, 2);
      NEAR(dh0, 1);
    }
    good(atr_rnn_backward(c, &p, x, w, r, b, h0, NULL, last, &dx, NULL, NULL, NULL, NULL, &e)); /* 0, 0, 5 */
    NEAR(dx, 0, 0, 10);
    ck_assert_int_eq(atr_rnn_backward(c, &p, x, w, r, NULL, h0, dy, NULL, NULL, NULL, NULL, &db, NULL, &e),
                     ATR_E_PARAM);
    p.direction = ATR_RNN_REVERSE;
    good(atr_rnn_forward(c, &p, x, w, r, NULL, NULL, NULL, &last, &e));
    NEAR(last, 2); /* 6, 0, 2 */
    DROP(x, w, r, b, h0, dy, y, last, dx, dw, dr, db, dh0);
  }
}
END_TEST

#define REFUSED(call, status_, words)                                                                        \
  do {                                                                                                       \
    ck_assert_int_eq(call, status_);                                                                         \
    ck_assert_msg(strstr(e.text, words) != NULL, "\"%s\" is not in: %s", words, e.text);                     \
  } while (0)

START_TEST(what_does_not_go_together_is_refused_with_a_sentence) {
  FOR_EACH_CONTEXT(c) {
    atr_error e = ATR_ERROR_INIT;
    atr_conv_params p = ATR_CONV_PARAMS_INIT;
    atr_context *other = NULL;
    good(atr_context_open("host", NULL, &e, &other));
    atr_tensor *x = TENSOR(c, SHAPE(1, 1, 4), 1, 2, 3, 4), *w = TENSOR(c, SHAPE(1, 2, 1), 1, 2),
               *good_w = TENSOR(c, SHAPE(1, 1, 2), 1, 2), *small = TENSOR(c, SHAPE(1, 1, 2), 0, 0), *y = NULL,
               *foreign = TENSOR(other, SHAPE(1, 1, 2), 1, 2);
    REFUSED(atr_conv_forward(c, &p, x, w, NULL, &y, &e), ATR_E_SHAPE, "channels");
    ck_assert_ptr_null(y);
    REFUSED(atr_conv_forward(c, &p, x, foreign, NULL, &y, &e), ATR_E_PARAM, "w belongs to another context");
    REFUSED(atr_conv_forward(c, &p, x, good_w, NULL, &x, &e), ATR_E_PARAM, "y is also its x");
    REFUSED(atr_conv_forward(c, &p, x, good_w, NULL, &small, &e), ATR_E_SHAPE, "must be float32[1,1,3]");
    p.stride[0] = 0;
    REFUSED(atr_conv_forward(c, &p, x, good_w, NULL, &y, &e), ATR_E_PARAM, "at least 1");
    p.stride[0] = 1;
    p.size = 3;
    REFUSED(atr_conv_forward(c, &p, x, good_w, NULL, &y, &e), ATR_E_PARAM, "size is 3");
    REFUSED(atr_softmax_forward(c, 5, x, &y, &e), ATR_E_PARAM, "outside [-3, 3)");
    atr_resize_params r = ATR_RESIZE_PARAMS_INIT;
    r.mode = (atr_resize_mode)7;
    REFUSED(atr_resize_forward(c, &r, x, &y, &e), ATR_E_PARAM, "mode is 7");
    ck_assert_ptr_null(y);
    p.size = sizeof p;
    good(atr_conv_forward(c, &p, x, good_w, NULL, &y, &e)); /* nothing stays behind */
    NEAR(y, 5, 8, 11);
    DROP(x, w, good_w, small, y, foreign);
    atr_context_destroy(other);
  }
}
END_TEST

typedef struct {
  atr_context *context;
  float scale;
  int failed;
  char text[200];
} job;

static void *many(void *user) {
  job *j = user;
  atr_error e = ATR_ERROR_INIT;
  atr_tensor *x = TENSOR(j->context, SHAPE(1, 1, 3), j->scale, 2 * j->scale, 3 * j->scale),
             *w = TENSOR(j->context, SHAPE(1, 1, 2), 1, 1), *y = NULL;
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  for (int i = 0; i < 50 && !j->failed; i++) {
    float got[2] = { 0, 0 };
    j->failed = atr_conv_forward(j->context, &p, x, w, NULL, &y, &e) ||
                atr_tensor_read(y, got, sizeof got, &e) || fabsf(got[0] - 3 * j->scale) > 1e-3f ||
                fabsf(got[1] - 5 * j->scale) > 1e-3f;
    if (j->failed)
      snprintf(j->text, sizeof j->text, "round %d of thread %g: %g %g %.100s", i, (double)j->scale,
               (double)got[0], (double)got[1], e.text);
  }
  DROP(x, w, y);
  return NULL;
}

START_TEST(threads_may_call_the_same_operator) {
  FOR_EACH_CONTEXT(c) {
    pthread_t thread[4];
    job jobs[4];
    for (int i = 0; i < 4; i++) {
      jobs[i] = (job){ .context = c, .scale = (float)(i + 1) };
      ck_assert_int_eq(pthread_create(&thread[i], NULL, many, &jobs[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
      pthread_join(thread[i], NULL);
      ck_assert_msg(!jobs[i].failed, "%s", jobs[i].text);
    }
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("op");
  TCase *tests = tcase_create("op");
  tcase_set_timeout(tests, 600); /* drivers that compile slowly */
  tcase_add_test(tests, a_dilated_convolution_and_its_gradients);
  tcase_add_test(tests, a_transposed_convolution_and_its_gradients);
  tcase_add_test(tests, max_pooling_there_and_back);
  tcase_add_test(tests, resizing_there_and_back);
  tcase_add_test(tests, a_matrix_product);
  tcase_add_test(tests, softmax_there_and_back);
  tcase_add_test(tests, a_recurrent_layer_there_and_back);
  tcase_add_test(tests, what_does_not_go_together_is_refused_with_a_sentence);
  tcase_add_test(tests, threads_may_call_the_same_operator);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, getenv("CK_TAP_LOG_FILE_NAME") ? CK_SILENT : CK_ENV);
  const int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  for (int i = 0; i < 2; i++) atr_context_destroy(contexts[i]);
  return getenv("CK_TAP_LOG_FILE_NAME") ? 0 : failed != 0;
}
