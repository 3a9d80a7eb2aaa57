/* operators.c: one operator a row against oneDNN, both without the conversions at the ends of a plan.
 *
 * Ours is the difference between plans of eight and of two nodes (a plan of four nodes while training, where
 * there are no conversions); oneDNN's is of eight primitives alone. Contenders alternate within every
 * repetition, with a pause after oneDNN, whose threads spin for some milliseconds and would slow whatever
 * comes next. Times are medians; the ratio is the median of the repetitions' ratios, and above 1 ours is
 * faster.
 *
 * Usage: operators [--markdown] [--device DEVICE] [--repetitions N] [WORDS …]: rows whose name has any of the
 * words. */
#include "config.h"

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONV(name, what, c, oc, h, w, f, s, d, goal)                                                         \
  { name, what, 1, c, oc, h, w, f, s, d, 1, 0, 0, 0, goal }

static const row rows[] = {
  CONV("3x3 64 56x56", CHAIN, 64, 64, 56, 56, 3, 1, 1, 0.9),
  CONV("3x3 128 28x28", CHAIN, 128, 128, 28, 28, 3, 1, 1, 0.9),
  CONV("3x3 256 14x14", CHAIN, 256, 256, 14, 14, 3, 1, 1, 0.9),
  CONV("3x3 512 7x7", CHAIN, 512, 512, 7, 7, 3, 1, 1, 0),
  CONV("3x3 64 64x64 dilation 2", CHAIN, 64, 64, 64, 64, 3, 1, 2, 0),
  CONV("3x3 256 64x64 dilation 2", CHAIN, 256, 256, 64, 64, 3, 1, 2, 0.9),
  CONV("3x3 256 64x64 dilation 4", CHAIN, 256, 256, 64, 64, 3, 1, 4, 0.9),
  CONV("3x3 256 64x64 dilation 12", CHAIN, 256, 256, 64, 64, 3, 1, 12, 0.9),
  CONV("1x1 256 to 64 56x56", FAN, 256, 64, 56, 56, 1, 1, 1, 0.85),
  CONV("1x1 64 to 256 56x56", FAN, 64, 256, 56, 56, 1, 1, 1, 0.85),
  { "1x1 64 to 256 56x56 + residual", FAN, 1, 64, 256, 56, 56, 1, 1, 1, 1, 0, 1, 0, 0.85 },
  CONV("1x1 512 to 128 28x28", FAN, 512, 128, 28, 28, 1, 1, 1, 0.85),
  CONV("1x1 128 to 512 28x28", FAN, 128, 512, 28, 28, 1, 1, 1, 0.85),
  CONV("1x1 1024 to 256 14x14", FAN, 1024, 256, 14, 14, 1, 1, 1, 0.85),
  CONV("1x1 256 to 1024 14x14", FAN, 256, 1024, 14, 14, 1, 1, 1, 0.85),
  CONV("7x7 stride 2 3 to 64 224x224 (stem)", FAN, 3, 64, 224, 224, 7, 2, 1, 0.9),
  CONV("3x3 stride 2 128 56x56", FAN, 128, 128, 56, 56, 3, 2, 1, 0.9),
  { "3x3 depthwise 128 56x56", CHAIN, 1, 128, 128, 56, 56, 3, 1, 1, 128, 0, 0, 0, 0 },
  { "3x3 depthwise 512 14x14", CHAIN, 1, 512, 512, 14, 14, 3, 1, 1, 512, 0, 0, 0, 0 },
  { "3x3 depthwise 128 56x56 stride 2", FAN, 1, 128, 128, 56, 56, 3, 2, 1, 128, 0, 0, 0, 0 },
  { "3 causal 32 4096", CHAIN, 1, 32, 32, 0, 4096, 3, 1, 1, 1, 1, 0, 0, 0 },
  { "3 causal 32 4096 dilation 512", CHAIN, 1, 32, 32, 0, 4096, 3, 1, 512, 1, 1, 0, 0, 0 },
  { "3 causal 64 4096 dilation 16", CHAIN, 1, 64, 64, 0, 4096, 3, 1, 16, 1, 1, 0, 0, 0 },
  { "3 causal 128 4096 dilation 16", CHAIN, 1, 128, 128, 0, 4096, 3, 1, 16, 1, 1, 0, 0, 0 },
  { "training 3x3 4x64 32x32", TRAIN, 4, 64, 64, 32, 32, 3, 1, 1, 1, 0, 0, 0, 0 },
  { "training 3x3 8x16 128x128", TRAIN, 8, 16, 16, 128, 128, 3, 1, 1, 1, 0, 0, 0, 0 },
  { "d input 3x3 64 56x56", GRAD_INPUT, 1, 64, 64, 56, 56, 3, 1, 1, 1, 0, 0, 0, 0.7 },
  { "d input 3x3 4x64 32x32", GRAD_INPUT, 4, 64, 64, 32, 32, 3, 1, 1, 1, 0, 0, 0, 0.7 },
  { "d input 3x3 4x128 16x16", GRAD_INPUT, 4, 128, 128, 16, 16, 3, 1, 1, 1, 0, 0, 0, 0.7 },
  { "d input 3x3 8x16 128x128", GRAD_INPUT, 8, 16, 16, 128, 128, 3, 1, 1, 1, 0, 0, 0, 0.7 },
  { "d input 3x3 256 64x64 dilation 4", GRAD_INPUT, 1, 256, 256, 64, 64, 3, 1, 4, 1, 0, 0, 0, 0.7 },
  { "d input 3x3 stride 2 4x64 56x56", GRAD_INPUT, 4, 64, 64, 56, 56, 3, 2, 1, 1, 0, 0, 0, 0.7 },
  { "d input 1x1 4x256 to 64 28x28", GRAD_INPUT, 4, 256, 64, 28, 28, 1, 1, 1, 1, 0, 0, 0, 0.7 },
  { "d input 3 causal 8x32 1024 dilation 16", GRAD_INPUT, 8, 32, 32, 0, 1024, 3, 1, 16, 1, 1, 0, 0, 0.7 },
  { "d filter 3x3 64 56x56", GRAD_FILTER, 1, 64, 64, 56, 56, 3, 1, 1, 1, 0, 0, 0, 0.7 },
  { "d filter 3x3 4x64 32x32", GRAD_FILTER, 4, 64, 64, 32, 32, 3, 1, 1, 1, 0, 0, 0, 0.7 },
  { "d filter 3x3 4x128 16x16", GRAD_FILTER, 4, 128, 128, 16, 16, 3, 1, 1, 1, 0, 0, 0, 0.7 },
  { "d filter 3x3 8x16 128x128", GRAD_FILTER, 8, 16, 16, 128, 128, 3, 1, 1, 1, 0, 0, 0, 0.7 },
  { "d filter 3x3 256 64x64 dilation 4", GRAD_FILTER, 1, 256, 256, 64, 64, 3, 1, 4, 1, 0, 0, 0, 0.7 },
  { "d filter 3x3 stride 2 4x64 56x56", GRAD_FILTER, 4, 64, 64, 56, 56, 3, 2, 1, 1, 0, 0, 0, 0.7 },
  { "d filter 1x1 4x256 to 64 28x28", GRAD_FILTER, 4, 256, 64, 28, 28, 1, 1, 1, 1, 0, 0, 0, 0.7 },
  { "d filter 3 causal 8x32 1024 dilation 16", GRAD_FILTER, 8, 32, 32, 0, 1024, 3, 1, 16, 1, 1, 0, 0, 0.7 },
  { "bilinear x2 64 56x56", UPSAMPLE, 1, 64, 64, 56, 56, 1, 2, 1, 1, 0, 0, 1, 1.5 },
  { "bilinear x2 64 112x112", UPSAMPLE, 1, 64, 64, 112, 112, 1, 2, 1, 1, 0, 0, 1, 1.5 },
  { "bilinear x2 64 112x112, plain", UPSAMPLE, 1, 64, 64, 112, 112, 1, 2, 1, 1, 0, 0, 0, 0 },
  { "max pool 3x3 stride 2 64 448x448", MAX_POOL, 1, 64, 64, 448, 448, 3, 2, 1, 1, 0, 0, 1, 1.0 },
  { "max pool 3x3 stride 2 64 448x448, plain", MAX_POOL, 1, 64, 64, 448, 448, 3, 2, 1, 1, 0, 0, 0, 0 },
  { "max pool 3x3 stride 2 64 112x112", MAX_POOL, 1, 64, 64, 112, 112, 3, 2, 1, 1, 0, 0, 1, 0 },
  { "softmax 64 112x112", SOFTMAX, 1, 64, 64, 112, 112, 1, 1, 1, 1, 0, 0, 1, 0 },
  { "softmax 64 448x448", SOFTMAX, 1, 64, 64, 448, 448, 1, 1, 1, 1, 0, 0, 1, 0 },
};

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
    if (strstr(r->name, *words)) return 1;
  return 0;
}

int main(int argc, char **argv) {
  const char *device = "auto";
  int repetitions = 31, i = 1;
  for (; i < argc && !strncmp(argv[i], "--", 2); i++)
    if (!strcmp(argv[i], "--markdown"))
      markdown = 1;
    else if (!strcmp(argv[i], "--device") && i + 1 < argc)
      device = argv[++i];
    else if (!strcmp(argv[i], "--repetitions") && i + 1 < argc)
      repetitions = atoi(argv[++i]);
    else
      die(argv[i], "unknown; usage: operators [--markdown] [--device DEVICE] [--repetitions N] [WORDS]");
  if (repetitions < 3 || repetitions > MOST) repetitions = 31;
  atr_error e = ATR_ERROR_INIT;
  atr_context *context;
  if (atr_context_open(device, NULL, &e, &context)) die("context", e.text);
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  DNN(dnnl_engine_create(&engine, dnnl_cpu, 0));
  DNN(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
  header(repetitions);
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
    if (wanted(&rows[k], argv + i)) compare(context, engine, stream, &rows[k], repetitions);
  dnnl_stream_destroy(stream);
  dnnl_engine_destroy(engine);
  atr_context_destroy(context);
  return 0;
}
