/* stream_test.c: streams against whole sequences: the oracle is the plan on the host with ATR_MATH_EXACT,
 * whose bits a stream must give for blocks of any size; what is no stream must be refused with the node's
 * name. */
#include "config.h"

#include "tests/test.h"

#include <math.h>

#include <atrous.h>

#include "base/alloc.h"
#include "base/random.h"

enum { STEPS = 203 };

static const atr_value NONE = { 0 };

static atr_model *begin(void) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *model;
  must(atr_model_create(5, &error, &model));
  return model;
}

static atr_value input(atr_model *m, int rank, int64_t a, int64_t b, int64_t c) {
  const atr_shape shape = { rank, { a, b, c } };
  return atr_model_add_input(m, "x", ATR_F32, &shape);
}

static atr_model *done(atr_model *m, atr_value y) {
  atr_error error = ATR_ERROR_INIT;
  atr_model_add_output(m, "y", y);
  must(atr_model_check(m, &error));
  return m;
}

static atr_value conv(atr_model *m, atr_value x, int64_t oc, int64_t k, int64_t d, int64_t before,
                      int64_t after) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.out_channels = oc;
  p.filter[0] = k;
  p.dilation[0] = d;
  p.pads[0] = before;
  p.pads[1] = after;
  return atr_model_conv(m, &p, x);
}

static atr_value pad_time(atr_model *m, atr_value x, int64_t before, int64_t after) {
  const int64_t pads[6] = { 0, 0, before, 0, 0, after };
  const atr_shape six = { 1, { 6 } };
  const atr_value in[2] = { x, atr_model_add_tensor(m, NULL, ATR_I64, &six, pads, 0) };
  return atr_model_add(m, NULL, "Pad", NULL, in, 2, NULL, 0, NULL, 0);
}

static float *numbers(size_t n) {
  atr__random random;
  float *x = malloc(n * sizeof *x);
  atr__random_seed(&random, 3, 1);
  for (size_t i = 0; i < n; i++) x[i] = 4 * atr__random_uniform(&random) - 2;
  return x;
}

