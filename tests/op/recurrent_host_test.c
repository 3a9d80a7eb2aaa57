/* recurrent_host_test.c: RNN, LSTM, GRU and their gradients on the host by tiles of sums have the bits of the
 * plain implementations (which go where there is no pool) on any number of threads; where functions may be
 * approximated they are near, and still the same on any number of threads. */
#include "test.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "op/gru.h"
#include "op/lstm.h"
#include "op/recurrent.h"
#include "op/rnn.h"

enum { LSTM, GRU, RNN };

typedef struct {
  int cell;
  int64_t t, n, i, hid, dirs;
  int reverse, layout, lens, before, forget, bare; /* bare: no bias, no first state, no peepholes */
  float clip;                                      /* 0: none */
  int odd;                                         /* activations of other kinds */
} shape;

static const shape shapes[] = {
  { LSTM, 7, 3, 5, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0 },
  { LSTM, 70, 5, 3, 20, 2, 0, 0, 1, 0, 0, 0, 0, 0 },
  { LSTM, 5, 17, 33, 40, 1, 1, 1, 1, 0, 1, 0, 0, 0 },
  { LSTM, 4, 1, 40, 257, 2, 0, 1, 0, 0, 0, 1, 0, 0 },
  { LSTM, 9, 35, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0.5f, 0 },
  { LSTM, 6, 2, 2, 13, 1, 0, 0, 0, 0, 0, 0, 0, 1 },
  { GRU, 7, 3, 5, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0 },
  { GRU, 7, 3, 5, 9, 1, 0, 0, 0, 1, 0, 0, 0, 0 },
  { GRU, 70, 5, 3, 20, 2, 0, 1, 1, 1, 0, 0, 0, 0 },
  { GRU, 66, 19, 33, 40, 2, 0, 0, 1, 0, 0, 0, 0.25f, 0 },
  { GRU, 5, 2, 9, 300, 1, 1, 0, 0, 1, 0, 1, 0, 0 },
  { GRU, 5, 1, 9, 300, 1, 0, 0, 0, 0, 0, 0, 0, 1 },
  { RNN, 7, 3, 5, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0 },
  { RNN, 130, 17, 3, 100, 2, 0, 1, 1, 0, 0, 0, 0, 0 },
  { RNN, 6, 1, 9, 513, 1, 1, 0, 0, 0, 0, 1, 0, 0 },
  { RNN, 6, 4, 9, 13, 1, 0, 0, 1, 0, 0, 0, 0.3f, 1 },
  /* so few steps that weights are read where they lie */
  { LSTM, 1, 1, 37, 129, 1, 0, 0, 0, 0, 0, 0, 0, 0 },
  { LSTM, 1, 3, 1, 1, 2, 0, 1, 1, 0, 1, 0, 0, 0 },
  { LSTM, 2, 1, 40, 257, 2, 1, 0, 0, 0, 0, 1, 0, 0 },
  { GRU, 3, 1, 16, 17, 2, 0, 1, 0, 1, 0, 0, 0, 0 },
  { GRU, 1, 2, 31, 70, 1, 1, 0, 1, 0, 0, 0, 0.25f, 0 },
  { RNN, 1, 1, 15, 5, 2, 0, 0, 0, 0, 0, 0, 0, 1 },
};

enum { MOST = 11 };

typedef struct {
  atr__recurrent_params p;
  atr__view in[MOST];
  size_t n_in, n_out;
  int64_t out[5]; /* numbers of each output */
  atr__host_function *run;
} job;

static float *numbers(int64_t n, unsigned seed) {
  float *values = malloc((size_t)(n + 1) * sizeof *values);
  for (int64_t i = 0; i < n; i++) {
    seed = seed * 1664525u + 1013904223u;
    values[i] = (float)(seed >> 8) / (1 << 26) - 0.125f; /* so small that 100 units forget */
  }
  return values;
}

static void input(job *j, size_t i, int there, int64_t count) {
  j->in[i] =
      (atr__view){ .data = there ? numbers(count, (unsigned)i + 1) : NULL, .count = there ? count : 0 };
  if (j->n_in <= i) j->n_in = i + 1;
}

