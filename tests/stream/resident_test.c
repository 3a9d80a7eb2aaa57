/* resident_test.c: streams whose kernel stays on the device: the oracle is the stream on the host, whose bits
 * they give under ATR_MATH_EXACT where no function of the device's is in between, and the whole sequence at
 * once. What happens between a kernel that leaves and steps that come, and what is refused. */
#include "config.h"

#include "tests/test.h"

#include <math.h>
#include <sys/resource.h>

#include <atrous.h>

#include "base/alloc.h"
#include "base/random.h"
#ifdef ATR_HAVE_OPENCL
#include "backend/opencl/fault.h"
#endif

enum { STEPS = 601, MOST = 40 }; /* the longest filter here looks back 512 steps */

static const atr_value NONE = { 0 };

static atr_model *begin(int64_t channels, atr_value *x) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *model;
  const atr_shape shape = { 3, { 1, channels, -1 } };
  must(atr_model_create(7, &error, &model));
  *x = atr_model_add_input(model, "x", ATR_F32, &shape);
  return model;
}

static atr_model *done(atr_model *m, atr_value y) {
  atr_error error = ATR_ERROR_INIT;
  atr_model_add_output(m, "y", y);
  must(atr_model_check(m, &error));
  return m;
}

static atr_value conv(atr_model *m, const char *name, atr_value x, int64_t oc, int64_t k, int64_t d) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.name = name;
  p.out_channels = oc;
  p.filter[0] = k;
  p.dilation[0] = d;
  p.pad = ATR_PAD_CAUSAL;
  return atr_model_conv(m, &p, x);
}

/* A residual layer: of wide filters, then of single taps. */
static atr_value layer(atr_model *m, atr_value x, int64_t channels, int64_t k, int64_t d) {
  const atr_value h = atr_model_relu(m, conv(m, NULL, x, channels, k, d));
  return atr_model_add2(m, x, conv(m, NULL, h, channels, 1, 1));
}

static atr_value node(atr_model *m, const char *op, atr_value a, atr_value b) {
  const atr_value in[2] = { a, b };
  return atr_model_add(m, NULL, op, NULL, in, b.id ? 2 : 1, NULL, 0, NULL, 0);
}

static float *numbers(size_t n) {
  atr__random random;
  float *x = malloc(n * sizeof *x);
  atr__random_seed(&random, 3, 1);
  for (size_t i = 0; i < n; i++) x[i] = 4 * atr__random_uniform(&random) - 2;
  return x;
}

/* The processor's OpenCL device with so many threads; its threads are made at its first use in this process.
 */
static atr_context *device_of(const char *threads) {
  setenv("POCL_MAX_PTHREAD_COUNT", threads, 1);
  return test_open(test_device(), NULL);
}

/* NULL context: on the host. */
static atr_stream *open_stream(const atr_model *m, atr_context *context, atr_math math, size_t max_block,
                               unsigned idle_us) {
  atr_error error = ATR_ERROR_INIT;
  atr_stream_options options = ATR_STREAM_OPTIONS_INIT;
  atr_stream *stream;
  options.math = math;
  options.max_block = max_block;
  options.resident = context;
  options.idle_us = idle_us;
  must(atr_stream_create(m, &options, &error, &stream));
  return stream;
}

static void push(atr_stream *s, const float *x, float *y, size_t steps) {
  const atr_status status = atr_stream_push(s, x, y, steps);
  ck_assert_msg(!status, "%s", atr_stream_error(s));
}

/* All steps in blocks of the sizes listed (ended by 0, then round again). */
static float *pushed(atr_stream *s, const float *x, const size_t *blocks) {
  const atr_stream_info info = atr_stream_get_info(s);
  float *y = malloc(STEPS * info.out * sizeof *y);
  for (size_t at = 0, b = 0; at < STEPS;) {
    const size_t n = blocks[b] < STEPS - at ? blocks[b] : STEPS - at;
    push(s, x + at * info.in, y + at * info.out, n);
    at += n;
    if (!blocks[++b]) b = 0;
  }
  return y;
}