/* The whole sequence at once: rows [t][out], of which there are *rows. `axis` is the input's time axis. */
static float *at_once(const atr_model *model, atr_math math, int axis, const float *x, size_t in,
                      size_t *rows, size_t *out) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = test_open("host", NULL);
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  atr_plan *plan;
  atr_run *run;
  atr_shape shape = atr_model_input(model, 0).shape;
  options.math = math;
  for (int d = 0; d < shape.rank; d++)
    if (shape.dim[d] < 0) shape.dim[d] = 1;
  shape.dim[axis] = STEPS;
  must(atr_plan_create(model, context, &shape, 1, &options, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  size_t inner = 1, outer = in;
  for (int d = axis + 1; d < shape.rank; d++) inner *= (size_t)shape.dim[d];
  outer /= inner;
  float *laid = malloc(STEPS * in * sizeof *laid);
  for (size_t o = 0; o < outer; o++)
    for (size_t t = 0; t < STEPS; t++)
      for (size_t i = 0; i < inner; i++) laid[(o * STEPS + t) * inner + i] = x[t * in + o * inner + i];
  run_must(run, atr_run_write(run, atr_plan_input(plan, 0).name, laid, STEPS * in * sizeof *laid));
  run_must(run, atr_run_execute(run));
  const atr_port port = atr_plan_output(plan, 0);
  int along = -1;
  size_t count = 1;
  for (int d = 0; d < port.shape.rank; d++) {
    count *= (size_t)port.shape.dim[d];
    if (port.shape.dim[d] > STEPS / 2) along = d;
  }
  ck_assert_int_ge(along, 0);
  *rows = (size_t)port.shape.dim[along];
  *out = count / *rows;
  inner = 1;
  for (int d = along + 1; d < port.shape.rank; d++) inner *= (size_t)port.shape.dim[d];
  float *got = malloc(count * sizeof *got), *y = malloc(count * sizeof *y);
  run_must(run, atr_run_read(run, port.name, got, count * sizeof *got));
  for (size_t o = 0; o < *out / inner; o++)
    for (size_t t = 0; t < *rows; t++)
      for (size_t i = 0; i < inner; i++) y[t * *out + o * inner + i] = got[(o * *rows + t) * inner + i];
  free(laid);
  free(got);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_context_destroy(context);
  return y;
}

static atr_stream *open_stream(const atr_model *model, atr_math math, size_t max_block, int settle) {
  atr_error error = ATR_ERROR_INIT;
  atr_stream_options options = ATR_STREAM_OPTIONS_INIT;
  atr_stream *stream;
  options.math = math;
  options.max_block = max_block;
  options.settle = settle;
  must(atr_stream_create(model, &options, &error, &stream));
  return stream;
}

/* Pushes x in blocks of the sizes listed (ended by 0, then round again), without allocating. */
static float *pushed(atr_stream *stream, const float *x, const size_t *blocks) {
  const atr_stream_info info = atr_stream_get_info(stream);
  float *y = malloc(STEPS * info.out * sizeof *y);
  atr__alloc_fail(0, 1);
  size_t done_steps = 0, b = 0;
  atr_status status = ATR_OK;
  while (done_steps < STEPS && !status) {
    size_t n = blocks[b++];
    if (!blocks[b]) b = 0;
    if (n > STEPS - done_steps) n = STEPS - done_steps;
    status = atr_stream_push(stream, x + done_steps * info.in, y + done_steps * info.out, n);
    done_steps += n;
  }
  atr__alloc_fail(-1, 0);
  ck_assert_msg(!status, "%s", atr_stream_error(stream));
  return y;
}

static const size_t ONES[] = { 1, 0 }, MIXED[] = { 3, 1, 17, 64, 2, 5, 0 }, WHOLE[] = { STEPS, 0 };

/* The stream gives the bits of the sequence; the model is destroyed. lead_in: rows of zeros expected first.
 */
static void same_bits(atr_model *model, int axis, int64_t lead_in) {
  const size_t *const patterns[] = { ONES, MIXED, WHOLE };
  static const size_t max_blocks[] = { 1, 64, 256, 7 };
  size_t rows, out;
  for (size_t m = 0; m < 4; m++) {
    atr_stream *stream = open_stream(model, ATR_MATH_EXACT, max_blocks[m], 0);
    const atr_stream_info info = atr_stream_get_info(stream);
    float *x = numbers(STEPS * info.in),
          *want = at_once(model, ATR_MATH_EXACT, axis, x, info.in, &rows, &out);
    ck_assert_uint_eq(info.out, out);
    ck_assert_int_eq(info.lead_in, lead_in);
    for (size_t i = 0; i < 3; i++) {
      float *y = pushed(stream, x, patterns[i]);
      for (size_t k = 0; k < (size_t)lead_in * out; k++) ck_assert(y[k] == 0);
      const size_t n = STEPS - (size_t)lead_in < rows ? STEPS - (size_t)lead_in : rows;
      for (size_t k = 0; k < n * out; k++)
        ck_assert_msg(!memcmp(&want[k], &y[(size_t)lead_in * out + k], sizeof *y),
                      "max_block %zu, pattern %zu, row %zu of %zu, number %zu: %.9g at once, %.9g pushed",
                      max_blocks[m], i, k / out, n, k % out, (double)want[k],
                      (double)y[(size_t)lead_in * out + k]);
      free(y);
      ck_assert_int_eq(atr_stream_reset(stream, 0), ATR_OK);
    }
    free(x);
    free(want);
    atr_stream_destroy(stream);
  }
  atr_model_destroy(model);
}

START_TEST(causal_convolutions_of_every_dilation_are_the_sequence_bit_for_bit) {
  atr_model *m = begin();
  atr_value v = conv(m, input(m, 3, -1, 3, -1), 20, 1, 1, 0, 0);
  for (int64_t d = 1; d <= 32; d *= 2) {
    atr_value a = atr_model_relu(m, conv(m, v, 20, 3, d, 2 * d, 0));
    v = atr_model_add2(m, v, conv(m, a, 20, 1, 1, 0, 0));
  }
  same_bits(done(m, conv(m, v, 5, 2, 7, 7, 0)), 2, 0);
}
END_TEST

START_TEST(a_filter_of_many_taps_streams) {
  atr_model *m = begin();
  same_bits(done(m, conv(m, input(m, 3, 1, 2, -1), 33, 19, 2, 36, 0)), 2, 0);
}
END_TEST

START_TEST(unpadded_stacks_with_cut_skips_say_nothing_until_they_have_seen_enough) {
  atr_model *m = begin();
  atr_value v = conv(m, input(m, 3, -1, 1, -1), 8, 1, 1, 0, 0), sum = NONE;
  for (int64_t d = 1; d <= 8; d *= 2) { /* WaveNet's gates, each layer shorter than the one before */
    const atr_value z = conv(m, v, 16, 3, d, 0, 0);
    const atr_value gated = atr_model_mul(m, atr_model_tanh(m, atr_model_slice(m, 1, 0, 8, z)),
                                          atr_model_sigmoid(m, atr_model_slice(m, 1, 8, 16, z)));
    v = atr_model_add2(m, atr_model_slice(m, 2, 2 * d, INT64_MAX, v), conv(m, gated, 8, 1, 1, 0, 0));
    const atr_value skip = atr_model_slice(m, 2, 2 * (15 - (2 * d - 1)), INT64_MAX, gated);
    sum = sum.id ? atr_model_add2(m, sum, skip) : skip;
  }
  same_bits(done(m, conv(m, sum, 1, 1, 1, 0, 0)), 2, 30);
}
END_TEST

START_TEST(padding_on_both_sides_with_the_end_cut_off_is_causal) {
  atr_model *m = begin();
  atr_value v = input(m, 3, -1, 2, -1);
  for (int64_t d = 1; d <= 4; d *= 2)
    v = atr_model_relu(m, atr_model_slice(m, 2, 0, -2 * d, conv(m, v, 6, 3, d, 2 * d, 2 * d)));
  same_bits(done(m, v), 2, 0);
}
END_TEST

START_TEST(what_is_padded_before_the_beginning_is_worked_out) {
  atr_model *m = begin();
  /* behind the Pad stands a bias, so what the convolution sees before the beginning is not zero */
  atr_value v = pad_time(m, conv(m, input(m, 3, -1, 2, -1), 4, 1, 1, 0, 0), 6, 0);
  v = atr_model_sigmoid(m, atr_model_batch_normalization(m, "norm", 1e-5f, 0.9f, v));
  same_bits(done(m, conv(m, v, 3, 4, 2, 0, 0)), 2, 0);
}
END_TEST

START_TEST(values_of_earlier_steps_wait_for_those_of_later_ones) {
  atr_model *m = begin();
  const atr_value x = input(m, 3, -1, 2, -1);
  const atr_value before = pad_time(m, x, 1, -1), long_before = pad_time(m, x, 9, -9);
  same_bits(done(m, atr_model_concat(m, 1, (atr_value[]){ atr_model_mul(m, x, before), long_before }, 2)), 2,
            0);
  m = begin(); /* an output that is one step behind is given in its own row */
  same_bits(done(m, pad_time(m, input(m, 3, -1, 2, -1), 3, -3)), 2, 0);
}
END_TEST

START_TEST(grouped_and_two_dimensional_convolutions_stream) {
  atr_model *m = begin();
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.out_channels = 6;
  p.groups = 3;
  p.filter[0] = 3;
  p.dilation[0] = 4;
  p.pad = ATR_PAD_CAUSAL;
  same_bits(done(m, atr_model_conv(m, &p, input(m, 3, -1, 6, -1))), 2, 0);
  m = begin(); /* [n][c][w][t]: two features a channel, filters over both axes */
  const atr_shape shape = { 4, { 1, 2, 5, -1 } };
  atr_conv_params q = ATR_CONV_PARAMS_INIT;
  q.out_channels = 4;
  q.filter[0] = 3, q.filter[1] = 2;
  q.dilation[1] = 5;
  q.pads[0] = 1, q.pads[2] = 1, q.pads[1] = 5;
  atr_value v = atr_model_conv(m, &q, atr_model_add_input(m, "x", ATR_F32, &shape));
  same_bits(done(m, atr_model_max_pool(m,
                                       &(atr_conv_params){ sizeof q,
                                                           NULL,
                                                           1,
                                                           1,
                                                           { 2, 1, 1 },
                                                           { 2, 1, 1 },
                                                           { 1, 1, 1 },
                                                           { 0 },
                                                           ATR_PAD_EXPLICIT,
                                                           0,
                                                           { 0 } },
                                       v)),
            3, 0);
}
END_TEST

static atr_value layer(atr_model *m, const char *kind, int64_t hid, int batch_first, atr_value x,
                       atr_value initial) {
  atr_recurrent_params p = ATR_RECURRENT_PARAMS_INIT;
  p.hidden = hid;
  p.batch_first = batch_first;
  p.bias = 1;
  if (!strcmp(kind, "rnn")) return atr_model_rnn(m, &p, x, initial, NULL);
  if (!strcmp(kind, "lstm")) return atr_model_lstm(m, &p, x, initial, NONE, NULL, NULL);
  return atr_model_gru(m, &p, !strcmp(kind, "gru linear"), x, initial, NULL);
}

static const char *const KINDS[] = { "rnn", "lstm", "gru", "gru linear" };

START_TEST(recurrent_layers_are_the_sequence_bit_for_bit) {
  for (int kind = 0; kind < 4; kind++)
    for (int batch_first = 0; batch_first < 2; batch_first++) {
      atr_model *m = begin();
      atr_value v = batch_first ? input(m, 3, 1, -1, 3) : input(m, 3, -1, 1, 3);
      v = layer(m, KINDS[kind], 17, batch_first, v, NONE);
      v = layer(m, KINDS[kind], 32, batch_first, v, NONE);
      same_bits(done(m, v), batch_first, 0);
    }
}
END_TEST

/* Kinds of layer(), normalized (1), with a state and an input that are dropped in training (2), or both. */
static atr_value cell(atr_model *m, const char *kind, int64_t hid, int batch_first, int with, atr_value x) {
  const atr_shape state = { 3, { 1, 1, hid } };
  atr_recurrent_params p = ATR_RECURRENT_PARAMS_INIT;
  float begins[32];
  ck_assert_int_le(hid, 32);
  for (int64_t i = 0; i < hid; i++) begins[i] = cosf((float)i);
  const atr_value initial = with & 1 ? NONE : atr_model_add_tensor(m, NULL, ATR_F32, &state, begins, 0);
  p.hidden = hid, p.batch_first = batch_first, p.layer_norm = with & 1;
  p.input_dropout = p.state_dropout = with & 2 ? 0.4f : 0;
  if (!strcmp(kind, "rnn")) return atr_model_rnn(m, &p, x, initial, NULL);
  if (!strcmp(kind, "lstm")) return atr_model_lstm(m, &p, x, initial, initial, NULL, NULL);
  return atr_model_gru(m, &p, 1, x, initial, NULL);
}

START_TEST(normalized_layers_are_the_sequence_bit_for_bit) {
  for (int kind = 0; kind < 4; kind++)
    for (int with = 1; with < 4; with++) {
      if (!strcmp(KINDS[kind], "gru")) continue;
      atr_model *m = begin();
      const int batch_first = (kind + with) % 2;
      atr_value v = batch_first ? input(m, 3, with & 1 ? -1 : 1, -1, 3) : input(m, 3, -1, 1, 3);
      v = cell(m, KINDS[kind], 17, batch_first, with, v);
      v = cell(m, KINDS[kind], 5, batch_first, with, v);
      same_bits(done(m, v), batch_first, 0);
    }
}
END_TEST

START_TEST(normalized_layers_begin_where_the_convolution_before_them_does) {
  atr_model *m = begin();
  const int64_t steps_first[] = { 2, 0, 1 };
  const atr_value v = conv(m, input(m, 3, 1, 2, -1), 4, 3, 5, 0, 0);
  same_bits(done(m, cell(m, "lstm", 8, 0, 1, atr_model_transpose(m, steps_first, 3, v))), 2, 10);
}
END_TEST

/* Both states of an LSTM are in the clone and in the bytes. */
START_TEST(states_of_normalized_layers_are_kept_and_settle) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = begin();
  done(m, cell(m, "lstm", 8, 0, 1, input(m, 3, -1, 1, 2)));
  atr_stream *a = open_stream(m, ATR_MATH_FAST, 4, 1), *b, *c = open_stream(m, ATR_MATH_FAST, 4, 0);
  float *x = numbers(2 * 400), y[3][8 * 400];
  ck_assert_int_eq(atr_stream_push(a, x, y[0], 20), ATR_OK);
  must(atr_stream_clone(a, &error, &b));
  size_t size, bytes = atr_stream_get_info(a).state_bytes;
  char *state = malloc(bytes);
  ck_assert_int_eq(atr_stream_get_state(a, state, bytes, &size), ATR_OK);
  ck_assert_int_eq(atr_stream_set_state(c, state, bytes), ATR_OK);
  ck_assert_int_eq(atr_stream_push(a, x + 40, y[0], 20), ATR_OK);
  ck_assert_int_eq(atr_stream_push(b, x + 40, y[1], 20), ATR_OK);
  ck_assert_int_eq(atr_stream_push(c, x + 40, y[2], 20), ATR_OK);
  ck_assert_mem_eq(y[0], y[1], 20 * 8 * sizeof(float));
  ck_assert_mem_eq(y[0], y[2], 20 * 8 * sizeof(float));
  ck_assert_int_eq(atr_stream_reset(b, 1), ATR_OK);
  memset(x, 0, 2 * 400 * sizeof *x);
  ck_assert_int_eq(atr_stream_push(b, x, y[1], 400), ATR_OK); /* at rest already */
  for (int i = 0; i < 8; i++) ck_assert_float_eq_tol(y[1][i], y[1][399 * 8 + i], 1e-4f);
  atr_stream_destroy(a);
  atr_stream_destroy(b);
  atr_stream_destroy(c);
  atr_model_destroy(m);
  free(state);
  free(x);
}
END_TEST

