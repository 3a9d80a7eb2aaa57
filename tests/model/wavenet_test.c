/* wavenet_test.c: the WaveNet of <atrous/sequence.h> against its formula written out in double, on the host
 * and on the device; what it depends on; what it refuses; and μ-law against numbers worked by hand. */
#include "tests/test.h"

#include <math.h>

#include <atrous.h>

#include "model/graph.h"

enum { STEPS = 29 };

static const atr_value NONE = { 0 };

/* Initial values of net.NODE.PART, or net.K.NODE.PART; biases are made something else than 0. */
static float *weight(atr_model *m, int64_t k, const char *node, const char *part) {
  char name[64], layer[24] = "";
  if (k >= 0) snprintf(layer, sizeof layer, "%lld.", (long long)k);
  snprintf(name, sizeof name, "net.%s%s.%s", layer, node, part);
  const int id = atr__model_find(m, name);
  ck_assert_msg(id != 0, "there is no \"%s\"", name);
  float *data = atr__model_at(m, id)->init->data;
  if (!strcmp(part, "bias"))
    for (int64_t i = 0; i < atr__model_at(m, id)->init->count; i++) data[i] = 0.1f * (float)(i % 5 - 2);
  return data;
}

/* y[oc][t] += Σ w[oc][c][j]·x[c][t - (taps-1-j)·d] + b. */
static void convolve(double *y, int64_t oc, const double *x, int64_t c, int64_t taps, int64_t d,
                     const float *w, const float *b) {
  for (int64_t o = 0; o < oc; o++)
    for (int64_t t = 0; t < STEPS; t++) {
      double sum = b ? (double)b[o] : 0;
      for (int64_t i = 0; i < c; i++)
        for (int64_t j = 0; j < taps; j++) {
          const int64_t at = t - (taps - 1 - j) * d;
          if (at >= 0) sum += (double)w[(o * c + i) * taps + j] * x[i * STEPS + at];
        }
      y[o * STEPS + t] += sum;
    }
}

static void formula(atr_model *m, const atr_wavenet_params *p, int64_t c, const double *x, int64_t conditions,
                    const double *y, double *out) {
  const int64_t r = p->residual;
  double *h = calloc((size_t)(r * STEPS), sizeof *h), *z = calloc((size_t)(r * STEPS), sizeof *z);
  double *s = calloc((size_t)(p->skip * STEPS), sizeof *s), *q = calloc((size_t)(p->head * STEPS), sizeof *q);
  double *both = calloc((size_t)(2 * r * STEPS), sizeof *both);
#define BIAS(k, node) (p->bias ? weight(m, k, node, "bias") : NULL)
  convolve(h, r, x, c, p->filter, 1, weight(m, -1, "in", "weight"), BIAS(-1, "in"));
  for (int64_t k = 0; k < p->layers * p->stacks; k++) {
    memset(both, 0, (size_t)(2 * r * STEPS) * sizeof *both);
    convolve(both, 2 * r, h, r, p->filter, (int64_t)1 << k % p->layers, weight(m, k, "gate", "weight"),
             BIAS(k, "gate"));
    if (conditions) convolve(both, 2 * r, y, conditions, 1, 1, weight(m, k, "condition", "weight"), NULL);
    for (int64_t i = 0; i < r * STEPS; i++) z[i] = tanh(both[i]) / (1 + exp(-both[r * STEPS + i]));
    if (k + 1 < p->layers * p->stacks)
      convolve(h, r, z, r, 1, 1, weight(m, k, "residual", "weight"), BIAS(k, "residual"));
    convolve(s, p->skip, z, r, 1, 1, weight(m, k, "skip", "weight"), BIAS(k, "skip"));
  }
  for (int64_t i = 0; i < p->skip * STEPS; i++) s[i] = fmax(s[i], 0);
  convolve(q, p->head, s, p->skip, 1, 1, weight(m, -1, "head", "weight"), BIAS(-1, "head"));
  for (int64_t i = 0; i < p->head * STEPS; i++) q[i] = fmax(q[i], 0);
  memset(out, 0, (size_t)(p->out_channels * STEPS) * sizeof *out);
  convolve(out, p->out_channels, q, p->head, 1, 1, weight(m, -1, "out", "weight"), BIAS(-1, "out"));
#undef BIAS
  free(h), free(z), free(s), free(q), free(both);
}