static const size_t ONES[] = { 1, 0 }, MIXED[] = { 3, 1, 17, 64, 2, 5, 0 }, WHOLE[] = { STEPS, 0 };

/* How far apart rows may lie: `far` times the largest number; 0: the same bits. */
static void same(const float *want, const float *got, size_t n, float far, const char *what) {
  float most = 1;
  for (size_t i = 0; i < n; i++) most = fmaxf(most, fabsf(want[i]));
  for (size_t i = 0; i < n; i++)
    ck_assert_msg(far > 0 ? fabsf(want[i] - got[i]) <= far * most : !memcmp(&want[i], &got[i], sizeof *got),
                  "%s: number %zu: %.9g, must be %.9g", what, i, (double)got[i], (double)want[i]);
}

/* The whole sequence at once on the device, [channels][steps]. */
static float *at_once(const atr_model *m, atr_context *context, const float *x, size_t in, size_t out) {
  atr_error error = ATR_ERROR_INIT;
  const atr_shape shape = { 3, { 1, (int64_t)in, STEPS } };
  atr_plan *plan;
  atr_run *run;
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  float *turned = malloc(STEPS * (in > out ? in : out) * sizeof *turned),
        *y = malloc(STEPS * out * sizeof *y);
  for (size_t t = 0; t < STEPS; t++)
    for (size_t c = 0; c < in; c++) turned[c * STEPS + t] = x[t * in + c];
  run_must(run, atr_run_write(run, "x", turned, STEPS * in * sizeof *turned));
  run_must(run, atr_run_execute(run));
  run_must(run, atr_run_read(run, "y", turned, STEPS * out * sizeof *turned));
  for (size_t t = 0; t < STEPS; t++)
    for (size_t c = 0; c < out; c++) y[t * out + c] = turned[c * STEPS + t];
  free(turned);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  return y;
}

/* Against the host's stream, by each pattern of blocks, and the device's whole. exact: how far apart the
 * host's and the device's may lie under ATR_MATH_EXACT. The model is destroyed. */
static void agrees(atr_context *context, atr_model *m, float exact, int whole) {
  const size_t *const patterns[] = { ONES, MIXED, WHOLE };
  static const size_t max_blocks[] = { 1, 64, 7 };
  for (int math = 0; math < 2; math++)
    for (size_t i = 0; i < 3; i++) {
      const float far = math ? exact : 1e-5f;
      atr_stream *host = open_stream(m, NULL, math ? ATR_MATH_EXACT : ATR_MATH_FAST, max_blocks[i], 0),
                 *device = open_stream(m, context, math ? ATR_MATH_EXACT : ATR_MATH_FAST, max_blocks[i], 0);
      const atr_stream_info info = atr_stream_get_info(device);
      float *x = numbers(STEPS * info.in), *want = pushed(host, x, patterns[i]),
            *got = pushed(device, x, patterns[i]);
      same(want, got, STEPS * info.out, far, math ? "exact" : "fast");
      ck_assert_int_eq(atr_stream_reset(device, 0), ATR_OK);
      float *again = pushed(device, x, MIXED);
      same(got, again, STEPS * info.out, 0, "in other blocks");
      if (whole && !math) {
        float *once = at_once(m, context, x, info.in, info.out);
        same(once, got, STEPS * info.out, 2e-5f, "at once");
        free(once);
      }
      free(x), free(want), free(got), free(again);
      atr_stream_destroy(host);
      atr_stream_destroy(device);
    }
  atr_model_destroy(m);
}

START_TEST(causal_convolutions_are_the_hosts_bit_for_bit) {
  static const int64_t channels[] = { 1, 3, 16, 20, 33 }, taps[] = { 1, 2, 3, 5 },
                       dilations[] = { 1, 7, 512 };
  if (!test_opencl()) return;
  atr_context *context = device_of("2");
  for (int i = 0; i < 60; i += 7) { /* each value of each with each of the others, mostly */
    const int64_t c = channels[i % 5], k = taps[i / 5 % 4], d = k > 3 ? 100 : dilations[i / 20];
    atr_value x;
    atr_model *m = begin(c, &x);
    agrees(context, done(m, layer(m, x, c, k, d)), 0, i % 2);
  }
  atr_context_destroy(context);
}
END_TEST