START_TEST(recurrent_layers_of_several_samples_with_initial_states_stream) {
  for (int kind = 0; kind < 4; kind++) {
    atr_model *m = begin();
    const atr_value x = input(m, 3, -1, 3, 2);
    const atr_shape shape = { 3, { 1, 3, 9 } };
    float state[27];
    for (int i = 0; i < 27; i++) state[i] = sinf((float)i);
    const atr_value initial = atr_model_add_tensor(m, "h0", ATR_F32, &shape, state, 0);
    same_bits(done(m, layer(m, KINDS[kind], 9, 0, x, initial)), 0, 0);
  }
}
END_TEST

/* Rate neurons: continuous by `method`, or (-1) the discrete ones; csr NULL: R is dense. */
static atr_value neurons(atr_model *m, int method, const atr_csr *csr, int64_t hid, atr_value x,
                         atr_value initial) {
  atr_continuous_params p = ATR_CONTINUOUS_PARAMS_INIT;
  if (method < 0) return atr_model_sparse_rnn(m, NULL, NULL, csr, x, initial, NULL);
  p.hidden = hid, p.method = (atr_integrator)method, p.step = 0.3f, p.substeps = 2, p.sparse = csr;
  p.activation = method % 2 ? "Softplus" : "Tanh";
  return atr_model_continuous_rnn(m, &p, x, initial);
}

