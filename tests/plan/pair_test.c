/* pair_test.c: a layer of a residual stack is one step: with the bits of the two convolutions apart (which
 * they are where somebody reads what is between), and near to what the host computes in double. */
#include "test.h"

#include <math.h>

#include "net.h"
#include "plan/plan.h"

typedef struct {
  int64_t n, c, t, filter;
  int causal, clipped,
      normalized; /* clipped: by ReLU behind; normalized: in between, which is no such layer */
} size;

/* "x" [n][c][t] to "y", dilations 1, 2, 4 …; with `shown`, what is inside of every layer is an output too. */
static atr_model *stack(const size *s, int layers, int shown) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = NULL;
  must(atr_model_create(8, &error, &m));
  const atr_shape shape = { 3, { s->n, s->c, s->t } };
  atr_value v = atr_model_add_input(m, "x", ATR_F32, &shape);
  for (int i = 0; i < layers; i++) {
    atr_conv_params p = ATR_CONV_PARAMS_INIT, q = ATR_CONV_PARAMS_INIT;
    char name[16];
    snprintf(name, sizeof name, "d%d", i);
    p.name = name;
    p.out_channels = q.out_channels = s->c;
    p.filter[0] = s->filter;
    p.dilation[0] = (int64_t)1 << i;
    p.pad = s->causal ? ATR_PAD_CAUSAL : ATR_PAD_SAME;
    atr_value h = atr_model_conv(m, &p, v);
    if (s->normalized) h = atr_model_tanh(m, h);
    h = atr_model_relu(m, h);
    if (shown) {
      snprintf(name, sizeof name, "h%d", i);
      atr_model_add_output(m, name, h);
    }
    snprintf(name, sizeof name, "p%d", i);
    q.name = name;
    v = atr_model_add2(m, v, atr_model_conv(m, &q, h));
    if (s->clipped) v = atr_model_relu(m, v);
  }
  atr_model_add_output(m, "y", v);
  must(atr_model_check(m, &error));
  return m;
}

static size_t pairs(const atr_plan *plan) {
  size_t n = 0;
  for (size_t k = 0; k < plan->n_steps; k++) n += plan->steps[k].pair != NULL;
  return n;
}

/* What the stack makes of x; *joined: layers that are one step. */
static float *result(atr_context *context, const size *s, int layers, int shown, const char *prefer,
                     const float *x, size_t *joined) {
  atr_error error = ATR_ERROR_INIT;
  const atr_shape shape = { 3, { s->n, s->c, s->t } };
  atr_model *m = stack(s, layers, shown);
  atr_plan *plan;
  atr_run *run;
  context->prefer = prefer;
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
  context->prefer = NULL;
  must(atr_run_create(plan, &error, &run));
  *joined = pairs(plan);
  float *y = net_run(run, "x", x, net_count(&shape), "y", net_count(&shape));
  free(net_run(run, "x", x, net_count(&shape), "y", net_count(&shape)));
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
  return y;
}

static void check(atr_context *context, const size *s, int layers, const char *prefer) {
  const atr_shape shape = { 3, { s->n, s->c, s->t } };
  const size_t n = net_count(&shape);
  atr_context *host = test_open("host", NULL);
  float *x = net_fill(n, 5);
  size_t joined, none;
  float *y = result(context, s, layers, 0, prefer, x, &joined);
  float *apart = result(context, s, layers, 1, prefer, x, &none);
  float *expected = result(host, s, layers, 1, NULL, x, &none);
  ck_assert_uint_eq(none, 0);
  /* Short series have no 1×1 convolution of their own kind. */
  if (context->device.device_class == ATR__CLASS_CPU && s->t >= 14)
    ck_assert_uint_eq(joined, s->normalized ? 0 : (size_t)layers);
  ck_assert_msg(!memcmp(y, apart, n * sizeof *y), "%d channels of %d, %s", (int)s->c, (int)s->t,
                prefer ? prefer : "as chosen");
  float most = 0;
  for (size_t i = 0; i < n; i++) most = fmaxf(most, fabsf(expected[i]));
  for (size_t i = 0; i < n; i++) ck_assert_float_eq_tol(y[i], expected[i], 2e-5f * most);
  free(x);
  free(y);
  free(apart);
  free(expected);
  atr_context_destroy(host);
}

START_TEST(a_layer_of_a_stack_has_the_bits_of_its_two_convolutions) {
  static const size sizes[] = { { 1, 16, 1, 2, 1, 0, 0 },   { 1, 17, 7, 2, 1, 0, 0 },
                                { 3, 31, 27, 3, 1, 1, 0 },  { 1, 32, 28, 3, 1, 0, 0 },
                                { 2, 32, 29, 2, 1, 1, 0 },  { 1, 48, 131, 3, 0, 0, 0 },
                                { 2, 33, 257, 5, 0, 1, 0 }, { 1, 64, 500, 3, 1, 0, 0 },
                                { 1, 128, 61, 3, 1, 1, 0 }, { 2, 33, 85, 4, 1, 0, 0 },
                                { 1, 65, 113, 2, 0, 1, 0 } };
  if (!test_opencl()) {
    puts("# skipped: no OpenCL");
    return;
  }
  atr_context *context = test_open(test_device(), NULL);
  for (int vector = context->device.vector_floats; vector >= 8;
       vector -= 8) { /* and as a narrower processor has it */
    context->device.vector_floats = vector;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      check(context, &sizes[i], 4, NULL);
      if (sizes[i].filter == 3) check(context, &sizes[i], 4, "winograd4_blocked");
    }
  }
  atr_context_destroy(context);
}
END_TEST

START_TEST(what_is_no_such_layer_stays_apart) {
  static const size sizes[] = { { 1, 32, 40, 3, 1, 0, 1 } };
  if (!test_opencl()) return;
  atr_context *context = test_open(test_device(), NULL);
  check(context, &sizes[0], 2, NULL);
  atr_context_destroy(context);
}
END_TEST

int main(void) {
  const TTest *const tests[] = { a_layer_of_a_stack_has_the_bits_of_its_two_convolutions,
                                 what_is_no_such_layer_stays_apart };
  return test_run(test_suite("pair", tests, sizeof tests / sizeof *tests, 300));
}