static void lens(job *j, size_t i, int there) {
  int32_t *values = there ? malloc((size_t)j->p.n * sizeof *values) : NULL;
  for (int64_t n = 0; there && n < j->p.n; n++) values[n] = (int32_t)((n * 5 + 1) % (j->p.t + 1));
  j->in[i] = (atr__view){ .data = values };
}

static job forward_of(const shape *s) {
  job j = { .p = { .t = s->t,
                   .n = s->n,
                   .i = s->i,
                   .hid = s->hid,
                   .dirs = s->dirs,
                   .gates = s->cell == LSTM  ? 4
                            : s->cell == GRU ? 3
                                             : 1,
                   .reverse = s->reverse,
                   .layout = s->layout,
                   .clip = s->clip > 0 ? s->clip : FLT_MAX,
                   .input_forget = s->forget,

                   .clip_back = s->clip > 0 ? 0.01f : INFINITY,
                   .linear_before_reset = s->before } };
  const atr__recurrent_activation sigmoid = { ATR__RECURRENT_SIGMOID, 0, 0 },
                                  tanh = { ATR__RECURRENT_TANH, 0, 0 };
  const atr__recurrent_activation hard = { ATR__RECURRENT_HARD_SIGMOID, 0.2f, 0.5f };
  const atr__recurrent_activation sign = { ATR__RECURRENT_SOFTSIGN, 0, 0 };
  for (int d = 0; d < 2; d++) {
    j.p.f[d][0] = s->cell == RNN ? s->odd ? sign : tanh : s->odd ? hard : sigmoid;
    j.p.f[d][1] = s->odd ? sign : tanh;
    j.p.f[d][2] = tanh;
  }
  const int64_t width = j.p.gates * s->hid, rows = s->t * s->n * s->dirs, states = s->dirs * s->n * s->hid;
  input(&j, 0, 1, s->t * s->n * s->i);
  input(&j, 1, 1, s->dirs * width * s->i);
  input(&j, 2, 1, s->dirs * width * s->hid);
  input(&j, 3, !s->bare, s->dirs * 2 * width);
  input(&j, 5, !s->bare, states);
  lens(&j, 4, s->lens);
  j.out[0] = rows * s->hid;
  j.out[1] = states;
  if (s->cell == LSTM) {
    input(&j, 6, !s->bare, states);
    input(&j, 7, !s->bare && !s->forget, s->dirs * 3 * s->hid);
    const int64_t rest[] = { states, rows * width, rows * s->hid };
    memcpy(j.out + 2, rest, sizeof rest);
    j.n_out = 5;
    j.run = atr__lstm_host_f32;
  } else {
    j.out[2] = rows * width;
    j.out[3] = rows * s->hid;
    j.n_out = s->cell == GRU ? 4 : 3;
    j.run = s->cell == GRU ? atr__gru_host_f32 : atr__rnn_host_f32;
  }
  return j;
}

static atr__view given(const job *j, size_t i) {
  const int64_t count = j->in[i].count;
  float *copy = j->in[i].data ? malloc((size_t)(count + 1) * sizeof *copy) : NULL;
  if (copy) memcpy(copy, j->in[i].data, (size_t)count * sizeof *copy);
  return (atr__view){ .data = copy, .count = count };
}

