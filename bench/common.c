/* common.c: clock, numbers and options of all benchmarks; see common.h. */
#include "config.h"

#include "common.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void pause_ms(long ms) {
  const struct timespec t = { 0, ms * 1000000 };
  nanosleep(&t, NULL);
}

void die(const char *what, const char *text) {
  fprintf(stderr, "bench: %s: %s\n", what, text);
  exit(1);
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

double median(double *list, int n) {
  qsort(list, (size_t)n, sizeof *list, ascending);
  return list[n / 2];
}

float *numbers(int64_t n) {
  float *x = malloc((size_t)n * sizeof *x);
  if (!x) die("memory", "out");
  for (int64_t i = 0; i < n; i++) x[i] = ((float)(i % 19) / 19 - 0.5f) / 16;
  return x;
}

settings settings_read(int argc, char **argv, int repetitions) {
  settings s = { .device = "auto", .script = "peers.py", .repetitions = repetitions, .threads = 2 };
  const struct {
    const char *name;
    const char **text;
    int *number;
  } options[] = { { "--device", &s.device, NULL },       { "--shapes", &s.shapes, NULL },
                  { "--script", &s.script, NULL },       { "--repetitions", NULL, &s.repetitions },
                  { "--threads", NULL, &s.threads },     { "--ort", &s.python[ORT], NULL },
                  { "--torch", &s.python[TORCH], NULL }, { "--ncnn", &s.python[NCNN], NULL } };
  const size_t n = sizeof options / sizeof *options;
  int i = 1;
  for (; i < argc && !strncmp(argv[i], "--", 2); i++) {
    size_t k = 0;
    while (k < n && strcmp(argv[i], options[k].name) != 0) k++;
    if (!strcmp(argv[i], "--json"))
      s.form = CONTEST_JSON;
    else if (!strcmp(argv[i], "--markdown"))
      s.form = CONTEST_MARKDOWN;
    else if (k == n || i + 1 == argc)
      die(argv[i], "no such option, or nothing behind it (bench/README.md has them)");
    else if (options[k].text)
      *options[k].text = argv[++i];
    else
      *options[k].number = atoi(argv[++i]);
  }
  if (s.repetitions < 3 || s.repetitions > CONTEST_MOST) s.repetitions = repetitions;
  if (s.threads < 1) s.threads = 2;
  s.words = argv + i;
  char threads[16];
  snprintf(threads, sizeof threads, "%d", s.threads);
  setenv("OMP_NUM_THREADS", threads, 1);
  setenv("POCL_MAX_PTHREAD_COUNT", threads, 1);
  setenv("ATROUS_THREADS", threads, 1);
  return s;
}

int settings_want(const settings *s, const char *row) {
  if (!*s->words) return 1;
  for (char *const *word = s->words; *word; word++)
    if (**word == '^' ? !strncmp(row, *word + 1, strlen(*word + 1)) : strstr(row, *word) != NULL) return 1;
  return 0;
}

void settings_start(const settings *s, unsigned kinds, process list[PROCESSES]) {
  static const char *const kind[] = { "ort", "torch", "ncnn" };
  for (int k = 0; k < PROCESSES; k++)
    if (s->python[k] && kinds >> k & 1) list[k] = process_start(s->python[k], s->script, kind[k], s->threads);
}
