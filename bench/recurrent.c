/* recurrent.c: recurrent layers over a sequence beside oneDNN, ONNX Runtime and PyTorch: forward, forward and
 * backward through time, and one step of a stream.
 *
 * All contenders alternate within every repetition, with a pause behind each whose threads may spin. Every
 * one has the same number of threads (2, or --threads), and nobody's packing of weights is counted: they are
 * given before. Ours are whole plans, from an input in memory to the last state read. Times are medians; a
 * ratio is the median of the repetitions' ratios, with the quartiles behind it, and above 1 ours is faster.
 *
 * Usage: recurrent [--markdown] [--device DEVICE] [--repetitions N] [--threads N] [--ort PYTHON] [--torch
 * PYTHON]
 * [--script recurrent.py] [WORDS …]: rows whose name has any of the words. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recurrent.h"

enum { STEPS = 128, MOST = 101 };
enum { DEVICE, HOST, ONEDNN, ORT, TORCH, CONTENDERS };

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
  process process[2]; /* ONNX Runtime, PyTorch */
  int repetitions, markdown;
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

static double sequence_time(sequence *s, int batch) {
  static char end[1 << 16];
  if (s->bytes > sizeof end) die("end", "too large");
  const double start = now();
  for (int i = 0; i < batch; i++)
    if (atr_run_execute(s->run)) die("run", atr_run_error(s->run));
  if (atr_run_read(s->run, s->end, end, s->bytes)) die("read", atr_run_error(s->run));
  return (now() - start) / batch;
}

/* Tells a process about the layer; 0 where it cannot have it. */
static int process_load(bench *b, process *p, const layer *l) {
  char line[160];
  if (!p->in) return 0;
  if (p == &b->process[0]) {
    atr_error e = ATR_ERROR_INIT;
    atr_value x;
    if (l->train) return 0;
    atr_model *m = model_of(l, &x);
    if (atr_model_save(m, b->file, &e)) die("save", e.text);
    atr_model_destroy(m);
    snprintf(line, sizeof line, "load %s %lld %lld %lld", b->file, (long long)l->t, (long long)l->n,
             (long long)l->hidden);
  } else
    snprintf(line, sizeof line, "layer %s %lld %lld %lld %d", cell_name[l->cell], (long long)l->t,
             (long long)l->n, (long long)l->hidden, l->train);
  const char *answer = process_ask(p, line);
  if (!answer || strcmp(answer, "ready\n")) die("peer", "a process ended");
  return 1;
}