static atr_csr *drawn(int64_t hid) {
  atr_error error = ATR_ERROR_INIT;
  atr_csr *csr;
  must(atr_csr_random(hid, 0.2, 0.9, 2, &error, &csr));
  return csr;
}

START_TEST(rate_neurons_are_the_sequence_bit_for_bit) {
  atr_csr *csr = drawn(17);
  for (int method = -1; method <= ATR_INTEGRATOR_EXPONENTIAL_EULER; method++)
    for (int dense = 0; dense < 1 + (method >= 0); dense++) {
      atr_model *m = begin();
      atr_value v = neurons(m, method, dense ? NULL : csr, 17, input(m, 3, -1, 1, 3), NONE);
      v = neurons(m, method, csr, 17, v, NONE);
      same_bits(done(m, v), 0, 0);
    }
  atr_csr_destroy(csr);
}
END_TEST

START_TEST(rate_neurons_of_several_samples_with_initial_states_stream) {
  atr_csr *csr = drawn(9);
  const atr_shape shape = { 2, { 3, 9 } };
  float state[27];
  for (int i = 0; i < 27; i++) state[i] = sinf((float)i);
  for (int method = -1; method <= ATR_INTEGRATOR_EXPONENTIAL_EULER; method++) {
    atr_model *m = begin();
    const atr_value x = input(m, 3, -1, 3, 2),
                    initial = atr_model_add_tensor(m, "x0", ATR_F32, &shape, state, 0);
    same_bits(done(m, neurons(m, method, csr, 9, x, initial)), 0, 0);
  }
  atr_csr_destroy(csr);
}
END_TEST

START_TEST(rate_neurons_begin_where_the_convolution_before_them_does) {
  atr_csr *csr = drawn(8);
  for (int method = -1; method <= ATR_INTEGRATOR_EULER; method++) {
    atr_model *m = begin();
    const int64_t steps_first[] = { 2, 0, 1 };
    atr_value v = conv(m, input(m, 3, 1, 2, -1), 4, 3, 5, 0, 0);
    v = neurons(m, method, csr, 8, atr_model_transpose(m, steps_first, 3, v), NONE);
    same_bits(done(m, v), 2, 10);
  }
  atr_csr_destroy(csr);
}
END_TEST

