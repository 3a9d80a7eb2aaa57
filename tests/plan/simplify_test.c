/* simplify_test.c: what the planner leaves out changes nothing. The oracle is a plan that keeps every tensor,
 * in which nothing is left out: the same bits on the host, and within rounding where a device's rows differ.
 */
#include "net.h"

#include <math.h>

#include "plan/plan.h"

enum { SIDE = 13, CHANNELS = 5, MOST = 1 << 16 };

typedef atr_value body(atr_model *m, atr_value x);

typedef struct {
  const char *name, *gone; /* an operator of which none is left, or (kept) all are */
  body *build;
  int kept;
} example;

static atr_value one(atr_model *m, const char *op, atr_value x) {
  return atr_model_add(m, NULL, op, NULL, &x, 1, NULL, 0, NULL, 1);
}

static atr_value padded(atr_model *m, atr_value x, const int64_t pads[8], const float *constant) {
  const atr_shape eight = { 1, { 8 } }, scalar = { 0 };
  const atr_value in[] = { x, atr_model_add_tensor(m, NULL, ATR_I64, &eight, pads, 0),
                           constant ? atr_model_add_tensor(m, NULL, ATR_F32, &scalar, constant, 0)
                                    : (atr_value){ 0 } };
  return atr_model_add(m, NULL, "Pad", NULL, in, constant ? 3 : 2, NULL, 0, NULL, 1);
}

static atr_value convolved(atr_model *m, atr_value x, int64_t stride, int64_t pad, int64_t dilation) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.out_channels = 18;
  for (int i = 0; i < 2; i++) {
    p.filter[i] = 3;
    p.stride[i] = stride;
    p.dilation[i] = dilation;
    p.pads[i] = p.pads[2 + i] = pad;
  }
  return atr_model_conv(m, &p, x);
}

static atr_value pooled(atr_model *m, const char *op, atr_value x, int64_t pad, int count_pad, int ceil) {
  const int64_t shape[] = { 3, 3 }, strides[] = { 2, 2 }, pads[] = { pad, pad, pad, pad };
  const atr_attribute list[] = { { "kernel_shape", ATR_ATTRIBUTE_INTS, 0, 0, NULL, shape, NULL, 2, NULL },
                                 { "strides", ATR_ATTRIBUTE_INTS, 0, 0, NULL, strides, NULL, 2, NULL },
                                 { "pads", ATR_ATTRIBUTE_INTS, 0, 0, NULL, pads, NULL, 4, NULL },
                                 { "ceil_mode", ATR_ATTRIBUTE_INT, ceil, 0, NULL, NULL, NULL, 0, NULL },
                                 { "count_include_pad", ATR_ATTRIBUTE_INT, count_pad, 0, NULL, NULL, NULL, 0,
                                   NULL } };
  return atr_model_add(m, NULL, op, NULL, &x, 1, list, strcmp(op, "MaxPool") ? 5 : 4, NULL, 1);
}

static const int64_t around[8] = { 0, 0, 1, 1, 0, 0, 1, 1 }, uneven[8] = { 0, 0, 2, 0, 0, 0, 1, 2 };
static const int64_t none[8] = { 0 }, channels[8] = { 0, 1, 1, 1, 0, 0, 1, 1 };
static const int64_t crop[8] = { 0, 0, -1, 1, 0, 0, 1, 1 }, far[8] = { 0, 0, 3, 3, 0, 0, 3, 3 };
static const float lowest = -INFINITY, half = 0.5f, zero = 0;

