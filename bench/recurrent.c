/* recurrent.c: recurrent layers over a sequence beside oneDNN, ONNX Runtime and PyTorch: forward, forward and
 * backward through time, and one step of a stream.
 *
 * All contenders have the same number of threads (2, or --threads), and nobody's packing of weights is
 * counted: they are given before. Ours are whole plans, from an input in memory to the last state read, on
 * the device and on the host. See common.h for options; rows whose name has any of the words. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recurrent.h"

enum { STEPS = 128, SAMPLES = 2000 };

static const char *const cell_name[] = { "LSTM", "GRU", "RNN" };

typedef struct {
  atr_model *model;
  atr_plan *plan;
  atr_run *run;
  char end[64]; /* the output that is read */
  size_t bytes;
} sequence;

typedef struct {
  atr_context *context[2]; /* the device, the host */
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  process process[PROCESSES];
  settings settings;
  char file[64];
} bench;

static atr_model *model_of(const layer *l, atr_value *x) {
  atr_error e = ATR_ERROR_INIT;
  atr_model *m;
  if (atr_model_create(1, &e, &m)) die("model", e.text);
  atr_recurrent_params p = ATR_RECURRENT_PARAMS_INIT;
  p.hidden = l->hidden;
  const atr_shape shape = { 3, { l->t, l->n, l->hidden } };
  const atr_value none = { 0 };
  atr_value last = { 0 }, y;
  *x = atr_model_add_input(m, "x", ATR_F32, &shape);
  if (l->cell == LSTM)
    y = atr_model_lstm(m, &p, *x, none, none, &last, NULL);
  else if (l->cell == GRU)
    y = atr_model_gru(m, &p, 1, *x, none, &last);
  else
    y = atr_model_rnn(m, &p, *x, none, &last);
  atr_model_add_output(m, "y", y);
  if (!l->train) atr_model_add_output(m, "last", last);
  if (atr_model_check(m, &e)) die("model", e.text);
  return m;
}

static sequence sequence_make(const layer *l, atr_context *context) {
  atr_error e = ATR_ERROR_INIT;
  atr_value x;
  sequence s = { .model = model_of(l, &x), .end = "last", .bytes = (size_t)(l->n * l->hidden) * 4 };
  const atr_shape shape = { 3, { l->t, l->n, l->hidden } };
  if (l->train) {
    atr_model *forward = s.model;
    if (atr_model_gradient(forward, &shape, 1, NULL, &e, &s.model)) die("gradient", e.text);
    atr_model_destroy(forward);
    snprintf(s.end, sizeof s.end, "atrous.loss");
    s.bytes = sizeof(float);
  }
  if (atr_plan_create(s.model, context, &shape, 1, NULL, &e, &s.plan) || atr_run_create(s.plan, &e, &s.run))
    die("plan", e.text);
  const int64_t count = l->t * l->n * l->hidden;
  float *values = numbers(count);
  if (atr_run_write(s.run, "x", values, (size_t)count * sizeof *values)) die("x", atr_run_error(s.run));
  free(values);
  return s;
}

static void sequence_free(sequence *s) {
  atr_run_destroy(s->run);
  atr_plan_destroy(s->plan);
  atr_model_destroy(s->model);
}

static double sequence_time(void *self, int batch) {
  const sequence *s = self;
  static char end[1 << 16];
  if (s->bytes > sizeof end) die("end", "too large");
  const double start = now();
  for (int i = 0; i < batch; i++)
    if (atr_run_execute(s->run)) die("run", atr_run_error(s->run));
  if (atr_run_read(s->run, s->end, end, s->bytes)) die("read", atr_run_error(s->run));
  return (now() - start) / batch;
}

/* Tells a process about the layer; 0 where it cannot have it. */
static int process_load(bench *b, int who, const layer *l) {
  char line[160];
  if (who == TORCH)
    snprintf(line, sizeof line, "layer %s %lld %lld %lld %d", cell_name[l->cell], (long long)l->t,
             (long long)l->n, (long long)l->hidden, l->train);
  else if (l->train || !b->process[ORT].in)
    return 0;
  else {
    atr_error e = ATR_ERROR_INIT;
    atr_value x;
    atr_model *m = model_of(l, &x);
    if (atr_model_save(m, b->file, &e)) die("save", e.text);
    atr_model_destroy(m);
    snprintf(line, sizeof line, "load %s %lldx%lldx%lld", b->file, (long long)l->t, (long long)l->n,
             (long long)l->hidden);
  }
  return process_ready(&b->process[who], line);
}

typedef struct {
  const layer_peer *layer;
  dnnl_stream_t stream;
} one_dnn;

static double one_dnn_time(void *self, int batch) {
  const one_dnn *p = self;
  return layer_peer_time(p->layer, p->stream, batch);
}

static void compare(bench *b, const char *name, const layer *l) {
  sequence own[2];
  layer_peer other;
  one_dnn theirs = { &other, b->stream };
  for (int i = 0; i < 2; i++) own[i] = sequence_make(l, b->context[i]);
  if (!l->train) other = layer_peer_make(b->engine, l);
  contender list[] = { { .name = "Atrous", .time = sequence_time, .self = &own[0] },
                       { .name = "host", .time = sequence_time, .self = &own[1], .own = 1 },
                       { .name = "oneDNN", .time = l->train ? NULL : one_dnn_time, .self = &theirs },
                       { .name = "ORT", .self = &b->process[ORT] },
                       { .name = "PyTorch", .self = &b->process[TORCH] } };
  for (int i = ORT; i <= TORCH; i++)
    if (process_load(b, i, l)) list[3 + i - ORT].time = process_time;
  contest_run(list, 5, b->settings.repetitions);
  const contest_row about = { .row = name,
                              .part = l->train    ? ""
                                      : l->n == 1 ? "recurrent 1"
                                                  : "recurrent 16" };
  contest_print(b->settings.form, &about, list, 5, b->settings.repetitions);
  for (int i = 0; i < 2; i++) sequence_free(&own[i]);
  if (!l->train) layer_peer_free(&other);
}