/* condition: 0 none, 1 one a step, 2 one of the whole sequence. */
static void agrees(const atr_wavenet_params *p, int64_t c, int condition) {
  enum { CONDITIONS = 3 };
  atr_error error = ATR_ERROR_INIT;
  atr_model *m;
  must(atr_model_create(4, &error, &m));
  const atr_shape shape[2] = { { 3, { 2, c, STEPS } }, { 3, { 2, CONDITIONS, condition == 2 ? 1 : STEPS } } };
  const atr_shape free_shape[2] = { { 3, { -1, c, -1 } },
                                    { 3, { -1, CONDITIONS, condition == 2 ? 1 : -1 } } };
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, &free_shape[0]);
  const atr_value y = condition ? atr_model_add_input(m, "y", ATR_F32, &free_shape[1]) : NONE;
  atr_model_add_output(m, "out", atr_model_wavenet(m, p, x, y));
  must(atr_model_check(m, &error));
  const size_t nx = (size_t)(2 * c * STEPS), ny = (size_t)(2 * CONDITIONS * shape[1].dim[2]),
               n = (size_t)(p->out_channels * STEPS);
  float *given = calloc(nx + ny, sizeof *given), *got = calloc(2 * n, sizeof *got);
  double *wide = calloc((size_t)(c + CONDITIONS) * STEPS, sizeof *wide), *want = calloc(2 * n, sizeof *want);
  for (size_t i = 0; i < nx + ny; i++) given[i] = (float)((i * 37 + 11) % 101) / 50 - 1;
  for (int64_t sample = 0; sample < 2; sample++) {
    double *wide_y = wide + c * STEPS;
    for (int64_t i = 0; i < c * STEPS; i++) wide[i] = (double)given[sample * c * STEPS + i];
    for (int64_t i = 0; i < CONDITIONS * STEPS; i++)
      wide_y[i] = (double)given[(int64_t)nx + sample * (int64_t)ny / 2 + (condition == 2 ? i / STEPS : i)];
    formula(m, p, c, wide, condition ? CONDITIONS : 0, wide_y, want + sample * (int64_t)n);
  }
  for (int device = 0; device <= test_opencl(); device++) {
    atr_context *context = test_open(device ? test_device() : "host", NULL);
    atr_plan *plan;
    atr_run *run;
    must(atr_plan_create(m, context, shape, condition ? 2 : 1, NULL, &error, &plan));
    must(atr_run_create(plan, &error, &run));
    run_must(run, atr_run_write(run, "x", given, nx * sizeof *given));
    if (condition) run_must(run, atr_run_write(run, "y", given + nx, ny * sizeof *given));
    run_must(run, atr_run_execute(run));
    run_must(run, atr_run_read(run, "out", got, 2 * n * sizeof *got));
    for (size_t i = 0; i < 2 * n; i++)
      ck_assert_msg(fabs((double)got[i] - want[i]) <= 1e-5 * fmax(1, fabs(want[i])),
                    "condition %d, device %d, element %zu: %.9g, must be %.9g", condition, device, i,
                    (double)got[i], want[i]);
    atr_run_destroy(run);
    atr_plan_destroy(plan);
    atr_context_destroy(context);
  }
  free(given), free(got), free(wide), free(want);
  atr_model_destroy(m);
}

static atr_wavenet_params small(int64_t residual, int64_t filter, int64_t layers, int64_t stacks) {
  atr_wavenet_params p = ATR_WAVENET_PARAMS_INIT;
  p.name = "net";
  p.residual = residual, p.skip = 7, p.head = 5, p.out_channels = 3;
  p.filter = filter, p.layers = layers, p.stacks = stacks;
  return p;
}

START_TEST(wavenet_is_its_formula_on_the_host_and_the_device) {
  atr_wavenet_params p = small(5, 2, 3, 2);
  for (int condition = 0; condition < 3; condition++) agrees(&p, 3, condition);
  p = small(1, 1, 1, 1);
  p.skip = p.head = p.out_channels = 1;
  p.bias = 0;
  agrees(&p, 1, 0);
  p = small(16, 3, 4, 1); /* dilated beyond the sequence */
  agrees(&p, 2, 1);
}
END_TEST

