/* progress.c: the bar; see progress.h. */
#include "common/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
  bool draws, colours, shown;
  double begun, last;
  char stage[64];
} state;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void progress_setup(bool quiet) {
  const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
  bool terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb");
  memset(&state, 0, sizeof state);
  state.draws = terminal && !quiet;
  state.colours = terminal && !(no_color && *no_color);
}

static void describe_seconds(double s, char *text, size_t size) {
  if (s < 90)
    snprintf(text, size, "%.0f s left", s);
  else if (s < 5400)
    snprintf(text, size, "%.0f min left", s / 60);
  else
    snprintf(text, size, "%.1f h left", s / 3600);
}

void progress_show(const char *stage, uint64_t done, uint64_t total, double seconds_left, const char *note) {
  enum { WIDTH = 24 };
  if (!state.draws) return;
  double t = now();
  if (strncmp(state.stage, stage, sizeof state.stage - 1)) {
    snprintf(state.stage, sizeof state.stage, "%s", stage);
    state.begun = t;
    state.last = 0;
  }
  if (t - state.last < 0.1 && done < total) return;
  state.last = t;
  if (done > total) done = total;
  double share = total ? (double)done / (double)total : 0;
  if (seconds_left < 0 && share > 0.02 && share < 1) seconds_left = (t - state.begun) * (1 - share) / share;
  char bar[WIDTH + 1], left[32] = "";
  for (int i = 0; i < WIDTH; i++) bar[i] = i < (int)(share * WIDTH + 0.5) ? '#' : ' ';
  bar[WIDTH] = 0;
  if (seconds_left > 0) describe_seconds(seconds_left, left, sizeof left);
  fprintf(stderr, "\r%-10.20s [%s] %3.0f %%  %s%s%.30s\033[K", stage, bar, 100 * share, left,
          note && *left ? "  " : "", note ? note : "");
  fflush(stderr);
  state.shown = true;
}

void progress_clear(void) {
  if (!state.shown) return;
  fputs("\r\033[K", stderr);
  fflush(stderr);
  state.shown = false;
}

const char *progress_bold(void) {
  return state.colours ? "\033[1m" : "";
}

const char *progress_plain(void) {
  return state.colours ? "\033[0m" : "";
}