static double process_time(process *p, int batch) {
  char line[32];
  snprintf(line, sizeof line, "time %d", batch);
  const char *answer = process_ask(p, line);
  if (!answer) die("peer", "a process ended");
  return atof(answer);
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

/* The median of a[i]/b[i] with its quartiles, or nothing. */
static void ratio(const double *a, const double *b, int n, char text[48]) {
  double list[MOST];
  for (int i = 0; i < n; i++) list[i] = a[i] / b[i];
  qsort(list, (size_t)n, sizeof *list, ascending);
  snprintf(text, 48, "%.2f (%.2f-%.2f)", list[n / 2], list[n / 4], list[(3 * n) / 4]);
}

static double contend(bench *b, sequence *own, layer_peer *other, int who, int batch) {
  switch (who) {
  case ONEDNN: return layer_peer_time(other, b->stream, batch);
  case ORT:
  case TORCH: return process_time(&b->process[who - ORT], batch);
  default: return sequence_time(&own[who], batch);
  }
}

static void compare(bench *b, const char *name, const layer *l) {
  double time[CONTENDERS][MOST], best[MOST];
  int there[CONTENDERS] = { 1, 1, !l->train, 0, 0 }, batch[CONTENDERS] = { 0 };
  sequence own[2];
  layer_peer other = { 0 };
  for (int i = 0; i < 2; i++) own[i] = sequence_make(l, b->context[i]);
  if (there[ONEDNN]) other = layer_peer_make(b->engine, l);
  for (int i = 0; i < 2; i++) there[ORT + i] = process_load(b, &b->process[i], l);
  for (int who = 0; who < CONTENDERS; who++) {
    if (!there[who]) continue;
    contend(b, own, &other, who, 1);
    const double once = contend(b, own, &other, who, 1);
    batch[who] = once > 4e-3 ? 1 : once > 4e-5 ? (int)(4e-3 / once) : 100;
    pause_ms(9);
  }
  for (int i = 0; i < b->repetitions; i++) {
    for (int who = 0; who < CONTENDERS; who++) {
      if (!there[who]) continue;
      contend(b, own, &other, who, 1);
      time[who][i] = contend(b, own, &other, who, batch[who]);
      pause_ms(9);
    }
    /* Of a gradient, beside the only one that has it. */
    best[i] = there[ONEDNN] ? time[ONEDNN][i] : there[TORCH] ? time[TORCH][i] : 0;
    if (there[ORT] && time[ORT][i] < best[i]) best[i] = time[ORT][i];
  }
  char text[CONTENDERS][16], to_best[2][48], to_torch[48] = "-";
  for (int i = 0; i < 2; i++) ratio(best, time[i], b->repetitions, to_best[i]);
  if (there[TORCH]) ratio(time[TORCH], time[DEVICE], b->repetitions, to_torch);
  for (int who = 0; who < CONTENDERS; who++)
    if (there[who])
      snprintf(text[who], sizeof text[who], "%.1f", median(time[who], b->repetitions) * 1e6);
    else
      snprintf(text[who], sizeof text[who], "-");
  printf(b->markdown ? "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n"
                     : "%-26s %9s %9s %9s %9s %9s  %-18s %-18s %s\n",
         name, text[DEVICE], text[HOST], text[ONEDNN], text[ORT], text[TORCH], to_best[0], to_best[1],
         to_torch);
  fflush(stdout);
  for (int i = 0; i < 2; i++) sequence_free(&own[i]);
  if (there[ONEDNN]) layer_peer_free(&other);
}

/* One sample at a time through a stream on the host, beside oneDNN's sequence of one step. */
static void step(bench *b, const char *name, const layer *l) {
  double time[2][MOST];
  enum { SAMPLES = 2000 };
  const layer one = { l->cell, 1, 1, l->hidden, 0 };
  atr_error e = ATR_ERROR_INIT;
  atr_value x;
  atr_stream *s;
  atr_stream_options options = ATR_STREAM_OPTIONS_INIT;
  options.axis = 0;
  atr_model *m = model_of(l, &x);
  if (atr_stream_create(m, &options, &e, &s)) die("stream", e.text);
  layer_peer other = layer_peer_make(b->engine, &one);
  float *in = numbers(l->hidden), *out = numbers(l->hidden);
  for (int i = 0; i < b->repetitions; i++) {
    const double start = now();
    for (int k = 0; k < SAMPLES; k++)
      if (atr_stream_push(s, in, out, 1)) die("stream", "push");
    time[0][i] = (now() - start) / SAMPLES;
    layer_peer_time(&other, b->stream, 10);
    time[1][i] = layer_peer_time(&other, b->stream, SAMPLES);
    pause_ms(9);
  }
  char to_peer[48];
  ratio(time[1], time[0], b->repetitions, to_peer);
  printf(b->markdown ? "| %s | - | %.2f | %.2f | - | - | - | %s | - |\n"
                     : "%-26s         - %9.2f %9.2f  %s\n",
         name, median(time[0], b->repetitions) * 1e6, median(time[1], b->repetitions) * 1e6, to_peer);
  free(in), free(out);
  layer_peer_free(&other);
  atr_stream_destroy(s);
  atr_model_destroy(m);
}

static void header(const bench *b) {
  if (b->markdown)
    printf("| Row, µs | PoCL | host | oneDNN | ORT %s | PyTorch %s | PoCL: ratio | host: ratio | PoCL to "
           "PyTorch "
           "|\n|---|---|---|---|---|---|---|---|---|\n",
           b->process[0].version, b->process[1].version);
  else
    printf("%-26s %9s %9s %9s %9s %9s  %-18s %-18s %s   (µs, medians of %d; ratios to the best of oneDNN and "
           "ORT)\n",
           "", "device", "host", "oneDNN", "ORT", "PyTorch", "device", "host", "device to PyTorch",
           b->repetitions);
}

static int wanted(const char *name, char *const *words) {
  if (!*words) return 1;
  for (; *words; words++)
    if (strstr(name, *words)) return 1;
  return 0;
}

static void rows(bench *b, char *const *words) {
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
        if (wanted(name, words)) compare(b, name, &l);
      }
  for (size_t i = 0; i < sizeof training / sizeof *training; i++) {
    const layer *l = &training[i];
    snprintf(name, sizeof name, "%s %lld batch %lld training", cell_name[l->cell], (long long)l->hidden,
             (long long)l->n);
    if (wanted(name, words)) compare(b, name, l);
  }
  for (cell c = LSTM; c <= RNN; c++) {
    const layer l = { c, STEPS, 1, 32, 0 };
    snprintf(name, sizeof name, "%s 32 streamed step", cell_name[c]);
    if (wanted(name, words)) step(b, name, &l);
  }
}

