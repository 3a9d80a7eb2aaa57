/* fuse_conv_test.c: what the planner joins to a convolution or a transposed one gives what it gives apart:
 * normalization, addition, clipping, on every row there is. The oracle is the host's double build of a plan
 * that keeps every tensor, in which nothing is joined. */
#include "test.h"

#include <math.h>

#include "model/graph.h"
#include "plan/plan.h"
#include "tensor/shape.h"

enum { MOST = 1 << 17 };

static float number(uint32_t i, uint32_t seed) {
  uint32_t v = i * 2654435761u + seed * 40503u;
  v ^= v >> 15;
  v *= 2246822519u;
  v ^= v >> 13;
  return (float)(v >> 8) / 8388608.0f - 1.0f;
}

static atr_value weights(atr_model *m, const char *name, const atr_shape *shape, uint32_t seed, float least) {
  static float data[MOST];
  const uint32_t n = (uint32_t)atr__shape_size(shape);
  ck_assert_uint_le(n, MOST);
  for (uint32_t i = 0; i < n; i++) data[i] = fmaxf(least, number(i, seed));
  return atr_model_add_tensor(m, name, ATR_F32, shape, data, 1);
}

typedef struct {
  const char *name;
  int64_t c, oc, group, h, w, filter, stride, dilation;
  int shortcut; /* the added tensor is another convolution's, made after ours; else the input of ours */
  int transposed;
} example;

static const example examples[] = {
  { "a block of a residual network", 32, 32, 1, 9, 30, 3, 1, 1, 0, 0 },
  { "channels that fill no block", 17, 17, 1, 5, 17, 3, 1, 2, 0, 0 },
  { "a projection", 24, 40, 1, 6, 9, 1, 1, 1, 1, 0 },
  { "a strided block", 16, 33, 1, 15, 29, 3, 2, 1, 1, 0 },
  { "few channels in", 3, 20, 1, 12, 31, 5, 2, 1, 1, 0 },
  { "a filter a channel", 35, 35, 35, 7, 28, 3, 1, 1, 0, 0 },
  { "groups", 8, 8, 2, 7, 18, 3, 1, 1, 0, 0 },
  { "few channels out", 35, 5, 1, 9, 21, 3, 2, 1, 1, 0 },
  { "one channel out of one position more than a tile has", 16, 1, 1, 3, 3, 1, 1, 1, 1, 0 },
  { "rows as wide as one tile", 16, 16, 1, 14, 14, 3, 1, 1, 0, 0 },
  { "far taps, in whole tiles", 16, 16, 1, 25, 64, 3, 1, 12, 0, 0 },
  { "transposed", 20, 20, 1, 6, 19, 3, 1, 2, 0, 1 },
  { "transposed, enlarged", 18, 33, 1, 5, 15, 5, 2, 1, 1, 1 },
  { "transposed, of a filter shorter than the stride", 16, 16, 1, 3, 28, 1, 3, 1, 1, 1 },
  { "transposed, a filter a channel", 35, 35, 35, 7, 28, 3, 1, 1, 0, 1 },
  { "transposed, few channels out", 35, 5, 1, 5, 9, 5, 2, 1, 1, 1 },
  { "transposed, of groups", 12, 6, 3, 4, 17, 3, 2, 1, 1, 1 },
  { "transposed, of groups, narrow", 6, 6, 2, 5, 6, 3, 1, 1, 0, 1 },
};

/* What follows the convolution: an addition with Relu or Clip, or a bias written as an addition before them.
 */
enum { RELU, CLIP, SUMMAND, FORMS };

static atr_value convolution(atr_model *m, const example *e, const char *name, int64_t filter, int bias,
                             atr_value x) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.name = name;
  p.out_channels = e->oc;
  p.groups = e->group;
  p.bias = bias;
  p.filter[0] = p.filter[1] = filter;
  p.stride[0] = p.stride[1] = e->stride;
  p.dilation[0] = p.dilation[1] = e->dilation;
  p.pads[0] = p.pads[1] = p.pads[2] = p.pads[3] = e->dilation * (filter - 1) / 2;
  return e->transposed ? atr_model_conv_transpose(m, &p, x) : atr_model_conv(m, &p, x);
}

/* y = relu or clip(normalized convolution of x + shortcut), and a second convolution behind it, so that rows
 * in channel blocks have something to feed. */
