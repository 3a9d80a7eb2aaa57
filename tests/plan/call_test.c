/* call_test.c: what the context keeps of operators called on tensors: nothing is made or allocated twice, the
 * oldest goes, tensors are not kept, ports have no memory of their own, and memory that runs out leaves
 * nothing behind. */
#include "config.h"

#include "net.h"

#include <math.h>

#include "base/alloc.h"
#include "plan/call.h"
#include "plan/run.h"

static atr_tensor *filled(atr_context *context, atr_shape shape, unsigned seed) {
  atr_error error = ATR_ERROR_INIT;
  atr_tensor *t = NULL;
  float *values = net_fill(net_count(&shape), seed);
  must(atr_tensor_create(context, ATR_F32, &shape, &error, &t));
  must(atr_tensor_write(t, values, net_count(&shape) * sizeof *values, &error));
  free(values);
  return t;
}

static void a_second_call(atr_context *context) {
  atr_error error = ATR_ERROR_INIT;
  const atr_conv_params p = ATR_CONV_PARAMS_INIT;
  atr_tensor *x = filled(context, net_image(1, 3, 9, 11), 1), *w = filled(context, net_image(5, 3, 3, 3), 2),
             *y = NULL;
  size_t made = 0;
  must(atr_conv_forward(context, &p, x, w, NULL, &y, &error));
  ck_assert_uint_eq(atr__calls_kept(context, &made), 1);
  must(atr_conv_forward(context, &p, x, w, NULL, &y, &error));
  const int64_t live = atr__alloc_live();
  const uint64_t used = context->memory_used;
  ck_assert_int_eq(atomic_load(&x->references), 1); /* no call keeps a tensor */
  ck_assert_int_eq(atomic_load(&y->references), 1);
  for (int i = 0; i < 3; i++) must(atr_conv_forward(context, &p, x, w, NULL, &y, &error));
  ck_assert_int_eq(atr__alloc_live(), live);
  ck_assert_uint_eq(context->memory_used, used);
  ck_assert_uint_eq(atr__calls_kept(context, &made), 1);
  ck_assert_uint_eq(made, 1);
  atr_conv_params strided = p;
  strided.stride[1] = 2;
  atr_tensor *z = NULL;
  must(atr_conv_forward(context, &strided, x, w, NULL, &z, &error));
  ck_assert_uint_eq(atr__calls_kept(context, &made), 2);
  atr_tensor_destroy(x);
  atr_tensor_destroy(w);
  atr_tensor_destroy(y);
  atr_tensor_destroy(z);
}
START_TEST(a_second_call_makes_and_allocates_nothing) {
  net_everywhere(a_second_call);
}
END_TEST

START_TEST(the_context_keeps_the_last_sixty_four) {
  atr_context *context = test_open("host", NULL);
  atr_error error = ATR_ERROR_INIT;
  size_t made = 0;
  for (int64_t n = 1; n <= 100; n++) {
    const atr_shape shape = { 1, { n } };
    atr_tensor *x = filled(context, shape, 1), *y = NULL;
    must(atr_softmax_forward(context, 0, x, &y, &error));
    atr_tensor_destroy(x);
    atr_tensor_destroy(y);
    ck_assert_uint_eq(atr__calls_kept(context, &made), n < 64 ? (size_t)n : 64);
  }
  ck_assert_uint_eq(made, 100);
  for (int64_t n = 37; n <= 100; n++) { /* these are there */
    const atr_shape shape = { 1, { n } };
    atr_tensor *x = filled(context, shape, 1), *y = NULL;
    must(atr_softmax_forward(context, 0, x, &y, &error));
    atr_tensor_destroy(x);
    atr_tensor_destroy(y);
  }
  atr__calls_kept(context, &made);
  ck_assert_uint_eq(made, 100);
  atr_context_destroy(context);
}
END_TEST

