/* common.h: what all benchmarks share: the clock, numbers to calculate with, and their options. */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <stdint.h>

#include "contest.h"
#include "process.h"

double now(void);
void pause_ms(long ms);
void die(const char *what, const char *text);
double median(double *list, int n);
float *numbers(int64_t n);

/* --json or --markdown, --device DEVICE, --repetitions N, --threads N, --shapes FILE, --script peers.py,
 * --ort PYTHON, --torch PYTHON, --ncnn PYTHON, then words. */
enum { ORT, TORCH, NCNN, PROCESSES };
typedef struct {
  contest_form form;
  const char *device, *shapes, *script, *python[PROCESSES];
  int repetitions, threads;
  char *const *words;
} settings;

/* Sets the environment of everybody's threads too: before a context is opened. */
settings settings_read(int argc, char **argv, int repetitions);
/* Whether the row's name has any of the words, or begins with one of the form ^WORD; true without words. */
int settings_want(const settings *s, const char *row);
/* The peers among `kinds` (bits 1 << ORT …) that --ort and so on name. */
void settings_start(const settings *s, unsigned kinds, process list[PROCESSES]);

#endif