START_TEST(a_stack_of_all_dilations_is_the_hosts_bit_for_bit) {
  if (!test_opencl()) return;
  atr_context *context = device_of("2");
  atr_value v;
  atr_model *m = begin(2, &v);
  v = conv(m, NULL, v, 12, 1, 1);
  for (int64_t d = 1; d <= 512; d *= 2) v = layer(m, v, 12, 2, d);
  agrees(context, done(m, conv(m, NULL, v, 1, 1, 1)), 0, 1);
  atr_context_destroy(context);
}
END_TEST

/* WaveNet's gates; skips that are cut to the length of what is left; nothing is said for the first 30 steps.
 */
START_TEST(gates_and_skips_are_the_hosts) {
  if (!test_opencl()) return;
  atr_context *context = device_of("2");
  atr_value x, v, sum = NONE;
  atr_model *m = begin(1, &x);
  v = conv(m, NULL, x, 9, 1, 1);
  for (int64_t d = 1; d <= 8; d *= 2) {
    atr_conv_params p = ATR_CONV_PARAMS_INIT;
    p.out_channels = 18, p.filter[0] = 3, p.dilation[0] = d;
    const atr_value z = atr_model_conv(m, &p, v);
    const atr_value gated = atr_model_mul(m, atr_model_tanh(m, atr_model_slice(m, 1, 0, 9, z)),
                                          atr_model_sigmoid(m, atr_model_slice(m, 1, 9, 18, z)));
    v = atr_model_add2(m, atr_model_slice(m, 2, 2 * d, INT64_MAX, v), conv(m, NULL, gated, 9, 1, 1));
    const atr_value skip = atr_model_slice(m, 2, 2 * (15 - (2 * d - 1)), INT64_MAX, gated);
    sum = sum.id ? atr_model_add2(m, sum, skip) : skip;
  }
  agrees(context, done(m, conv(m, NULL, sum, 1, 1, 1)), 1e-5f, 0);
  atr_context_destroy(context);
}
END_TEST

/* Constants that are repeated, numbers that go elsewhere, a value read several times. */
START_TEST(what_stands_between_convolutions_is_the_hosts) {
  if (!test_opencl()) return;
  atr_context *context = device_of("2");
  static const int64_t turn[] = { 0, 2, 1 };
  const atr_shape by_channel = { 3, { 1, 5, 1 } }, scalar = { 0, { 0 } }, six = { 1, { 6 } };
  const float scale[5] = { 1.5f, -2, 0, 0.25f, 3 }, half = 0.5f;
  const int64_t pads[6] = { 0, 0, 4, 0, 0, -4 };
  atr_value x;
  atr_model *m = begin(5, &x);
  atr_value a = atr_model_mul(m, x, atr_model_add_tensor(m, NULL, ATR_F32, &by_channel, scale, 0));
  const atr_value late = node(m, "Pad", a, atr_model_add_tensor(m, NULL, ATR_I64, &six, pads, 0));
  atr_value b = node(m, "Sub", atr_model_add_tensor(m, NULL, ATR_F32, &scalar, &half, 0), late);
  b = atr_model_leaky_relu(m, 0.1f, atr_model_transpose(m, turn, 3, atr_model_transpose(m, turn, 3, b)));
  const atr_value cut = atr_model_slice(m, 1, 1, 4, a);
  agrees(context, done(m, atr_model_concat(m, 1, (atr_value[]){ b, cut, x }, 3)), 0, 0);
  atr_context_destroy(context);
}
END_TEST

