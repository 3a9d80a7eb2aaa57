/* operators.c: one operator a row against oneDNN, both without the conversions at the ends of a plan.
 *
 * Ours is the difference between plans of eight and of two nodes (a plan of four nodes while training, where
 * there are no conversions); oneDNN's is of eight primitives alone. Contenders alternate within every
 * repetition, with a pause after oneDNN, whose threads spin for some milliseconds and would slow whatever
 * comes next. Times are medians; the ratio is the median of the repetitions' ratios, and above 1 ours is
 * faster.
 *
 * Usage: operators [--markdown] [--device DEVICE] [--repetitions N] [--shapes FILE] [WORDS …]: rows of the
 * file (bench/shapes.txt) whose name has any of the words, or begins with one of the form ^WORD. */
#include "config.h"

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 101, EIGHT = 8, TWO = 2, FOUR = 4 };

static int markdown;

static void header(int repetitions) {
  if (markdown) {
    puts("| Row | ours ms | oneDNN ms | ratio | goal | | ours | oneDNN |\n|---|---|---|---|---|---|---|---|");
    return;
  }
  printf("%-42s %9s %9s %6s %5s %10s  algorithms   (medians of %d; ratio above 1: ours is faster)\n", "",
         "ours ms", "oneDNN ms", "ratio", "goal", "", repetitions);
}

static void compare(atr_context *context, dnnl_engine_t engine, dnnl_stream_t stream, const row *r,
                    int repetitions) {
  double a[MOST], b[MOST], ratio[MOST];
  const int difference = r->what != TRAIN && r->what != GRAD_INPUT && r->what != GRAD_FILTER;
  ours more = ours_make(context, r, difference ? EIGHT : FOUR, EIGHT), few = { 0 };
  if (difference) few = ours_make(context, r, TWO, EIGHT);
  peer p = peer_make(engine, r);
  ours_time(&more, 1);
  if (difference) ours_time(&few, 1);
  peer_time(&p, stream, 1);
  pause_ms(9);
  const double once = ours_time(&more, 1);
  const int batch = once > 3e-3 ? 1 : once > 3e-5 ? (int)(4e-3 / once) : 100;
  for (int i = 0; i < repetitions; i++) {
    pause_ms(9);
    ours_time(&more, 1);
    a[i] = ours_time(&more, batch) / FOUR;
    if (difference) {
      ours_time(&few, 1);
      a[i] = (a[i] * FOUR - ours_time(&few, batch)) / (EIGHT - TWO);
    }
    peer_time(&p, stream, 1);
    b[i] = peer_time(&p, stream, batch) / PEER_NODES;
    ratio[i] = b[i] / a[i];
  }
  const double t = median(a, repetitions), u = median(b, repetitions), x = median(ratio, repetitions);
  char algorithm[32], goal[16] = "", speed[32];
  ours_algorithm(&more, r, algorithm);
  if (r->goal > 0) snprintf(goal, sizeof goal, "%.2f", r->goal);
  const double flops = row_flops(r);
  snprintf(speed, sizeof speed, flops > 0 ? "%.0f GF/s" : "%.0f GB/s",
           (flops > 0 ? flops : row_bytes(r)) / t / 1e9);
  if (markdown)
    printf("| %s | %.3f | %.3f | %.2f | %s | %s | %s | %s |\n", r->name, t * 1e3, u * 1e3, x, goal, speed,
           algorithm, p.implementation);
  else
    printf("%-42s %9.3f %9.3f %6.2f %5s %10s  %s, %s\n", r->name, t * 1e3, u * 1e3, x, goal, speed, algorithm,
           p.implementation);
  fflush(stdout);
  ours_free(&more);
  if (difference) ours_free(&few);
  peer_free(&p);
}

static int wanted(const row *r, char *const *words) {
  if (!*words) return 1;
  for (; *words; words++)
    if (**words == '^' ? !strncmp(r->name, *words + 1, strlen(*words + 1)) : strstr(r->name, *words) != NULL)
      return 1;
  return 0;
}

int main(int argc, char **argv) {
  const char *device = "auto", *shapes = BENCH_SHAPES;
  int repetitions = 31, i = 1;
  for (; i < argc && !strncmp(argv[i], "--", 2); i++)
    if (!strcmp(argv[i], "--markdown"))
      markdown = 1;
    else if (!strcmp(argv[i], "--device") && i + 1 < argc)
      device = argv[++i];
    else if (!strcmp(argv[i], "--repetitions") && i + 1 < argc)
      repetitions = atoi(argv[++i]);
    else if (!strcmp(argv[i], "--shapes") && i + 1 < argc)
      shapes = argv[++i];
    else
      die(argv[i], "unknown; usage: operators [--markdown] [--device DEVICE] [--repetitions N] [--shapes "
                   "FILE] [WORDS]");
  if (repetitions < 3 || repetitions > MOST) repetitions = 31;
  atr_error e = ATR_ERROR_INIT;
  atr_context *context;
  if (atr_context_open(device, NULL, &e, &context)) die("context", e.text);
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  DNN(dnnl_engine_create(&engine, dnnl_cpu, 0));
  DNN(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
  size_t n;
  row *const rows = rows_read(shapes, &n);
  header(repetitions);
  for (size_t k = 0; k < n; k++)
    if (wanted(&rows[k], argv + i)) compare(context, engine, stream, &rows[k], repetitions);
  free(rows);
  dnnl_stream_destroy(stream);
  dnnl_engine_destroy(engine);
  atr_context_destroy(context);
  return 0;
}
