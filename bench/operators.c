/* operators.c: one operator a row against oneDNN, and convolutions against its Winograd, ONNX Runtime,
 * PyTorch and ncnn, all without the conversions at the ends of a plan.
 *
 * Ours is the difference between plans of eight and of two nodes (a plan of four nodes while training, where
 * there are no conversions), and so are the other libraries'; oneDNN's is of eight primitives alone. Rows
 * with dilation have our own time without it beside them, those out of cache what memory gives (triad.c),
 * those that Winograd's algorithms do not take what registers give (peak.c).
 *
 * See common.h for options; rows of the file (bench/shapes.txt) whose name has any of the words, or begins
 * with one of the form ^WORD. */
#include "config.h"

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EIGHT = 8, TWO = 2, FOUR = 4 };
enum { OWN, DENSE, MEMORY, PEAK, ONEDNN, WINOGRAD, OTHERS, CONTENDERS = OTHERS + PROCESSES };

typedef struct {
  ours more, few;
  int difference;
} plans;

typedef struct {
  peer peer;
  dnnl_stream_t stream;
} primitives;

typedef struct {
  atr_context *context;
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  process process[PROCESSES];
  settings settings;
  char file[2][64];
} bench;

static const contender names[CONTENDERS] = { { .name = "Atrous" },
                                             { .name = "dense", .own = 1 },
                                             { .name = "triad", .own = 1 },
                                             { .name = "peak", .own = 1 },
                                             { .name = "oneDNN" },
                                             { .name = "its Winograd" },
                                             { .name = "ORT" },
                                             { .name = "PyTorch" },
                                             { .name = "ncnn" } };

static plans plans_make(atr_context *context, const row *r) {
  plans p = { .difference = r->what != TRAIN && r->what != GRAD_INPUT && r->what != GRAD_FILTER };
  p.more = ours_make(context, r, p.difference ? EIGHT : FOUR, EIGHT);
  if (p.difference) p.few = ours_make(context, r, TWO, EIGHT);
  return p;
}

static void plans_free(plans *p) {
  ours_free(&p->more);
  if (p->difference) ours_free(&p->few);
}

static double plans_time(void *self, int batch) {
  plans *p = self;
  if (!p->difference) return ours_time(&p->more, batch) / FOUR;
  ours_time(&p->few, 1);
  const double few = ours_time(&p->few, batch);
  ours_time(&p->more, 1);
  return (ours_time(&p->more, batch) - few) / (EIGHT - TWO);
}

static double primitives_time(void *self, int batch) {
  const primitives *p = self;
  return peer_time(&p->peer, p->stream, batch) / PEER_NODES;
}

static double memory_time(void *self, int batch) {
  return triad_time(row_bytes(self), batch);
}

static double multiply_time(void *self, int batch) {
  return peak_time(row_flops(self), batch);
}

/* The same layers in other libraries. */
static void others(bench *b, const row *r, const plans *own, contender *list) {
  char line[512];
  atr_error e = ATR_ERROR_INIT;
  if (!row_forward(r)) return;
  if (b->process[ORT].in) {
    if (atr_model_save(own->more.model, b->file[0], &e) || atr_model_save(own->few.model, b->file[1], &e))
      die("save", e.text);
    int n = snprintf(line, sizeof line, "pair %s %s %d", b->file[0], b->file[1], EIGHT - TWO);
    for (int k = 0; k <= r->residual; k++) {
      n += snprintf(line + n, sizeof line - (size_t)n, " %lldx%lld", (long long)r->n,
                    (long long)(k ? r->oc : r->c));
      for (int i = 0; i < row_axes(r); i++)
        n += snprintf(line + n, sizeof line - (size_t)n, "x%lld",
                      (long long)(k ? row_out(r, i) : row_in(r, i)));
    }
    if (process_ready(&b->process[ORT], line)) list[OTHERS + ORT].time = process_time;
  }
  snprintf(line, sizeof line, "chain %d %d %s %lld %lld %lld %lld %lld %lld %lld %lld %lld %d %d", EIGHT, TWO,
           r->what == CHAIN ? "chain"
           : r->what == FAN ? "fan"
                            : "transposed",
           (long long)r->n, (long long)r->c, (long long)r->oc, (long long)r->h, (long long)r->w,
           (long long)r->filter, (long long)r->stride, (long long)r->dilation, (long long)r->group, r->causal,
           r->residual);
  for (int k = TORCH; k <= NCNN; k++)
    if (process_ready(&b->process[k], line)) list[OTHERS + k].time = process_time;
}