/* The state goes from clone to clone and through bytes. */
START_TEST(states_of_rate_neurons_are_kept_and_settle) {
  atr_error error = ATR_ERROR_INIT;
  atr_csr *csr = drawn(8);
  atr_model *m = begin();
  atr_value v = neurons(m, ATR_INTEGRATOR_HEUN, csr, 8, input(m, 3, -1, -1, 2), NONE);
  done(m, neurons(m, -1, csr, 8, v, NONE)); /* time is found: the first axis, though both are free */
  atr_stream *a = open_stream(m, ATR_MATH_FAST, 4, 1), *b;
  float *x = numbers(2 * 40), y[2][8 * 40];
  ck_assert_int_eq(atr_stream_push(a, x, y[0], 20), ATR_OK);
  must(atr_stream_clone(a, &error, &b));
  ck_assert_int_eq(atr_stream_push(a, x + 40, y[0], 20), ATR_OK);
  ck_assert_int_eq(atr_stream_push(b, x + 40, y[1], 20), ATR_OK);
  ck_assert_mem_eq(y[0], y[1], 20 * 8 * sizeof(float));
  ck_assert_int_eq(atr_stream_reset(a, 0), ATR_OK);
  ck_assert_int_eq(atr_stream_push(a, x, y[0], 1), ATR_OK);
  ck_assert_int_eq(atr_stream_reset(b, 1), ATR_OK);
  memset(x, 0, 2 * 40 * sizeof *x);
  ck_assert_int_eq(atr_stream_push(b, x, y[1], 40), ATR_OK); /* at rest already */
  for (int i = 0; i < 8; i++) ck_assert_float_eq_tol(y[1][i], y[1][39 * 8 + i], 1e-5f);
  atr_stream_destroy(a);
  atr_stream_destroy(b);
  atr_model_destroy(m);
  free(x);
  atr_csr_destroy(csr);
}
END_TEST

START_TEST(recurrence_begins_where_the_convolution_before_it_does) {
  atr_model *m = begin();
  const int64_t steps_first[] = { 2, 0, 1 };
  atr_value v = conv(m, input(m, 3, 1, 2, -1), 4, 3, 5, 0, 0);
  v = layer(m, "gru", 8, 0, atr_model_transpose(m, steps_first, 3, v), NONE);
  same_bits(done(m, v), 2, 10);
}
END_TEST

START_TEST(fast_recurrence_is_close_to_the_exact_one) {
  for (int kind = 0; kind < 4; kind++) {
    atr_model *m = begin();
    done(m, layer(m, KINDS[kind], 32, 0, input(m, 3, -1, 1, 4), NONE));
    atr_stream *fast = open_stream(m, ATR_MATH_FAST, 16, 0), *exact = open_stream(m, ATR_MATH_EXACT, 16, 0);
    float *x = numbers(STEPS * 4), *a = pushed(fast, x, MIXED), *b = pushed(exact, x, WHOLE);
    for (size_t i = 0; i < (size_t)STEPS * 32; i++) ck_assert_float_eq_tol(a[i], b[i], 2e-6f);
    free(x);
    free(a);
    free(b);
    atr_stream_destroy(fast);
    atr_stream_destroy(exact);
    atr_model_destroy(m);
  }
}
END_TEST

/* Single rows are summed by parts where outputs are whole vectors: of 8, of 16, of two and one of 16, and
 * not. */
START_TEST(fast_convolutions_are_close_to_the_sequence) {
  static const int64_t channels[] = { 1, 5, 33, 32 }, outputs[] = { 8, 16, 24, 56, 32, 64, 33 };
  for (size_t c = 0; c < 4; c++)
    for (size_t o = 0; o < 7; o++)
      for (int64_t k = 1; k <= 4; k++) {
        atr_model *m = begin();
        const int64_t oc = outputs[o], back = (k - 1) * 3;
        const atr_value x = input(m, 3, -1, channels[c], -1), v = conv(m, x, oc, k, 3, back, 0);
        const atr_value h = atr_model_relu(m, conv(m, v, oc, k, 5, (k - 1) * 5, 0));
        done(m, atr_model_add2(m, v, conv(m, h, oc, 1, 1, 0, 0)));
        size_t rows, out;
        float *numbers_in = numbers((size_t)(STEPS * channels[c]));
        float *want = at_once(m, ATR_MATH_EXACT, 2, numbers_in, (size_t)channels[c], &rows, &out);
        float most = 0;
        for (size_t i = 0; i < rows * out; i++) most = fmaxf(most, fabsf(want[i]));
        for (int mixed = 0; mixed < 2; mixed++) {
          atr_stream *fast = open_stream(m, ATR_MATH_FAST, 16, 0);
          float *y = pushed(fast, numbers_in, mixed ? MIXED : ONES);
          for (size_t i = 0; i < rows * out; i++)
            ck_assert_msg(fabsf(y[i] - want[i]) <= 2e-6f * most,
                          "%d of %d channels, filter of %d, number %zu: %.9g, must be %.9g", (int)oc,
                          (int)channels[c], (int)k, i, (double)y[i], (double)want[i]);
          free(y);
          atr_stream_destroy(fast);
        }
        free(numbers_in);
        free(want);
        atr_model_destroy(m);
      }
}
END_TEST