/* The gradient, of what the forward pass left in `out`, which this takes. */
static job backward_of(const shape *s, const job *f, float *out[5]) {
  job j = { .p = f->p };
  const int64_t rows = s->t * s->n * s->dirs, states = s->dirs * s->n * s->hid;
  const size_t saved = s->cell == LSTM ? 3 : 2;
  for (size_t i = 0; i < f->n_out; i++)
    if (i != 0 && i != saved && i != saved + 1) free(out[i]);
  j.in[0] = given(f, 2);
  j.in[1].data = out[0];
  j.in[2].data = out[saved];
  lens(&j, 3, s->lens);
  j.in[4] = given(f, 5);
  j.out[0] = rows * j.p.gates * s->hid;
  j.out[1] = rows * s->hid;
  if (s->cell == LSTM) {
    j.in[5] = given(f, 6);
    j.in[6] = given(f, 7);
    j.in[7].data = out[4];
    input(&j, 8, 1, rows * s->hid);
    input(&j, 9, !s->bare, states);
    input(&j, 10, 1, states);
    j.out[2] = rows * s->hid;
    j.out[3] = j.out[4] = states;
    j.n_out = 5;
    j.run = atr__lstm_grad_host_f32;
  } else if (s->cell == GRU) {
    j.in[5].data = out[3];
    input(&j, 6, !s->bare, rows * s->hid);
    input(&j, 7, 1, states);
    j.out[2] = rows * s->hid;
    j.out[3] = states;
    j.n_out = 4;
    j.run = atr__gru_grad_host_f32;
  } else {
    input(&j, 5, 1, rows * s->hid);
    input(&j, 6, !s->bare, states);
    j.out[2] = states;
    j.n_out = 3;
    j.run = atr__rnn_grad_host_f32;
  }
  return j;
}

static void run(const job *j, int threads, int fast, float *out[5]) {
  atr_error error = ATR_ERROR_INIT;
  atr__pool *pool = NULL;
  atr__view views[5] = { { 0 } };
  if (threads) must(atr__pool_create(threads, &error, &pool));
  for (size_t i = 0; i < j->n_out; i++) {
    out[i] = numbers(j->out[i], 99);
    views[i] = (atr__view){ .data = out[i], .count = j->out[i] };
  }
  const atr__call call = { &j->p, j->n_in, j->n_out, j->in, views, pool, &error, fast };
  must(j->run(&call));
  atr__pool_destroy(pool);
}

static void outputs_free(const job *j, float *out[5]) {
  for (size_t i = 0; i < j->n_out; i++) free(out[i]);
}

static void same(const job *j, int which, float *got[5], float *expected[5], double bound) {
  for (size_t i = 0; i < j->n_out; i++)
    for (int64_t k = 0; k < j->out[i]; k++)
      if (bound > 0 ? !(fabs((double)got[i][k] - (double)expected[i][k]) <= bound)
                    : memcmp(&got[i][k], &expected[i][k], sizeof(float)) != 0)
        ck_abort_msg("shape %d, output %d: element %d is %.9g, not %.9g", which, (int)i, (int)k,
                     (double)got[i][k], (double)expected[i][k]);
}

static void compare(const job *j, int which, float *expected[5]) {
  float *got[5], *first[5] = { NULL };
  for (int fast = 0; fast < 2; fast++)
    for (int threads = 1; threads <= 4; threads *= 2) {
      run(j, threads, fast, got);
      same(j, which, got, expected, fast ? 1e-5 : 0);
      if (fast && threads > 1) same(j, which, got, first, 0);
      if (fast && threads == 1)
        memcpy(first, got, sizeof first);
      else
        outputs_free(j, got);
    }
  outputs_free(j, first);
}

static void job_free(job *j) {
  for (size_t i = 0; i < MOST; i++) free(j->in[i].data);
}

START_TEST(sequences_have_the_bits_of_the_plain_loops_on_any_number_of_threads) {
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    job j = forward_of(&shapes[i]);
    float *expected[5];
    run(&j, 0, 0, expected);
    compare(&j, (int)i, expected);
    outputs_free(&j, expected);
    job_free(&j);
  }
}
END_TEST

START_TEST(gradients_have_the_bits_of_the_plain_loops_on_any_number_of_threads) {
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    job f = forward_of(&shapes[i]);
    float *out[5], *expected[5];
    run(&f, 0, 0, out);
    job j = backward_of(&shapes[i], &f, out);
    run(&j, 0, 0, expected);
    compare(&j, (int)i, expected);
    outputs_free(&j, expected);
    job_free(&j);
    job_free(&f);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = { sequences_have_the_bits_of_the_plain_loops_on_any_number_of_threads,
                                 gradients_have_the_bits_of_the_plain_loops_on_any_number_of_threads };
  return test_run(test_suite("recurrent_host", tests, sizeof tests / sizeof *tests, 120));
}