static atr_value identities(atr_model *m, atr_value x) {
  const atr_value y = one(m, "Identity", atr_model_relu(m, one(m, "Identity", convolved(m, x, 1, 1, 1))));
  return one(m, "Identity", atr_model_add2(m, y, one(m, "Identity", y)));
}
static atr_value dropout(atr_model *m, atr_value x) {
  return atr_model_relu(m, atr_model_dropout(m, 0.5f, convolved(m, x, 1, 1, 1)));
}
static atr_value pad_nothing(atr_model *m, atr_value x) {
  return atr_model_relu(m, padded(m, x, none, &half));
}
static atr_value pad_conv(atr_model *m, atr_value x) {
  return convolved(m, padded(m, x, around, NULL), 1, 0, 1);
}
static atr_value pad_strided(atr_model *m, atr_value x) {
  return convolved(m, padded(m, x, uneven, &zero), 2, 0, 1);
}
static atr_value pad_dilated(atr_model *m, atr_value x) {
  return convolved(m, padded(m, x, far, &zero), 1, 1, 4);
}
static atr_value pad_two(atr_model *m, atr_value x) {
  const atr_value p = padded(m, x, around, NULL);
  return atr_model_add2(m, convolved(m, p, 1, 0, 1), convolved(m, p, 1, 1, 2));
}
static atr_value pad_max(atr_model *m, atr_value x) {
  return pooled(m, "MaxPool", padded(m, atr_model_relu(m, x), around, NULL), 0, 0, 0);
}
static atr_value pad_max_lowest(atr_model *m, atr_value x) {
  return pooled(m, "MaxPool", padded(m, x, around, &lowest), 0, 0, 1);
}
static atr_value pad_mean(atr_model *m, atr_value x) {
  return pooled(m, "AveragePool", padded(m, x, around, NULL), 0, 0, 1);
}
static atr_value pad_mean_counted(atr_model *m, atr_value x) {
  return pooled(m, "AveragePool", padded(m, x, around, NULL), 1, 1, 0);
}
/* What must stay. */
static atr_value pad_half(atr_model *m, atr_value x) {
  return convolved(m, padded(m, x, around, &half), 1, 0, 1);
}
static atr_value pad_channels(atr_model *m, atr_value x) {
  return convolved(m, padded(m, x, channels, NULL), 1, 0, 1);
}
static atr_value pad_crop(atr_model *m, atr_value x) {
  return convolved(m, padded(m, x, crop, NULL), 1, 0, 1);
}
static atr_value pad_far(atr_model *m, atr_value x) {
  return convolved(m, padded(m, x, far, NULL), 1, 0, 1);
}
static atr_value pad_shared(atr_model *m, atr_value x) {
  const atr_value p = padded(m, x, around, NULL);
  atr_model_add_output(m, "other", atr_model_relu(m, p));
  return convolved(m, p, 1, 0, 1);
}
static atr_value pad_max_of_signed(atr_model *m, atr_value x) {
  return pooled(m, "MaxPool", padded(m, x, around, NULL), 0, 0, 0);
}
/* The last windows of a row meet nothing but padding. */
static atr_value pad_max_outside(atr_model *m, atr_value x) {
  return pooled(m, "MaxPool", padded(m, x, uneven, &lowest), 0, 0, 1);
}
static atr_value pad_mean_uncounted(atr_model *m, atr_value x) {
  return pooled(m, "AveragePool", padded(m, x, around, NULL), 1, 0, 0);
}
static atr_value identity_of_input(atr_model *m, atr_value x) {
  return one(m, "Identity", x);
}
/* Planes of one column: the first by a long filter, whose stretch of input is beyond what pictures need. */
static atr_value columns(atr_model *m, atr_value x) {
  const int64_t column[] = { 0, 0, -1, 1 };
  atr_conv_params p = ATR_CONV_PARAMS_INIT, q = ATR_CONV_PARAMS_INIT;
  p.out_channels = q.out_channels = 18;
  p.filter[0] = 40;
  p.stride[0] = 4;
  p.pads[0] = 20, p.pads[2] = 19;
  q.filter[0] = 3;
  q.dilation[0] = 2;
  q.pads[0] = q.pads[2] = 2;
  return atr_model_conv(m, &q, atr_model_relu(m, atr_model_conv(m, &p, atr_model_reshape(m, column, 4, x))));
}

static const example examples[] = {
  { "identities", "Identity", identities, 0 },
  { "dropout", "Dropout", dropout, 0 },
  { "a pad of nothing", "Pad", pad_nothing, 0 },
  { "pad, convolution", "Pad", pad_conv, 0 },
  { "uneven pad, stride", "Pad", pad_strided, 0 },
  { "pad, padded and dilated convolution", "Pad", pad_dilated, 0 },
  { "pad, two convolutions", "Pad", pad_two, 0 },
  { "relu, pad, greatest", "Pad", pad_max, 0 },
  { "pad of minus infinity, greatest", "Pad", pad_max_lowest, 0 },
  { "pad, mean", "Pad", pad_mean, 0 },
  { "pad, mean that counts its own", "Pad", pad_mean_counted, 0 },
  { "pad of a half", "Pad", pad_half, 1 },
  { "pad of channels", "Pad", pad_channels, 1 },
  { "pad that crops", "Pad", pad_crop, 1 },
  { "pad beyond the filter's reach", "Pad", pad_far, 1 },
  { "pad that another node reads", "Pad", pad_shared, 1 },
  { "pad, greatest of signed numbers", "Pad", pad_max_of_signed, 1 },
  { "pad, windows within it", "Pad", pad_max_outside, 1 },
  { "pad, mean that does not count its own", "Pad", pad_mean_uncounted, 1 },
  { "columns", "Conv", columns, 1 },
  { "an output that is an input", "Identity", identity_of_input, 1 },
};