/* One unit that sees W = 1, R = 0: y = f(x), against the function in double. */
static void approximates(const char *activation, double (*f)(double), double absolute, double relative) {
  atr_model *m = begin();
  const atr_shape w_shape = { 3, { 1, 1, 1 } };
  const float one = 1, zero = 0;
  const atr_value in[3] = { input(m, 3, -1, 1, 1), atr_model_add_tensor(m, "w", ATR_F32, &w_shape, &one, 0),
                            atr_model_add_tensor(m, "r", ATR_F32, &w_shape, &zero, 0) };
  const char *const names[] = { activation };
  const atr_attribute attributes[] = {
    { "hidden_size", ATR_ATTRIBUTE_INT, 1, 0, NULL, NULL, NULL, 0, NULL },
    { "activations", ATR_ATTRIBUTE_STRINGS, 0, 0, NULL, NULL, NULL, 1, names },
  };
  done(m, atr_model_add(m, NULL, "RNN", NULL, in, 3, attributes, 2, NULL, 0));
  atr_stream *stream = open_stream(m, ATR_MATH_FAST, 1, 0);
  for (double x = -120; x < 120; x = x < -1e-3 || x > 1e-3 ? x + 0.00371 : x + 1.7e-5) {
    const float given = (float)x;
    float y;
    ck_assert_int_eq(atr_stream_push(stream, &given, &y, 1), ATR_OK);
    const double want = f((double)given), error = fabs((double)y - want);
    ck_assert_msg(error <= absolute + relative * fabs(want), "%s(%g) is %.9g, not %.9g", activation,
                  (double)given, (double)y, want);
  }
  atr_stream_destroy(stream);
  atr_model_destroy(m);
}

static double sigmoid(double x) {
  return 1 / (1 + exp(-x));
}

START_TEST(approximated_activations_keep_their_bounds) {
  approximates("Tanh", tanh, 0, 5 * 1.2e-7);
  approximates("Sigmoid", sigmoid, 1e-37, 6 * 1.2e-7);
}
END_TEST

START_TEST(clones_and_saved_states_go_on_alike) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = begin();
  const int64_t steps_first[] = { 2, 0, 1 };
  atr_value v = conv(m, input(m, 3, 1, 2, -1), 4, 3, 5, 10, 0);
  done(m, layer(m, "lstm", 8, 0, atr_model_transpose(m, steps_first, 3, v), NONE));
  atr_stream *a = open_stream(m, ATR_MATH_FAST, 8, 0), *b, *c = open_stream(m, ATR_MATH_FAST, 8, 0);
  float *x = numbers(STEPS * 2), y[3][8 * 50];
  size_t size, bytes = atr_stream_get_info(a).state_bytes;
  char *state = malloc(bytes);
  ck_assert_int_eq(atr_stream_push(a, x, y[0], 50), ATR_OK);
  must(atr_stream_clone(a, &error, &b));
  must(atr_stream_get_state(a, state, bytes, &size));
  ck_assert_uint_eq(size, bytes);
  ck_assert_int_eq(atr_stream_get_state(a, state, bytes - 1, &size), ATR_E_PARAM);
  ck_assert_int_eq(atr_stream_push(a, x + 100, y[0], 50), ATR_OK);
  ck_assert_int_eq(atr_stream_push(b, x + 100, y[1], 50), ATR_OK);
  ck_assert_int_eq(atr_stream_push(c, x + 40, y[2], 7), ATR_OK);
  must(atr_stream_set_state(c, state, bytes));
  ck_assert_int_eq(atr_stream_push(c, x + 100, y[2], 50), ATR_OK);
  ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
  ck_assert_mem_eq(y[0], y[2], sizeof y[0]);
  for (size_t n = 0; n < bytes; n += 7) /* cut anywhere: refused, and nothing changes */
    ck_assert_int_ne(atr_stream_set_state(c, state, n), ATR_OK);
  state[9] ^= 1;
  ck_assert_int_eq(atr_stream_set_state(c, state, bytes), ATR_E_SHAPE);
  ck_assert_ptr_nonnull(strstr(atr_stream_error(c), "another model"));
  ck_assert_int_eq(atr_stream_push(b, x + 200, y[1], 50), ATR_OK);
  ck_assert_int_eq(atr_stream_push(c, x + 200, y[2], 50), ATR_OK);
  ck_assert_mem_eq(y[1], y[2], sizeof y[1]);
  atr_stream_destroy(a); /* the clone needs neither it nor the model */
  atr_stream_destroy(c);
  atr_model_destroy(m);
  ck_assert_int_eq(atr_stream_push(b, x, y[1], 50), ATR_OK);
  atr_stream_destroy(b);
  free(state);
  free(x);
}
END_TEST

START_TEST(a_settled_stream_is_as_after_a_long_silence) {
  atr_model *m = begin();
  const int64_t steps_first[] = { 2, 0, 1 };
  atr_value v = atr_model_sigmoid(m, conv(m, input(m, 3, 1, 1, -1), 4, 3, 5, 10, 0)); /* 1/2 of zeros */
  done(m, layer(m, "rnn", 8, 0, atr_model_transpose(m, steps_first, 3, v), NONE));
  atr_stream *a = open_stream(m, ATR_MATH_FAST, 8, 1), *b = open_stream(m, ATR_MATH_FAST, 8, 0);
  float zeros[100] = { 0 }, x[8] = { 1, -1, 2, 0, 0, 3, 1, 1 }, y[2][800], unsettled[64];
  ck_assert_int_eq(atr_stream_push(a, x, unsettled, 8), ATR_OK);
  ck_assert_int_eq(atr_stream_reset(a, 1), ATR_OK);
  for (int i = 0; i < 20; i++) ck_assert_int_eq(atr_stream_push(b, zeros, y[1], 100), ATR_OK);
  ck_assert_int_eq(atr_stream_push(a, x, y[0], 8), ATR_OK);
  ck_assert_int_eq(atr_stream_push(b, x, y[1], 8), ATR_OK);
  for (int i = 0; i < 64; i++) ck_assert_float_eq_tol(y[0][i], y[1][i], 1e-5f);
  ck_assert_float_ne(y[0][0], unsettled[0]); /* the halves have moved the state meanwhile */
  ck_assert_int_eq(atr_stream_reset(b, 1), ATR_E_PARAM);
  atr_stream_destroy(a);
  atr_stream_destroy(b);
  atr_model_destroy(m);
}
END_TEST

