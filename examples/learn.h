/* learn.h: what the programs that learn share (adding.c, copying.c, rhythm.c, series.c): options, random
 * numbers, the clock, and a chart as SVG text, which any browser shows. Nothing of it is the library's; that
 * is in the programs.
 */
#ifndef LEARN_H
#define LEARN_H

#include <atrous.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Exit statuses beside 0, the error was reached. */
enum { LEARN_FAILED = 1, LEARN_USAGE = 2, LEARN_MISSED = 3 };

struct learn {
  const char *device, *picture; /* NULL: the library's choice; none */
  uint64_t seed;
  int quick;
  const char *word[2]; /* what is no option */
  size_t words;
};

/* Reads the options; -1: go on, else the status to exit with. about: what --help says before the options. */
static inline int learn_options(int argc, char **argv, const char *about, size_t most_words,
                                struct learn *o) {
  *o = (struct learn){ .seed = 1 };
  for (int i = 1; i < argc; i++) {
    const char *a = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
    char *end = "";
    if (!strcmp(a, "-h") || !strcmp(a, "--help")) {
      printf("Usage: %s\n"
             "  -s, --seed N           of the weights and of the data (1)\n"
             "  -q, --quick            a smaller task, for a trial of seconds\n"
             "  -p, --picture FILE.svg draw what was learnt\n"
             "  -d, --device DEVICE    auto, cpu, gpu, host, opencl:P.D or part of a name\n"
             "  -h, --help             this\n\n"
             "Exit: 0 the stated error was reached, 1 a call failed, 2 wrong use, 3 it was not reached.\n",
             about);
      return 0;
    }
    if (!strcmp(a, "-q") || !strcmp(a, "--quick")) {
      o->quick = 1;
      continue;
    }
    if (*a != '-' && o->words < most_words) {
      o->word[o->words++] = a;
      continue;
    }
    const int seed = !strcmp(a, "-s") || !strcmp(a, "--seed");
    const char **text = !strcmp(a, "-p") || !strcmp(a, "--picture")  ? &o->picture
                        : !strcmp(a, "-d") || !strcmp(a, "--device") ? &o->device
                                                                     : NULL;
    if (value && text) *text = value;
    if (value && seed) o->seed = strtoull(value, &end, 10);
    if (!(text || seed) || !value || *end || (seed && (*value < '0' || *value > '9'))) {
      fprintf(stderr, "%s: %s %s; see --help\n", argv[0], a,
              text || seed ? "needs a value" : "is not understood");
      return LEARN_USAGE;
    }
    i++;
  }
  return -1;
}

static inline double learn_clock(void) {
  struct timespec t;
  timespec_get(&t, TIME_UTC);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Uniform in 0 … 1, and of 0 … n-1 (SplitMix64: Steele, Lea, Flood 2014). */
static inline double learn_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}
static inline int learn_below(uint64_t *state, int n) {
  return (int)(learn_random(state) * n);
}

/* A line of a chart: n points, their x at from, from + step, …; as dots where dots is set. */
struct learn_curve {
  const char *name;
  const float *y;
  int n, dots;
  double from, step;
};

/* A step of 1, 2 or 5 times a power of ten, about eight of them in the span. */
static inline double learn_tick(double span) {
  const double power = pow(10, floor(log10(span / 4))), part = span / 8 / power;
  return power * (part <= .2 ? .2 : part <= .5 ? .5 : part <= 1 ? 1 : 2);
}