int main(int argc, char **argv) {
  const char *device = "auto", *python[2] = { NULL, NULL }, *script = "recurrent.py", *threads = "2";
  bench b = { .repetitions = 15 };
  int i = 1;
  for (; i < argc && !strncmp(argv[i], "--", 2); i++)
    if (!strcmp(argv[i], "--markdown"))
      b.markdown = 1;
    else if (i + 1 == argc)
      die(argv[i], "what?");
    else if (!strcmp(argv[i], "--device"))
      device = argv[++i];
    else if (!strcmp(argv[i], "--repetitions"))
      b.repetitions = atoi(argv[++i]);
    else if (!strcmp(argv[i], "--threads"))
      threads = argv[++i];
    else if (!strcmp(argv[i], "--ort"))
      python[0] = argv[++i];
    else if (!strcmp(argv[i], "--torch"))
      python[1] = argv[++i];
    else if (!strcmp(argv[i], "--script"))
      script = argv[++i];
    else
      die(argv[i], "unknown option");
  if (b.repetitions < 3 || b.repetitions > MOST) b.repetitions = 15;
  setenv("OMP_NUM_THREADS", threads, 1);
  setenv("POCL_MAX_PTHREAD_COUNT", threads, 1);
  setenv("ATROUS_THREADS", threads, 1);
  for (int k = 0; k < 2; k++)
    if (python[k]) b.process[k] = process_start(python[k], script, k ? "torch" : "ort", atoi(threads));
  atr_error e = ATR_ERROR_INIT;
  if (atr_context_open(device, NULL, &e, &b.context[0]) || atr_context_open("host", NULL, &e, &b.context[1]))
    die("context", e.text);
  snprintf(b.file, sizeof b.file, "/tmp/recurrent-XXXXXX");
  const int file = mkstemp(b.file);
  if (file < 0) die(b.file, "cannot be made");
  close(file);
  DNN(dnnl_engine_create(&b.engine, dnnl_cpu, 0));
  DNN(dnnl_stream_create(&b.stream, b.engine, dnnl_stream_default_flags));
  header(&b);
  rows(&b, argv + i);
  unlink(b.file);
  for (int k = 0; k < 2; k++) process_end(&b.process[k]), atr_context_destroy(b.context[k]);
  dnnl_stream_destroy(b.stream);
  dnnl_engine_destroy(b.engine);
  return 0;
}