static atr_value recurrent(atr_model *m, int kind, const atr_recurrent_params *p, atr_value x,
                           atr_value initial) {
  return kind == 0   ? atr_model_rnn(m, p, x, initial, NULL)
         : kind == 1 ? atr_model_lstm(m, p, x, initial, NONE, NULL, NULL)
                     : atr_model_gru(m, p, kind == 2, x, initial, NULL);
}

START_TEST(recurrent_layers_are_the_hosts) {
  static const int64_t steps_first[] = { 2, 0, 1 }, hidden[] = { 1, 7, 16, 33 };
  if (!test_opencl()) return;
  atr_context *context = device_of("2");
  for (int kind = 0; kind < 4; kind++)
    for (int i = kind % 2; i < 4; i += 2) {
      atr_recurrent_params p = ATR_RECURRENT_PARAMS_INIT;
      atr_value v;
      atr_model *m = begin(3, &v);
      p.hidden = hidden[i], p.bias = 1;
      v = atr_model_transpose(m, steps_first, 3, conv(m, NULL, v, 5, 2, 3));
      for (int l = 0; l < 2; l++) v = recurrent(m, kind, &p, v, NONE);
      agrees(context, done(m, v), 1e-5f, 0);
    }
  atr_context_destroy(context);
}
END_TEST

/* With states to begin with. Of Relu every bit is the host's. */
START_TEST(recurrent_layers_of_several_samples_are_the_hosts) {
  if (!test_opencl()) return;
  static const char *const relu[] = { "Relu" };
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = device_of("2");
  const atr_shape in = { 3, { -1, 3, 2 } }, shape = { 3, { 1, 3, 9 } };
  float state[27];
  for (int i = 0; i < 27; i++) state[i] = sinf((float)i);
  for (int kind = 0; kind < 4; kind++) {
    atr_recurrent_params p = ATR_RECURRENT_PARAMS_INIT;
    atr_model *m;
    must(atr_model_create(5, &error, &m));
    const atr_value x = atr_model_add_input(m, "x", ATR_F32, &in),
                    initial = atr_model_add_tensor(m, "h0", ATR_F32, &shape, state, 0);
    p.hidden = 9, p.bias = 1;
    if (!kind) p.activations = relu, p.n_activations = 1;
    agrees(context, done(m, recurrent(m, kind, &p, x, initial)), kind ? 1e-5f : 0, 0);
  }
  atr_context_destroy(context);
}
END_TEST

/* Processor time of the whole process, that of the device's threads too. */
static double used_s(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)u.ru_utime.tv_sec + 1e-6 * (double)u.ru_utime.tv_usec;
}

START_TEST(a_kernel_leaves_when_nothing_comes_and_is_there_again) {
  if (!test_opencl()) return;
  atr_context *context = device_of("2");
  atr_value x;
  atr_model *m = begin(4, &x);
  done(m, layer(m, x, 4, 3, 5));
  atr_stream *host = open_stream(m, NULL, ATR_MATH_EXACT, 8, 0),
             *device = open_stream(m, context, ATR_MATH_EXACT, 8, 1000);
  float *in = numbers(4 * MOST), want[4 * MOST], got[4 * MOST];
  push(host, in, want, MOST);
  const double before = used_s();
  for (size_t t = 0; t < MOST; t++) {
    usleep(t % 8 ? 900 : 50000); /* about when it leaves, and long after */
    push(device, in + 4 * t, got + 4 * t, 1);
  }
  same(want, got, 4 * MOST, 0, "after rests");
  usleep(400000);
  ck_assert_msg(used_s() - before < 0.3, "%.2f s of processor time in 0.7 s, nearly all of them rests",
                used_s() - before);
  atr_stream_destroy(host);
  atr_stream_destroy(device);
  atr_model_destroy(m);
  atr_context_destroy(context);
  free(in);
}
END_TEST