static void no_memory_of_their_own(atr_context *context) {
  atr_error error = ATR_ERROR_INIT;
  atr_tensor *x = filled(context, net_image(2, 8, 256, 256), 1), *y = NULL;
  atr_resize_params p = ATR_RESIZE_PARAMS_INIT;
  p.scale[0] = p.scale[1] = 2;
  must(atr_resize_forward(context, &p, x, &y, &error));
  const uint64_t tensors = (uint64_t)2 * 8 * 256 * 256 * 5 * sizeof(float);
  ck_assert_uint_lt(context->memory_used, tensors + tensors / 20);
  atr_tensor_destroy(x);
  atr_tensor_destroy(y);
}
START_TEST(tensors_of_a_call_take_no_memory_twice) {
  net_everywhere(no_memory_of_their_own);
}
END_TEST

/* Wide enough for the packed rows; the sum is taken here, in double. */
static void wide_convolution(atr_context *context) {
  enum { N = 2, C = 19, H = 17, W = 23, OC = 33 };
  atr_error error = ATR_ERROR_INIT;
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.dilation[0] = p.dilation[1] = 2;
  p.pad = ATR_PAD_SAME;
  float *x = net_fill(N * C * H * W, 3), *w = net_fill(OC * C * 9, 4),
        *y = malloc(N * OC * H * W * sizeof *y);
  ck_assert_ptr_nonnull(y);
  atr_tensor *xt = filled(context, net_image(N, C, H, W), 3),
             *wt = filled(context, net_image(OC, C, 3, 3), 4), *yt = NULL;
  for (int twice = 0; twice < 2; twice++) {
    must(atr_conv_forward(context, &p, xt, wt, NULL, &yt, &error));
    must(atr_tensor_read(yt, y, N * OC * H * W * sizeof *y, &error));
    for (int i = 0; i < N * OC * H * W; i += 37) {
      const int ow = i % W, oh = i / W % H, oc = i / (W * H) % OC, n = i / (W * H * OC);
      double sum = 0;
      for (int c = 0; c < C; c++)
        for (int k = 0; k < 9; k++) {
          const int h = oh + 2 * (k / 3 - 1), v = ow + 2 * (k % 3 - 1);
          if (h >= 0 && h < H && v >= 0 && v < W)
            sum += (double)x[((n * C + c) * H + h) * W + v] * (double)w[(oc * C + c) * 9 + k];
        }
      ck_assert_msg(fabs(sum - (double)y[i]) < 1e-4, "element %d is %g, must be %g", i, (double)y[i], sum);
    }
    for (int i = 0; i < OC * C * 9; i++) w[i] = -2 * w[i]; /* the packed form must follow */
    must(atr_tensor_write(wt, w, OC * C * 9 * sizeof *w, &error));
  }
  atr_tensor_destroy(xt);
  atr_tensor_destroy(wt);
  atr_tensor_destroy(yt);
  free(x), free(w), free(y);
}
START_TEST(packed_weights_follow_the_tensor) {
  net_everywhere(wide_convolution);
}
END_TEST

START_TEST(a_call_that_runs_out_of_memory_can_be_repeated) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = test_open("host", NULL);
  atr_tensor *x = filled(context, net_image(1, 2, 5, 5), 1), *w = filled(context, net_image(3, 2, 3, 3), 2);
  const atr_conv_params p = ATR_CONV_PARAMS_INIT;
  const int64_t live = atr__alloc_live();
  int failures = 0;
  for (int64_t countdown = 0;; countdown++) {
    atr_tensor *y = NULL;
    atr__alloc_fail(countdown, 0);
    const atr_status status = atr_conv_forward(context, &p, x, w, NULL, &y, &error);
    atr__alloc_fail(-1, 0);
    if (!status) {
      atr_tensor_destroy(y);
      break;
    }
    ck_assert_int_eq(status, ATR_E_NOMEM);
    ck_assert_ptr_null(y);
    failures++;
  }
  ck_assert_int_gt(failures, 20);
  atr_tensor_destroy(x);
  atr_tensor_destroy(w);
  atr_context_destroy(context);
  ck_assert_int_lt(atr__alloc_live(), live);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
    a_second_call_makes_and_allocates_nothing,      the_context_keeps_the_last_sixty_four,
    tensors_of_a_call_take_no_memory_twice,         packed_weights_follow_the_tensor,
    a_call_that_runs_out_of_memory_can_be_repeated,
  };
  return test_run(test_suite("call", tests, sizeof tests / sizeof *tests, 120));
}