static void refused(atr_model *m, const char *words) {
  atr_error error = ATR_ERROR_INIT;
  atr_stream *stream = (atr_stream *)m;
  must_fail(atr_stream_create(m, NULL, &error, &stream), ATR_E_UNSUPPORTED, words);
  ck_assert_ptr_null(stream);
  atr_model_destroy(m);
}

START_TEST(wavenets_are_the_sequence_bit_for_bit) {
  for (int conditioned = 0; conditioned < 2; conditioned++) {
    atr_model *m = begin();
    atr_wavenet_params p = ATR_WAVENET_PARAMS_INIT;
    p.residual = 13, p.skip = 17, p.head = 6, p.out_channels = 5;
    p.layers = 5, p.stacks = 2;
    const atr_value x = input(m, 3, -1, 4, -1);
    same_bits(done(m, atr_model_wavenet(m, &p, x, conditioned ? x : NONE)), 2, 0);
  }
}
END_TEST

START_TEST(what_is_no_stream_is_refused_with_the_nodes_name) {
  atr_model *m = begin();
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.name = "looks_ahead";
  p.out_channels = 2, p.filter[0] = 3, p.pad = ATR_PAD_SAME;
  refused(done(m, atr_model_relu(m, atr_model_conv(m, &p, input(m, 3, -1, 1, -1)))),
          "\"looks_ahead\" (Conv) looks ahead, the output \"y\" by 1 steps");
  m = begin();
  p.pad = ATR_PAD_CAUSAL, p.stride[0] = 2, p.name = "slows";
  refused(done(m, atr_model_conv(m, &p, input(m, 3, -1, 1, -1))), "\"slows\" (Conv)");
  m = begin();
  atr_recurrent_params r = ATR_RECURRENT_PARAMS_INIT;
  r.hidden = 4, r.direction = ATR_DIRECTION_BOTH, r.name = "both";
  refused(done(m, atr_model_lstm(m, &r, input(m, 3, -1, 1, 2), NONE, NONE, NULL, NULL)),
          "\"both\" (LSTM) reads the sequence backwards");
  m = begin();
  refused(done(m, atr_model_global_average_pool(m, input(m, 3, -1, 2, -1))),
          "(GlobalAveragePool) looks at the sequence as a whole");
  m = begin();
  refused(done(m, atr_model_softmax(m, 2, 1, input(m, 3, -1, 2, -1))),
          "(Softmax) does not treat every step alike");
  m = begin();
  refused(done(m, atr_model_group_normalization(m, "all", 2, 1e-5f, input(m, 3, -1, 4, -1))),
          "does not treat every step alike");
  atr_continuous_params c = ATR_CONTINUOUS_PARAMS_INIT;
  c.hidden = 4, c.name = "field";
  m = begin();
  r.layer_norm = 1;
  refused(done(m, atr_model_lstm(m, &r, input(m, 3, -1, 1, 2), NONE, NONE, NULL, NULL)),
          "\"both\" (RecurrentCell) reads the sequence backwards");
  m = begin();
  r.direction = ATR_DIRECTION_REVERSE;
  refused(done(m, atr_model_gru(m, &r, 1, input(m, 3, -1, 1, 2), NONE, NULL)),
          "\"both\" (RecurrentCell) reads the sequence backwards");
  r.layer_norm = 0;
  for (int k = 0; k < 3; k++) {
    static const char *const words[] = { "\"field\" (ContinuousRNN) goes in a line to the next step's input",
                                         "\"field\" (ContinuousRNN) adds noise",
                                         "\"field\" (ContinuousRNN) chooses its steps" };
    c.linear = k == 0, c.noise = k == 1 ? 0.1f : 0;
    c.method = k == 2 ? ATR_INTEGRATOR_DORMAND_PRINCE : ATR_INTEGRATOR_RK4;
    m = begin();
    refused(done(m, atr_model_continuous_rnn(m, &c, input(m, 3, -1, 1, 2), NONE)), words[k]);
  }
  m = begin();
  atr_value last;
  r.direction = ATR_DIRECTION_FORWARD;
  atr_model_gru(m, &r, 1, input(m, 3, -1, 1, 2), NONE, &last);
  refused(done(m, atr_model_relu(m, last)), "reads what depends on the whole sequence");
}
END_TEST

START_TEST(steps_alike_are_recognised_along_other_axes) {
  atr_model *m = begin();
  const int64_t order[] = { 0, 2, 1 }, flat[] = { -1, 6 };
  atr_value v = atr_model_softmax(m, 1, 0.5f, input(m, 3, 1, 6, -1));
  v = atr_model_layer_normalization(m, "norm", -1, 1e-5f, atr_model_transpose(m, order, 3, v));
  v = atr_model_dense(m, "dense", 4, atr_model_reshape(m, flat, 2, v));
  same_bits(done(m, v), 2, 0);
}
END_TEST