START_TEST(streams_and_a_plan_work_beside_each_other) {
  if (!test_opencl()) return;
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = device_of("3");
  atr_value x;
  atr_model *m = begin(4, &x);
  done(m, layer(m, x, 4, 2, 16));
  atr_stream *host = open_stream(m, NULL, ATR_MATH_FAST, 8, 0), *two[2], *third;
  for (int i = 0; i < 2; i++) two[i] = open_stream(m, context, ATR_MATH_FAST, 8, 20000);
  float *in = numbers(4 * STEPS), *want = pushed(host, in, MIXED), *once = NULL, got[2][4 * STEPS];
  for (size_t t = 0; t < STEPS; t++) {
    push(two[0], in + 4 * t, got[0] + 4 * t, 1);
    push(two[1], in + 4 * (STEPS - 1 - t), got[1], 1);
    if (t % 200 == 100) {
      free(once);
      once = at_once(m, context, in, 4, 4);
    }
  }
  same(want, got[0], 4 * STEPS, 1e-5f, "the first of two");
  same(want, once, 4 * STEPS, 2e-5f, "a plan meanwhile");
  must_fail(atr_stream_clone(two[0], &error, &third), ATR_E_UNSUPPORTED, "has 3, of which 2 are kept");
  ck_assert_ptr_null(third);
  atr_stream_destroy(two[1]);
  must(atr_stream_clone(two[0], &error, &third));
  push(two[0], in, got[0], 30);
  push(third, in, got[1], 30);
  same(got[0], got[1], 4 * 30, 0, "a clone");
  atr_context_destroy(context); /* streams keep it */
  atr_stream_destroy(third);
  push(two[0], in, got[0], 1);
  atr_stream_destroy(two[0]);
  atr_stream_destroy(host);
  atr_model_destroy(m);
  free(in), free(want), free(once);
}
END_TEST

/* What a kernel left behind goes on elsewhere, on the host too. */
START_TEST(states_are_those_of_streams_on_the_host) {
  if (!test_opencl()) return;
  atr_context *context = device_of("2");
  atr_value x;
  atr_model *m = begin(3, &x);
  done(m, layer(m, x, 3, 3, 20));
  atr_stream *host = open_stream(m, NULL, ATR_MATH_EXACT, 8, 0),
             *device = open_stream(m, context, ATR_MATH_EXACT, 8, 0);
  const size_t bytes = atr_stream_get_info(device).state_bytes;
  float *in = numbers(3 * 100), want[3 * 100], got[3 * 100];
  char *state = malloc(bytes);
  size_t size;
  push(host, in, want, 100);
  push(device, in, got, 50);
  ck_assert_int_eq(atr_stream_get_state(device, state, bytes, &size), ATR_OK);
  ck_assert_int_eq(atr_stream_set_state(host, state, bytes), ATR_OK);
  push(host, in + 150, got + 150, 50);
  same(want, got, 3 * 100, 0, "device, then host");
  ck_assert_int_eq(atr_stream_reset(device, 0), ATR_OK);
  ck_assert_int_eq(atr_stream_set_state(device, state, bytes), ATR_OK);
  push(device, in + 150, got + 150, 50);
  same(want, got, 3 * 100, 0, "device, then device");
  state[0]++;
  ck_assert_int_eq(atr_stream_set_state(device, state, bytes), ATR_E_FORMAT);
  ck_assert_int_eq(atr_stream_reset(device, 1), ATR_E_PARAM);
  atr_stream_destroy(host);
  atr_stream_destroy(device);
  atr_model_destroy(m);
  atr_context_destroy(context);
  free(in), free(state);
}
END_TEST

START_TEST(a_stream_ends_at_any_moment) {
  if (!test_opencl()) return;
  atr_context *context = device_of("2");
  atr_value x;
  atr_model *m = begin(2, &x);
  done(m, layer(m, x, 2, 2, 3));
  float *in = numbers(2 * MOST), out[2 * MOST];
  for (unsigned i = 0; i < 24; i++) {
    atr_stream *s = open_stream(m, context, ATR_MATH_FAST, 4, i % 3 ? 2000 : 100000);
    if (i % 4) push(s, in, out, i);
    usleep(i % 5 * 600);
    atr_stream_destroy(s);
  }
  atr_stream *forgotten = open_stream(m, context, ATR_MATH_FAST, 4, 100000);
  push(forgotten, in, out, 3);
  free(in);
  exit(0); /* with the kernel there */
}
END_TEST