typedef struct {
  atr_stream *stream;
  float *in, *out;
} stepping;

static double step_time(void *self, int batch) {
  const stepping *s = self;
  const double start = now();
  for (int k = 0; k < batch * SAMPLES; k++)
    if (atr_stream_push(s->stream, s->in, s->out, 1)) die("stream", "push");
  return (now() - start) / batch / SAMPLES;
}

static double step_peer_time(void *self, int batch) {
  const one_dnn *p = self;
  return layer_peer_time(p->layer, p->stream, batch * SAMPLES);
}

/* One sample at a time through a stream on the host, beside oneDNN's sequence of one step. */
static void step(bench *b, const char *name, const layer *l) {
  const layer one = { l->cell, 1, 1, l->hidden, 0 };
  atr_error e = ATR_ERROR_INIT;
  atr_value x;
  atr_stream_options options = ATR_STREAM_OPTIONS_INIT;
  options.axis = 0;
  atr_model *m = model_of(l, &x);
  stepping s = { NULL, numbers(l->hidden), numbers(l->hidden) };
  if (atr_stream_create(m, &options, &e, &s.stream)) die("stream", e.text);
  layer_peer other = layer_peer_make(b->engine, &one);
  one_dnn theirs = { &other, b->stream };
  contender list[] = { { .name = "Atrous", .time = step_time, .self = &s, .note = "host" },
                       { .name = "host" },
                       { .name = "oneDNN", .time = step_peer_time, .self = &theirs },
                       { .name = "ORT" },
                       { .name = "PyTorch" } };
  contest_run(list, 5, b->settings.repetitions);
  contest_print(b->settings.form, &(contest_row){ .row = name, .part = "" }, list, 5,
                b->settings.repetitions);
  free(s.in), free(s.out);
  layer_peer_free(&other);
  atr_stream_destroy(s.stream);
  atr_model_destroy(m);
}

static void rows(bench *b) {
  static const int64_t batches[] = { 1, 16 }, hidden[] = { 32, 128, 512 };
  static const layer training[] = { { LSTM, STEPS, 1, 32, 1 }, { LSTM, STEPS, 16, 128, 1 },
                                    { GRU, STEPS, 1, 32, 1 },  { GRU, STEPS, 16, 128, 1 },
                                    { RNN, STEPS, 1, 32, 1 },  { RNN, STEPS, 16, 128, 1 } };
  char name[64];
  for (cell c = LSTM; c <= RNN; c++)
    for (int n = 0; n < 2; n++)
      for (int h = 0; h < 3; h++) {
        const layer l = { c, STEPS, batches[n], hidden[h], 0 };
        snprintf(name, sizeof name, "%s %lld batch %lld", cell_name[c], (long long)l.hidden, (long long)l.n);
        if (settings_want(&b->settings, name)) compare(b, name, &l);
      }
  for (size_t i = 0; i < sizeof training / sizeof *training; i++) {
    const layer *l = &training[i];
    snprintf(name, sizeof name, "%s %lld batch %lld training", cell_name[l->cell], (long long)l->hidden,
             (long long)l->n);
    if (settings_want(&b->settings, name)) compare(b, name, l);
  }
  for (cell c = LSTM; c <= RNN; c++) {
    const layer l = { c, STEPS, 1, 32, 0 };
    snprintf(name, sizeof name, "%s 32 streamed step", cell_name[c]);
    if (settings_want(&b->settings, name)) step(b, name, &l);
  }
}

int main(int argc, char **argv) {
  bench b = { .settings = settings_read(argc, argv, 15) };
  settings_start(&b.settings, 1u << ORT | 1u << TORCH, b.process);
  atr_error e = ATR_ERROR_INIT;
  if (atr_context_open(b.settings.device, NULL, &e, &b.context[0]) ||
      atr_context_open("host", NULL, &e, &b.context[1]))
    die("context", e.text);
  snprintf(b.file, sizeof b.file, "/tmp/recurrent-XXXXXX");
  const int file = mkstemp(b.file);
  if (file < 0) die(b.file, "cannot be made");
  close(file);
  DNN(dnnl_engine_create(&b.engine, dnnl_cpu, 0));
  DNN(dnnl_stream_create(&b.stream, b.engine, dnnl_stream_default_flags));
  static const contender names[] = {
    { .name = "Atrous" }, { .name = "host" }, { .name = "oneDNN" }, { .name = "ORT" }, { .name = "PyTorch" }
  };
  contest_header(b.settings.form, names, 5, b.settings.repetitions);
  rows(&b);
  unlink(b.file);
  for (int k = 0; k < PROCESSES; k++) process_end(&b.process[k]);
  for (int k = 0; k < 2; k++) atr_context_destroy(b.context[k]);
  dnnl_stream_destroy(b.stream);
  dnnl_engine_destroy(b.engine);
  return 0;
}