/* Draws curves over a common pair of axes. 0: the file could not be written, and that is said. */
static inline int learn_chart(const char *file, const char *title, const char *x_label, const char *y_label,
                              const struct learn_curve *curves, int n) {
  static const char *const colour[] = { "#999999", "#d62728", "#1f77b4", "#2ca02c" };
  enum { W = 900, H = 420, LEFT = 80, RIGHT = 20, TOP = 64, BOTTOM = 56 };
  double x0 = HUGE_VAL, x1 = -x0, y0 = x0, y1 = -x0;
  for (int c = 0; c < n; c++)
    for (int i = 0; i < curves[c].n; i++) {
      const double x = curves[c].from + i * curves[c].step, y = (double)curves[c].y[i];
      x0 = fmin(x0, x), x1 = fmax(x1, x), y0 = fmin(y0, y), y1 = fmax(y1, y);
    }
  if (!(x1 > x0)) x0 -= 1, x1 += 1;
  const double room = y1 > y0 ? (y1 - y0) / 20 : 1;
  y0 -= room, y1 += room;
  const double sx = (W - LEFT - RIGHT) / (x1 - x0), sy = (H - TOP - BOTTOM) / (y1 - y0);
  FILE *f = fopen(file, "w");
  if (!f) {
    fprintf(stderr, "%s cannot be written\n", file);
    return 0;
  }
  fprintf(f,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" "
          "font-size=\"13\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
          "<text x=\"%d\" y=\"24\" font-size=\"16\">%s</text>\n"
          "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n"
          "<text transform=\"translate(18,%d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n",
          W, H, LEFT, title, (LEFT + W - RIGHT) / 2, H - 14, x_label, (TOP + H - BOTTOM) / 2, y_label);
  const double tx = learn_tick(x1 - x0), ty = learn_tick(y1 - y0);
  for (double v = ceil(x0 / tx) * tx; v <= x1; v += tx)
    fprintf(f,
            "<path d=\"M%.1f %dV%d\" stroke=\"#eeeeee\"/><text x=\"%.1f\" y=\"%d\" "
            "text-anchor=\"middle\">%.5g</text>\n",
            LEFT + (v - x0) * sx, TOP, H - BOTTOM, LEFT + (v - x0) * sx, H - BOTTOM + 18,
            fabs(v) < tx / 2 ? 0 : v);
  for (double v = ceil(y0 / ty) * ty; v <= y1; v += ty)
    fprintf(f,
            "<path d=\"M%d %.1fH%d\" stroke=\"#eeeeee\"/><text x=\"%d\" y=\"%.1f\" "
            "text-anchor=\"end\">%.5g</text>\n",
            LEFT, H - BOTTOM - (v - y0) * sy, W - RIGHT, LEFT - 6, H - BOTTOM - (v - y0) * sy + 4,
            fabs(v) < ty / 2 ? 0 : v);
  for (int c = 0, at = LEFT; c < n; c++) {
    const char *with = colour[c % 4];
    fprintf(
        f,
        "<rect x=\"%d\" y=\"40\" width=\"14\" height=\"4\" fill=\"%s\"/><text x=\"%d\" y=\"47\">%s</text>\n",
        at, with, at + 20, curves[c].name);
    at += 44 + 8 * (int)strlen(curves[c].name);
    if (!curves[c].dots)
      fprintf(f, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"", with);
    for (int i = 0; i < curves[c].n; i++) {
      const double x = LEFT + (curves[c].from + i * curves[c].step - x0) * sx,
                   y = H - BOTTOM - ((double)curves[c].y[i] - y0) * sy;
      if (curves[c].dots)
        fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>\n", x, y, with);
      else
        fprintf(f, "%.1f,%.1f ", x, y);
    }
    if (!curves[c].dots) fputs("\"/>\n", f);
  }
  fputs("</svg>\n", f);
  const int bad = ferror(f);
  if (fclose(f) || bad) {
    fprintf(stderr, "%s cannot be written\n", file);
    return 0;
  }
  printf("%s shows it\n", file);
  return 1;
}

/* The loss while training, in a hundred parts; a line is printed after each tenth. */
enum { LEARN_PARTS = 100 };
struct learn_history {
  float mean[LEARN_PARTS], nothing[LEARN_PARTS];
  int in[LEARN_PARTS], rounds;
};

static inline void learn_note(struct learn_history *h, int step, int rounds, float loss) {
  const int part = (int)((int64_t)step * LEARN_PARTS / rounds);
  h->rounds = rounds;
  h->mean[part] += (loss - h->mean[part]) / (float)++h->in[part];
  if ((int64_t)(step + 1) * 10 / rounds > (int64_t)step * 10 / rounds)
    printf("step %5d: %.5f\n", step + 1, (double)h->mean[part]);
}

/* The same as a chart, beside the loss of who knows nothing. */
static inline int learn_history_chart(const char *file, const char *title, const char *y_label,
                                      struct learn_history *h, float nothing) {
  const double step = (double)h->rounds / LEARN_PARTS;
  for (int i = 0; i < LEARN_PARTS; i++) h->nothing[i] = nothing;
  const struct learn_curve curves[] = { { "remembers nothing", h->nothing, LEARN_PARTS, 0, step, step },
                                        { "the network", h->mean, LEARN_PARTS, 0, step, step } };
  return learn_chart(file, title, "training step", y_label, curves, 2);
}

#endif
