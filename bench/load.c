/* load.c: what loading a model costs: seconds from file to ready plan, and the memory that this process has
 * grown by since its context was opened. load.py alternates it with ONNX Runtime, a new process for each
 * number.
 *
 *   load DEVICE MODEL [SHAPE …]        a shape for each input, 1x3x224x224; free dimensions are 1 without
 *
 * One line: seconds of the first load and of one more; then KiB: after the load, after a first run, and the
 * most there ever was. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <atrous.h>

enum { INPUTS = 32 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void die(const char *what, const char *text) {
  fprintf(stderr, "load: %s: %s\n", what, text);
  exit(1);
}

/* A line of /proc/self/status in KiB; VmRSS, or VmHWM for the most there was. */
static long memory(const char *key) {
  char line[256];
  long kib = 0;
  FILE *file = fopen("/proc/self/status", "r");
  while (file && fgets(line, sizeof line, file))
    if (!strncmp(line, key, strlen(key))) sscanf(line + strlen(key) + 1, "%ld", &kib);
  if (file) fclose(file);
  return kib;
}

/* Makes VmHWM count from here on. */
static void forget_peak(void) {
  FILE *file = fopen("/proc/self/clear_refs", "w");
  if (!file) return;
  fputs("5", file);
  fclose(file);
}

static size_t shapes_of(const atr_model *model, char **texts, int n, atr_shape shape[INPUTS]) {
  size_t count = 0;
  for (atr_port port; count < INPUTS && (port = atr_model_input(model, count)).name; count++) {
    shape[count] = port.shape;
    if ((int)count < n) {
      shape[count].rank = 0;
      for (char *at = texts[count]; *at && shape[count].rank < ATR_RANK_MAX; at += *at == 'x')
        shape[count].dim[shape[count].rank++] = strtoll(at, &at, 10);
    }
    for (int i = 0; i < shape[count].rank; i++)
      if (shape[count].dim[i] < 0) shape[count].dim[i] = 1;
  }
  return count;
}

static atr_plan *load(atr_context *context, const char *path, char **texts, int n, double *seconds) {
  atr_error error = ATR_ERROR_INIT;
  atr_shape shape[INPUTS];
  atr_model *model;
  atr_plan *plan;
  const double start = now();
  if (atr_model_load(path, NULL, &error, &model) ||
      atr_plan_create(model, context, shape, shapes_of(model, texts, n, shape), NULL, &error, &plan))
    die(path, error.text);
  *seconds = now() - start;
  atr_model_destroy(model);
  return plan;
}

static void run_once(atr_plan *plan, atr_run *run) {
  for (int out = 0; out < 2; out++) {
    if (out && atr_run_execute(run)) die("run", atr_run_error(run));
    for (size_t i = 0;; i++) {
      const atr_port port = out ? atr_plan_output(plan, i) : atr_plan_input(plan, i);
      if (!port.name) break;
      size_t bytes = atr_type_size(port.type);
      for (int k = 0; k < port.shape.rank; k++) bytes *= (size_t)port.shape.dim[k];
      char *data = calloc(bytes + 1, 1);
      if (!data ||
          (out ? atr_run_read(run, port.name, data, bytes) : atr_run_write(run, port.name, data, bytes)))
        die(port.name, atr_run_error(run));
      free(data);
    }
  }
}

int main(int argc, char **argv) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context;
  atr_run *run;
  double first, again;
  if (argc < 3) die("usage", "load DEVICE MODEL [SHAPE ...]");
  setenv("POCL_WORK_GROUP_SPECIALIZATION", "0", 0); /* as the programs do */
  if (atr_context_open(argv[1], NULL, &error, &context)) die(argv[1], error.text);
  const long empty = memory("VmRSS");
  forget_peak();
  atr_plan *plan = load(context, argv[2], argv + 3, argc - 3, &first);
  if (atr_run_create(plan, &error, &run)) die("run", error.text);
  const long loaded = memory("VmRSS");
  run_once(plan, run);
  const long ran = memory("VmRSS"), peak = memory("VmHWM");
  atr_plan *other = load(context, argv[2], argv + 3, argc - 3, &again);
  printf("%.9f %.9f %ld %ld %ld\n", first, again, loaded - empty, ran - empty, peak - empty);
  atr_plan_destroy(other);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_context_destroy(context);
  return 0;
}