static void refused(atr_model *m, atr_context *context, const char *words) {
  atr_error error = ATR_ERROR_INIT;
  atr_stream_options options = ATR_STREAM_OPTIONS_INIT;
  atr_stream *stream;
  options.resident = context;
  must_fail(atr_stream_create(m, &options, &error, &stream), ATR_E_UNSUPPORTED, words);
  ck_assert_ptr_null(stream);
  atr_model_destroy(m);
}

START_TEST(the_host_has_no_resident_streams) {
  atr_context *host = test_open("host", NULL);
  atr_value x;
  atr_model *m = begin(2, &x);
  refused(done(m, conv(m, NULL, x, 2, 2, 1)), host, "needs an OpenCL device; this context is on host");
  atr_context_destroy(host);
}
END_TEST

START_TEST(a_device_of_one_thread_has_none) {
  if (!test_opencl()) return;
  atr_context *context = device_of("1");
  atr_value x;
  atr_model *m = begin(2, &x);
  refused(done(m, conv(m, NULL, x, 2, 2, 1)), context, "one must stay free");
  atr_context_destroy(context);
}
END_TEST

START_TEST(other_nodes_are_refused_by_name) {
  if (!test_opencl()) return;
  atr_context *context = device_of("2");
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  atr_value x;
  atr_model *m = begin(4, &x);
  p.name = "grouped", p.out_channels = 4, p.filter[0] = 2, p.pad = ATR_PAD_CAUSAL, p.groups = 2;
  refused(done(m, atr_model_conv(m, &p, x)), context, "\"grouped\" (Conv) is a convolution with groups");
  m = begin(4, &x);
  refused(done(m, atr_model_softmax(m, 1, 1, x)), context,
          "(Softmax) is no operator that the resident kernel");
  m = begin(4, &x);
  refused(done(m, node(m, "Exp", x, NONE)), context, "(Exp) is a function that");
  m = begin(4, &x);
  refused(done(m, atr_model_add2(m, x, atr_model_slice(m, 1, 0, 1, x))), context, "(Add) repeats an operand");
  m = begin(4, &x);
  atr_recurrent_params r = ATR_RECURRENT_PARAMS_INIT;
  const int64_t steps_first[] = { 2, 0, 1 };
  r.name = "clipped", r.hidden = 3, r.clip = 0.5f;
  refused(done(m, recurrent(m, 1, &r, atr_model_transpose(m, steps_first, 3, x), NONE)), context,
          "\"clipped\" (LSTM) has peepholes, gates in common or a clip");
  atr_context_destroy(context);
}
END_TEST

START_TEST(times_out_of_range_are_refused) {
  atr_error error = ATR_ERROR_INIT;
  atr_stream_options options = ATR_STREAM_OPTIONS_INIT;
  atr_stream *stream;
  atr_value x;
  atr_model *m = begin(2, &x);
  done(m, conv(m, NULL, x, 2, 2, 1));
  options.idle_us = 100001;
  must_fail(atr_stream_create(m, &options, &error, &stream), ATR_E_PARAM, "idle_us is 100001");
  atr_model_destroy(m);
}
END_TEST

#ifdef ATR_HAVE_OPENCL
/* Each call of OpenCL in turn, of opening, of a step and of one after a rest. Where waiting fails the kernel
 * may still be there: the driver gives memory back when it has left. */