static size_t count(const atr_plan *plan, const char *op) {
  size_t n = 0;
  for (size_t k = 0; k < plan->n_steps; k++) n += !strcmp(plan->steps[k].op->name, op);
  return n;
}

static size_t run(const atr_model *m, const example *e, atr_context *context, int keep_all, float *y) {
  atr_error error = ATR_ERROR_INIT;
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  const atr_shape shape = net_image(2, CHANNELS, SIDE, SIDE + 1);
  const size_t n_in = net_count(&shape);
  atr_plan *plan;
  atr_run *run;
  options.keep_all = keep_all;
  must(atr_plan_create(m, context, &shape, 1, &options, &error, &plan));
  const size_t left = count(plan, e->gone);
  ck_assert_msg(keep_all || e->kept ? left > 0 : left == 0, "%s: %zu of %s are left", e->name, left, e->gone);
  ck_assert_uint_le(atr_plan_memory(plan) - plan->n_words * sizeof *plan->words, atr_plan_memory_apart(plan));
  must(atr_run_create(plan, &error, &run));
  const atr_shape out = atr_plan_output(plan, atr_plan_output(plan, 1).name ? 1 : 0).shape;
  const size_t n = net_count(&out);
  ck_assert_uint_le(n, MOST);
  float *x = net_fill(n_in, 7);
  run_must(run, atr_run_write(run, "x", x, n_in * sizeof *x));
  for (int twice = 0; twice < 2; twice++) { /* what is in place does not spoil what is read again */
    run_must(run, atr_run_execute(run));
    run_must(run, atr_run_read(run, "y", y, n * sizeof *y));
  }
  free(x);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  return n;
}

static void agree(atr_context *context, const example *e) {
  static float got[MOST], want[MOST];
  atr_error error = ATR_ERROR_INIT;
  atr_model *m;
  const atr_shape shape = net_image(-1, CHANNELS, -1, -1);
  must(atr_model_create(3, &error, &m));
  atr_model_add_output(m, "y", e->build(m, atr_model_add_input(m, "x", ATR_F32, &shape)));
  must(atr_model_check(m, &error));
  const size_t n = run(m, e, context, 1, want);
  ck_assert_uint_eq(run(m, e, context, 0, got), n);
  const int exact = context->backend == &atr__backend_host;
  for (size_t i = 0; i < n; i++)
    ck_assert_msg(exact ? !memcmp(&got[i], &want[i], sizeof *got)
                        : fabsf(got[i] - want[i]) <= 1e-5f || memcmp(&got[i], &want[i], sizeof *got) == 0,
                  "%s: at %zu %.9g, must be %.9g", e->name, i, (double)got[i], (double)want[i]);
  atr_model_destroy(m);
}

static void all(atr_context *context) {
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) agree(context, &examples[i]);
}
START_TEST(what_is_left_out_changes_nothing_and_what_matters_stays) {
  net_everywhere(all);
}
END_TEST

/* A Reshape in the middle has the storage of what it reads, though that is read again behind it. */
static void views(atr_context *context) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m;
  const atr_shape shape = { 2, { 6, 10 } };
  const int64_t flat[] = { -1 }, back[] = { 6, 10 };
  atr_plan *plan;
  atr_run *run;
  must(atr_model_create(3, &error, &m));
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape), a = atr_model_relu(m, x);
  const atr_value b = atr_model_sigmoid(m, atr_model_reshape(m, flat, 1, a)); /* may not overwrite a */
  atr_model_add_output(m, "y", atr_model_add2(m, a, atr_model_reshape(m, back, 2, b)));
  must(atr_model_check(m, &error));
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
  size_t shared = 0;
  for (size_t k = 0; k < plan->n_steps; k++) {
    if (strcmp(plan->steps[k].op->name, "Reshape") != 0) continue;
    shared += plan->slots[plan->steps[k].in[0]].storage == plan->slots[plan->steps[k].out[0]].storage;
    ck_assert_uint_eq(plan->steps[k].n_launches, 0);
  }
  ck_assert_uint_eq(shared, 2);
  must(atr_run_create(plan, &error, &run));
  float *in = net_fill(60, 2), *y = net_run(run, "x", in, 60, "y", 60);
  for (int i = 0; i < 60; i++) {
    const float r = fmaxf(in[i], 0);
    ck_assert_float_eq_tol(y[i], r + 1 / (1 + expf(-r)), 1e-6f);
  }
  free(in);
  free(y);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
}
START_TEST(a_reshape_is_a_view) {
  net_everywhere(views);
}
END_TEST

int main(void) {
  const TTest *const tests[] = { what_is_left_out_changes_nothing_and_what_matters_stays,
                                 a_reshape_is_a_view };
  return test_run(test_suite("simplify", tests, sizeof tests / sizeof *tests, 300));
}
