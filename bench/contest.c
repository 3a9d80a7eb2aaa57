/* contest.c: contenders that alternate; see contest.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

void contest_run(contender *list, int n, int repetitions) {
  for (int k = 0; k < n; k++) {
    contender *c = &list[k];
    if (!c->time) continue;
    c->time(c->self, 1);
    const double start = now();
    c->time(c->self, 1);
    const double once = now() - start;
    c->batch = once > 3e-3 ? 1 : once > 1e-5 ? (int)(4e-3 / once) : 400;
    c->warm = once < 2e-2;
    pause_ms(9);
  }
  for (int i = 0; i < repetitions; i++)
    for (int k = 0; k < n; k++) {
      contender *c = &list[k];
      if (!c->time) continue;
      if (c->warm) c->time(c->self, 1);
      c->seconds[i] = c->time(c->self, c->batch);
      pause_ms(9);
    }
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

typedef struct {
  double low, middle, high;
} quartiles;

static quartiles of(double *list, int n) {
  qsort(list, (size_t)n, sizeof *list, ascending);
  return (quartiles){ list[n / 4], list[n / 2], list[3 * n / 4] };
}

static quartiles seconds_of(const contender *c, int n) {
  double list[CONTEST_MOST];
  memcpy(list, c->seconds, (size_t)n * sizeof *list);
  return of(list, n);
}

/* The peer with the least median, or 0. A difference of two runs that drowns in noise is none. */
static int best_of(const contender *list, int n, int repetitions) {
  int best = 0;
  double least = 0;
  for (int k = 1; k < n; k++) {
    if (!list[k].time || list[k].own) continue;
    const double middle = seconds_of(&list[k], repetitions).middle;
    if (middle > 1e-8 && (!best || middle < least)) best = k, least = middle;
  }
  return best;
}

/* Of a peer's time to ours. */
static quartiles ratio_of(const contender *list, int peer, int repetitions) {
  double ratio[CONTEST_MOST];
  for (int i = 0; i < repetitions; i++) ratio[i] = list[peer].seconds[i] / list[0].seconds[i];
  return of(ratio, repetitions);
}

void contest_header(contest_form form, const contender *list, int n, int repetitions) {
  if (form == CONTEST_JSON) return;
  if (form == CONTEST_TEXT) printf("%-42s ", "ms");
  if (form == CONTEST_MARKDOWN) printf("| Row, ms |");
  for (int k = 0; k < n; k++) printf(form == CONTEST_MARKDOWN ? " %s |" : "%9s ", list[k].name);
  if (form == CONTEST_TEXT)
    printf(" ratio to the best (quartiles), goal   (medians of %d; above 1: ours is faster)\n", repetitions);
  if (form == CONTEST_MARKDOWN) {
    printf(" ratio to the best (quartiles) | goal | |\n|---|---|---|---|");
    for (int k = 0; k < n; k++) printf("---|");
    putchar('\n');
  }
}

static void json_row(const contest_row *row, contender *list, int n, int repetitions) {
  printf("{\"row\":\"%s\",\"part\":\"%s\",\"goal\":%g,\"bytes\":%g,\"repetitions\":%d,\"contenders\":[",
         row->row, row->part ? row->part : "", row->goal, row->bytes, repetitions);
  for (int k = 0, some = 0; k < n; k++) {
    if (!list[k].time) continue;
    const quartiles t = seconds_of(&list[k], repetitions);
    printf("%s{\"name\":\"%s\",\"note\":\"%s\",\"seconds\":[%.6g,%.6g,%.6g]", some++ ? "," : "", list[k].name,
           list[k].note, t.low, t.middle, t.high);
    if (k) {
      const quartiles r = ratio_of(list, k, repetitions);
      printf(",\"ratio\":[%.4g,%.4g,%.4g]", r.low, r.middle, r.high);
    }
    putchar('}');
  }
  putchar(']');
  const int best = best_of(list, n, repetitions);
  if (best) {
    const quartiles r = ratio_of(list, best, repetitions);
    printf(",\"best\":\"%s\",\"ratio\":[%.4g,%.4g,%.4g]", list[best].name, r.low, r.middle, r.high);
  }
  puts("}");
}

void contest_print(contest_form form, const contest_row *row, contender *list, int n, int repetitions) {
  if (form == CONTEST_JSON) {
    json_row(row, list, n, repetitions);
    fflush(stdout);
    return;
  }
  const int md = form == CONTEST_MARKDOWN;
  printf(md ? "| %s |" : "%-42s ", row->row);
  for (int k = 0; k < n; k++)
    if (list[k].time)
      printf(md ? " %.4g |" : "%9.4g ", 1e3 * seconds_of(&list[k], repetitions).middle);
    else
      printf(md ? " |" : "%9s ", "-");
  const int best = best_of(list, n, repetitions);
  if (best) {
    const quartiles r = ratio_of(list, best, repetitions);
    printf(md ? " %.2f (%.2f-%.2f) |" : " %.2f (%.2f-%.2f)", r.middle, r.low, r.high);
  } else
    printf(md ? " |" : " -");
  if (row->goal > 0)
    printf(md ? " %.2f |" : ", %.2f ", row->goal);
  else
    printf(md ? " |" : "       ");
  if (row->bytes > 0) printf(" %.0f GB/s;", row->bytes / seconds_of(&list[0], repetitions).middle / 1e9);
  for (int k = 0, some = 0; k < n; k++)
    if (list[k].time && *list[k].note) printf("%s%s", some++ ? ", " : " ", list[k].note);
  puts(md ? " |" : "");
  fflush(stdout);
}