START_TEST(options_out_of_range_are_refused) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = begin();
  done(m, conv(m, input(m, 3, -1, 1, -1), 2, 2, 1, 1, 0));
  atr_stream *stream;
  atr_stream_options o = ATR_STREAM_OPTIONS_INIT;
  o.max_block = 0;
  must_fail(atr_stream_create(m, &o, &error, &stream), ATR_E_PARAM, "max_block is 0");
  o.max_block = 8, o.axis = 3;
  must_fail(atr_stream_create(m, &o, &error, &stream), ATR_E_PARAM, "axis 3");
  o.axis = -1, o.output = "none";
  must_fail(atr_stream_create(m, &o, &error, &stream), ATR_E_PARAM, "no output \"none\"");
  o.output = "y", o.math = ATR_MATH_PORTABLE;
  must_fail(atr_stream_create(m, &o, &error, &stream), ATR_E_UNSUPPORTED, "FAST or ATR_MATH_EXACT");
  atr_model_destroy(m);
  atr_stream_destroy(NULL);
}
END_TEST

START_TEST(every_allocation_may_fail) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = begin();
  const int64_t steps_first[] = { 2, 0, 1 };
  atr_value v = pad_time(m, input(m, 3, 1, 2, -1), 2, 0);
  v = atr_model_add2(m, conv(m, v, 2, 3, 1, 0, 0), pad_time(m, v, 0, -2));
  v = layer(m, "lstm", 4, 0, atr_model_transpose(m, steps_first, 3, v), NONE);
  atr_csr *csr = drawn(8);
  v = cell(m, "lstm", 4, 0, 3, v);
  done(m, neurons(m, -1, csr, 8, v, NONE));
  atr_csr_destroy(csr);
  const int64_t live = atr__alloc_live();
  atr_stream_options o = ATR_STREAM_OPTIONS_INIT;
  o.max_block = 2, o.settle = 1;
  for (int64_t countdown = 0;; countdown++) {
    atr_stream *stream = NULL;
    atr__alloc_fail(countdown, 0);
    const atr_status status = atr_stream_create(m, &o, &error, &stream);
    atr__alloc_fail(-1, 0);
    atr_stream_destroy(stream);
    ck_assert_int_eq(atr__alloc_live(), live);
    if (!status) break;
    ck_assert_int_eq(status, ATR_E_NOMEM);
  }
  atr_model_destroy(m);
}
END_TEST

START_TEST(given_networks_stream) {
  static const struct {
    const char *file;
    int axis;
    int64_t lead_in;
  } cases[] = { { "nam_wavenet", 2, 0 }, { "wavenet1_ts7", 2, 0 }, { "rtneural_onnx/lstm_torch", 0, 0 } };
  const char *data = getenv("ATROUS_TEST_DATA");
  if (!data) {
    printf("# skipped: ATROUS_TEST_DATA is unset\n");
    return;
  }
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char path[1000];
    atr_error error = ATR_ERROR_INIT;
    atr_model *model;
    snprintf(path, sizeof path, "%s/models/%s/model.onnx", data, cases[i].file);
    must(atr_model_load(path, NULL, &error, &model));
    if (atr_model_input(model, 0).shape.dim[cases[i].axis] < 0)
      same_bits(model, cases[i].axis, cases[i].lead_in);
    else { /* a fixed length: the stream has none; what it says of a first step is the sequence's */
      atr_stream *stream = open_stream(model, ATR_MATH_FAST, 16, 0);
      ck_assert_uint_eq(atr_stream_get_info(stream).in, 1);
      atr_stream_destroy(stream);
      atr_model_destroy(model);
    }
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
    causal_convolutions_of_every_dilation_are_the_sequence_bit_for_bit,
    a_filter_of_many_taps_streams,
    unpadded_stacks_with_cut_skips_say_nothing_until_they_have_seen_enough,
    padding_on_both_sides_with_the_end_cut_off_is_causal,
    what_is_padded_before_the_beginning_is_worked_out,
    values_of_earlier_steps_wait_for_those_of_later_ones,
    grouped_and_two_dimensional_convolutions_stream,
    recurrent_layers_are_the_sequence_bit_for_bit,
    normalized_layers_are_the_sequence_bit_for_bit,
    normalized_layers_begin_where_the_convolution_before_them_does,
    states_of_normalized_layers_are_kept_and_settle,
    recurrent_layers_of_several_samples_with_initial_states_stream,
    rate_neurons_are_the_sequence_bit_for_bit,
    rate_neurons_of_several_samples_with_initial_states_stream,
    rate_neurons_begin_where_the_convolution_before_them_does,
    states_of_rate_neurons_are_kept_and_settle,
    recurrence_begins_where_the_convolution_before_it_does,
    fast_convolutions_are_close_to_the_sequence,
    fast_recurrence_is_close_to_the_exact_one,
    approximated_activations_keep_their_bounds,
    clones_and_saved_states_go_on_alike,
    a_settled_stream_is_as_after_a_long_silence,
    wavenets_are_the_sequence_bit_for_bit,
    what_is_no_stream_is_refused_with_the_nodes_name,
    steps_alike_are_recognised_along_other_axes,
    options_out_of_range_are_refused,
    every_allocation_may_fail,
    given_networks_stream,
  };
  return test_run(test_suite("stream", tests, sizeof tests / sizeof *tests, 120));
}