START_TEST(every_call_of_opencl_may_fail) {
  if (!test_opencl()) return;
  atr_context *context = device_of("2");
  atr_error error = ATR_ERROR_INIT;
  atr_stream_options options = ATR_STREAM_OPTIONS_INIT;
  atr_value x;
  atr_model *m = begin(2, &x);
  done(m, conv(m, NULL, x, 2, 2, 1));
  float in[2] = { 1, 2 }, out[2];
  options.resident = context, options.idle_us = 500;
  atr_stream_destroy(
      open_stream(m, context, ATR_MATH_FAST, 64, 0)); /* what is kept in the context is there */
  const int64_t objects = atr__cl_live(), blocks = atr__alloc_live();
  int failures = 0;
  for (int n = 0, clean = 0; !clean; n++) {
    atr_stream *s = NULL;
    atr__cl_fault_set(n, -5, 1);
    atr_status status = atr_stream_create(m, &options, &error, &s);
    const int opened = !status;
    if (!status) status = atr_stream_push(s, in, out, 1);
    usleep(3000);
    if (!status) status = atr_stream_push(s, in, out, 1);
    if (status && opened) { /* for good */
      atr__cl_fault_set(-1, 0, 0);
      ck_assert_int_eq(atr_stream_push(s, in, out, 1), status);
      ck_assert_str_ne(atr_stream_error(s), "");
    }
    clean = !status;
    failures += !clean;
    atr__cl_fault_set(-1, 0, 0);
    atr_stream_destroy(s);
    ck_assert_msg(atr__cl_live() == objects, "call %d fails: OpenCL objects leak", n);
    for (int i = 0; i < 5000 && atr__alloc_live() != blocks; i++) usleep(1000);
    ck_assert_msg(atr__alloc_live() == blocks, "call %d fails: memory leaks", n);
    ck_assert_msg(clean || status == ATR_E_DEVICE || status == ATR_E_NOMEM, "call %d: %s", n,
                  atr_status_name(status));
  }
  ck_assert_int_gt(failures, 10);
  atr_model_destroy(m);
  atr_context_destroy(context);
}
END_TEST

START_TEST(every_allocation_may_fail) {
  if (!test_opencl()) return;
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = device_of("2");
  atr_stream_options options = ATR_STREAM_OPTIONS_INIT;
  atr_value x;
  atr_model *m = begin(2, &x);
  done(m, atr_model_concat(m, 1, (atr_value[]){ layer(m, x, 2, 2, 1), x }, 2));
  options.resident = context;
  atr_stream_destroy(open_stream(m, context, ATR_MATH_FAST, 64, 0));
  const int64_t live = atr__alloc_live();
  for (int64_t countdown = 0;; countdown++) {
    atr_stream *stream = NULL;
    atr__alloc_fail(countdown, 0);
    const atr_status status = atr_stream_create(m, &options, &error, &stream);
    atr__alloc_fail(-1, 0);
    atr_stream_destroy(stream);
    ck_assert_int_eq(atr__alloc_live(), live);
    if (!status) break;
    ck_assert_msg(status == ATR_E_NOMEM || status == ATR_E_DEVICE, "%s", error.text);
  }
  atr_model_destroy(m);
  atr_context_destroy(context);
}
END_TEST
#endif

int main(void) {
  const TTest *const tests[] = { causal_convolutions_are_the_hosts_bit_for_bit,
                                 a_stack_of_all_dilations_is_the_hosts_bit_for_bit,
                                 gates_and_skips_are_the_hosts,
                                 what_stands_between_convolutions_is_the_hosts,
                                 recurrent_layers_are_the_hosts,
                                 recurrent_layers_of_several_samples_are_the_hosts,
                                 a_kernel_leaves_when_nothing_comes_and_is_there_again,
                                 streams_and_a_plan_work_beside_each_other,
                                 states_are_those_of_streams_on_the_host,
                                 a_stream_ends_at_any_moment,
                                 the_host_has_no_resident_streams,
                                 a_device_of_one_thread_has_none,
                                 other_nodes_are_refused_by_name,
                                 times_out_of_range_are_refused,
#ifdef ATR_HAVE_OPENCL
                                 every_call_of_opencl_may_fail,
                                 every_allocation_may_fail
#endif
  };
  setenv("CK_FORK", "yes", 1); /* how many threads a device has, a process decides once */
  return test_run(test_suite("resident", tests, sizeof tests / sizeof *tests, 300));
}