/* Planes of sixteen times the dilation have phases of the size that a dense filter would want. */
static int beside_dense(const row *r) {
  int wide = r->what == CHAIN && r->dilation > 1;
  for (int i = 0; i < row_axes(r); i++) wide = wide && row_in(r, i) >= 16 * r->dilation;
  return wide;
}

static void compare(bench *b, row *r) {
  contender list[CONTENDERS];
  memcpy(list, names, sizeof list);
  plans own = plans_make(b->context, r), plain;
  primitives direct = { .stream = b->stream }, winograd = { .stream = b->stream };
  list[OWN].time = plans_time;
  list[OWN].self = &own;
  ours_algorithm(&own.more, r, list[OWN].note);
  const int dense = beside_dense(r);
  if (dense) {
    row without = *r;
    without.dilation = 1;
    plain = plans_make(b->context, &without);
    list[DENSE].time = plans_time;
    list[DENSE].self = &plain;
    ours_algorithm(&plain.more, &without, list[DENSE].note);
  }
  if (r->what >= MAX_POOL && row_bytes(r) > 5e7) {
    list[MEMORY].time = memory_time;
    list[MEMORY].self = r;
  }
  if (row_forward(r) && (r->filter == 1 || r->stride > 1) && peak_known()) {
    list[PEAK].time = multiply_time;
    list[PEAK].self = r;
  }
  const int takes = (r->what == CHAIN || r->what == FAN) && peer_make(&winograd.peer, b->engine, r, 1);
  peer_make(&direct.peer, b->engine, r, 0);
  list[ONEDNN].time = primitives_time;
  list[ONEDNN].self = &direct;
  snprintf(list[ONEDNN].note, sizeof list->note, "%s", direct.peer.implementation);
  if (takes) {
    list[WINOGRAD].time = primitives_time;
    list[WINOGRAD].self = &winograd;
    snprintf(list[WINOGRAD].note, sizeof list->note, "%s", winograd.peer.implementation);
  }
  for (int k = 0; k < PROCESSES; k++) list[OTHERS + k].self = &b->process[k];
  others(b, r, &own, list);
  contest_run(list, CONTENDERS, b->settings.repetitions);
  const contest_row about = { r->name, r->part, r->goal, r->what >= MAX_POOL ? row_bytes(r) : 0 };
  contest_print(b->settings.form, &about, list, CONTENDERS, b->settings.repetitions);
  plans_free(&own);
  if (dense) plans_free(&plain);
  peer_free(&direct.peer);
  if (takes) peer_free(&winograd.peer);
}

int main(int argc, char **argv) {
  bench b = { .settings = settings_read(argc, argv, 31) };
  atr_error e = ATR_ERROR_INIT;
  settings_start(&b.settings, ~0u, b.process);
  if (atr_context_open(b.settings.device, NULL, &e, &b.context)) die("context", e.text);
  for (int i = 0; i < 2; i++) {
    snprintf(b.file[i], sizeof b.file[i], "/tmp/operators-XXXXXX");
    const int file = mkstemp(b.file[i]);
    if (file < 0) die(b.file[i], "cannot be made");
    close(file);
  }
  DNN(dnnl_engine_create(&b.engine, dnnl_cpu, 0));
  DNN(dnnl_stream_create(&b.stream, b.engine, dnnl_stream_default_flags));
  size_t n;
  row *const rows = rows_read(b.settings.shapes ? b.settings.shapes : BENCH_SHAPES, &n);
  contest_header(b.settings.form, names, CONTENDERS, b.settings.repetitions);
  for (size_t k = 0; k < n; k++)
    if (settings_want(&b.settings, rows[k].name)) compare(&b, &rows[k]);
  free(rows);
  for (int i = 0; i < 2; i++) unlink(b.file[i]);
  for (int k = 0; k < PROCESSES; k++) process_end(&b.process[k]);
  dnnl_stream_destroy(b.stream);
  dnnl_engine_destroy(b.engine);
  atr_context_destroy(b.context);
  return 0;
}