static atr_model *build(const example *e, int form) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m;
  const atr_shape shape = { 4, { 2, e->c, e->h, e->w } }, channels = { 1, { e->oc } }, one = { 0 };
  must(atr_model_create(1, &error, &m));
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape);
  const atr_shape summand = { 4, { 1, e->oc, 1, 1 } };
  atr_value conv = convolution(m, e, "conv", e->filter, form != SUMMAND, x);
  if (form == SUMMAND) conv = atr_model_add2(m, weights(m, "summand", &summand, 5, -1), conv);
  const atr_value in[] = { conv, weights(m, "scale", &channels, 1, -1), weights(m, "shift", &channels, 2, -1),
                           weights(m, "mean", &channels, 3, -1), weights(m, "var", &channels, 4, 0.25f) };
  const atr_value norm = atr_model_add(m, NULL, "BatchNormalization", "norm", in, 5, NULL, 0, NULL, 1);
  const atr_value other = e->shortcut ? convolution(m, e, "shortcut", 1, 1, x) : x;
  const atr_value sum = atr_model_add2(m, form == CLIP ? other : norm, form == CLIP ? norm : other);
  const float low = -0.25f, high = 0.5f;
  const atr_value bounds[] = { sum, atr_model_add_tensor(m, "low", ATR_F32, &one, &low, 0),
                               atr_model_add_tensor(m, "high", ATR_F32, &one, &high, 0) };
  const atr_value y = form == CLIP ? atr_model_add(m, NULL, "Clip", "clip", bounds, 3, NULL, 0, NULL, 1)
                                   : atr_model_relu(m, sum);
  atr_conv_params last = ATR_CONV_PARAMS_INIT;
  last.name = "last";
  last.out_channels = 16;
  atr_model_add_output(m, "y", atr_model_conv(m, &last, y));
  must(atr_model_check(m, &error));
  return m;
}

static size_t count_steps(const atr_plan *plan, const char *op) {
  size_t n = 0;
  for (size_t k = 0; k < plan->n_steps; k++) n += !strcmp(plan->steps[k].op->name, op);
  return n;
}

static void run(const atr_model *m, const example *e, int form, const char *device, const char *row,
                int keep_all, int real64, double *y, size_t *n) {
  static float values[MOST];
  static double reals[MOST];
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = test_open(device, NULL);
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  const atr_shape shape = { 4, { 2, e->c, e->h, e->w } };
  const size_t n_in = (size_t)atr__shape_size(&shape);
  atr_plan *plan;
  atr_run *run;
  options.keep_all = keep_all;
  context->prefer = row;
  must(atr__plan_create(m, context, &shape, 1, &options, real64, &error, &plan));
  ck_assert_uint_eq(count_steps(plan, "BatchNormalization"), keep_all);
  ck_assert_uint_eq(count_steps(plan, "Add"), (form == SUMMAND ? 2 : 1) * keep_all);
  ck_assert_uint_eq(count_steps(plan, "Relu") + count_steps(plan, "Clip"), keep_all);
  ck_assert_uint_eq(count_steps(plan, "NormalizationScale"), !keep_all);
  must(atr_run_create(plan, &error, &run));
  for (size_t i = 0; i < n_in; i++) reals[i] = (double)(values[i] = number((uint32_t)i, 9));
  if (real64)
    run_must(run, atr__run_write_real(run, "x", reals, n_in));
  else
    run_must(run, atr_run_write(run, "x", values, 4 * n_in));
  run_must(run, atr_run_execute(run));
  atr_shape out;
  run_must(run, atr__run_shape(run, "y", ATR_F32, &out));
  *n = (size_t)atr__shape_size(&out);
  ck_assert_uint_le(*n, MOST);
  if (real64)
    run_must(run, atr__run_read_real(run, "y", y, *n));
  else {
    run_must(run, atr_run_read(run, "y", values, 4 * *n));
    for (size_t k = 0; k < *n; k++) y[k] = (double)values[k];
  }
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  context->prefer = NULL;
  atr_context_destroy(context);
}

static void agree(const example *e, int form, const char *device, const char *row, const double *want,
                  size_t n, const atr_model *m) {
  static double got[MOST];
  size_t n_got;
  run(m, e, form, device, row, 0, 0, got, &n_got);
  ck_assert_uint_eq(n_got, n);
  for (size_t k = 0; k < n; k++)
    ck_assert_msg(fabs(got[k] - want[k]) <= 2e-5 * fmax(1, fabs(want[k])),
                  "%s%s at %zu on %s, %s: %.9g, must be %.9g", e->name,
                  form == CLIP      ? ", clipped"
                  : form == SUMMAND ? ", bias added"
                                    : "",
                  k, device, row ? row : "the first row", got[k], want[k]);
}

START_TEST(a_convolution_does_what_follows_it) {
  static double want[MOST];
  static const char *const row[] = { NULL,
                                     "baseline",
                                     "direct_plain",
                                     "direct_plain_unpacked",
                                     "direct_lanes",
                                     "dot_blocked",
                                     "direct_blocked",
                                     "winograd4_blocked",
                                     "winograd4_late_blocked",
                                     "winograd3_blocked",
                                     "winograd2_blocked" };
  const example *e = &examples[_i / FORMS];
  const int form = _i % FORMS;
  size_t n;
  atr_model *m = build(e, form);
  run(m, e, form, "host", NULL, 1, 1, want, &n);
  agree(e, form, "host", NULL, want, n, m);
  for (size_t i = 0; test_opencl() && i < sizeof row / sizeof *row; i++)
    agree(e, form, test_device(), row[i], want, n, m);
  atr_model_destroy(m);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("fuse_conv");
  TCase *cases = tcase_create("fuse_conv");
  tcase_set_timeout(cases, 300);
  tcase_add_loop_test(cases, a_convolution_does_what_follows_it, 0,
                      FORMS * (int)(sizeof examples / sizeof *examples));
  suite_add_tcase(suite, cases);
  return test_run(suite);
}