START_TEST(wavenet_depends_on_as_many_steps_as_promised) {
  static const int64_t sizes[][4] = { { 2, 10, 1, 1025 }, { 2, 3, 2, 16 }, { 3, 4, 1, 33 }, { 1, 5, 3, 1 } };
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
    atr_error error = ATR_ERROR_INIT;
    atr_model *m;
    must(atr_model_create(4, &error, &m));
    const atr_wavenet_params p = small(2, sizes[k][0], sizes[k][1], sizes[k][2]);
    const atr_shape shape = { 3, { -1, 1, -1 } };
    atr_model_add_output(m, "y",
                         atr_model_wavenet(m, &p, atr_model_add_input(m, "x", ATR_F32, &shape), NONE));
    must(atr_model_check(m, &error));
    ck_assert_int_eq(atr_model_receptive_field(m, 2), sizes[k][3]);
    atr_model_destroy(m);
  }
}
END_TEST

START_TEST(wavenet_refuses_sizes_that_are_none) {
  for (int k = 0; k < 4; k++) {
    atr_error error = ATR_ERROR_INIT;
    atr_model *m;
    must(atr_model_create(4, &error, &m));
    atr_wavenet_params p = small(2, 2, k == 1 ? 31 : 2, 1);
    if (k == 0) p.skip = 0;
    const atr_shape shape = { 3, { -1, k == 3 ? 0 : 1, -1 } }, flat = { 2, { 1, 1 } };
    const atr_value x = atr_model_add_input(m, "x", ATR_F32, k == 2 ? &flat : &shape);
    ck_assert_int_eq(atr_model_wavenet(m, &p, x, NONE).id, 0);
    atr_model_add_output(m, "y", x);
    must_fail(atr_model_check(m, &error), k == 2 ? ATR_E_SHAPE : ATR_E_PARAM,
              k == 0   ? "0 skip"
              : k == 1 ? "31 layers"
              : k == 2 ? "rank must be 3"
                       : "0 input");
    atr_model_destroy(m);
  }
}
END_TEST

/* f(0.1) = ln 26.5 / ln 256 = 0.59099…, so 1.59099…/2 · 255 + 0.5 = 203.35… */
START_TEST(mu_law_gives_the_classes_worked_by_hand_and_comes_back) {
  ck_assert_int_eq(atr_mu_law_encode(0, 256), 128);
  ck_assert_int_eq(atr_mu_law_encode(0.1f, 256), 203);
  ck_assert_int_eq(atr_mu_law_encode(-0.1f, 256), 52); /* 0.40901/2 · 255 + 0.5 = 52.6 */
  ck_assert_int_eq(atr_mu_law_encode(1, 256), 255);
  ck_assert_int_eq(atr_mu_law_encode(-1, 256), 0);
  ck_assert_int_eq(atr_mu_law_encode(7, 256), 255);
  ck_assert_int_eq(atr_mu_law_encode(-INFINITY, 256), 0);
  ck_assert_int_eq(atr_mu_law_encode(NAN, 256), 128);
  ck_assert_float_eq(atr_mu_law_decode(0, 256), -1);
  ck_assert_float_eq(atr_mu_law_decode(255, 256), 1);
  ck_assert_float_eq(atr_mu_law_decode(-3, 256), -1);
  ck_assert_float_eq(atr_mu_law_decode(300, 256), 1);
  /* (256^(1/255) - 1)/255: half a class above the middle */
  ck_assert_double_eq_tol((double)atr_mu_law_decode(128, 256), 8.621e-5, 1e-8);
  static const int32_t levels[] = { 2, 3, 16, 255, 256, 65536 };
  for (size_t k = 0; k < sizeof levels / sizeof *levels; k++)
    for (int32_t code = 0; code < levels[k]; code++)
      ck_assert_int_eq(atr_mu_law_encode(atr_mu_law_decode(code, levels[k]), levels[k]), code);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
    wavenet_is_its_formula_on_the_host_and_the_device,
    wavenet_depends_on_as_many_steps_as_promised,
    wavenet_refuses_sizes_that_are_none,
    mu_law_gives_the_classes_worked_by_hand_and_comes_back,
  };
  return test_run(test_suite("wavenet", tests, sizeof tests / sizeof *tests, 240));
}
