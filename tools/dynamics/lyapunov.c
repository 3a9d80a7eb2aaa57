/* lyapunov.c: atrous-dynamics lyapunov: the largest exponents, the rates at which neighbouring states part
 * (+) or meet (-).
 *
 * Benettin's method: k vectors are carried along by the tangent map and made orthonormal again by QR; the
 * logarithms of R's diagonal, averaged, are the exponents. A tenth of the run is left out at the beginning.
 * The spread is the standard error of the means of 20 stretches. Sources: Benettin, Galgani, Giorgilli,
 * Strelcyn, Meccanica 1980; Kaplan and Yorke, 1979 (the dimension). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/plot.h"
#include "dynamics/draw.h"
#include "dynamics/linear.h"
#include "dynamics/lyapunov.h"

enum { MOST = 8, POINTS = 200, FEWEST = 1000, LONGEST = 100000 };

static bool begin(const struct job *job, struct lyapunov *l, double **room, struct fault *fault) {
  const struct system *s = &job->system;
  const size_t n = s->states, k = l->k;
  l->exponent = calloc((2 + POINTS + LYAPUNOV_PARTS) * k + POINTS, sizeof *l->exponent);
  *room = malloc((n + n * k + k) * sizeof **room);
  if (!l->exponent || !*room) {
    free(*room);
    lyapunov_destroy(l);
    return fault_nomem(fault, (n + n * k + k) * sizeof **room);
  }
  l->spread = l->exponent + k;
  l->part = l->spread + k;
  l->history = l->part + LYAPUNOV_PARTS * k;
  l->time = l->history + POINTS * k;
  return true;
}

/* One step, and V made orthonormal: adds ln |R| to sum. */
static bool advance(const struct job *job, size_t t, double *x, double *v, double *r, size_t k, double *sum,
                    struct fault *fault) {
  const struct system *s = &job->system;
  system_tangent(s, job_input(job, t), x, x, v, k);
  for (size_t i = 0; i < s->states; i++)
    if (!isfinite(x[i])) {
      fault_set(fault, FAULT_NONFINITE, "the state is not finite after %zu steps", t + 1);
      return fault_remedy(fault, s->continuous ? "give a smaller --dt or another --method"
                                               : "make the weights smaller, or the activation bounded");
    }
  if (!linear_qr(s->states, k, v, r, fault)) return false;
  for (size_t i = 0; sum && i < k; i++) sum[i] += log(fmax(fabs(r[i]), 1e-300));
  return t % 256 || !signals_pending() || fault_set(fault, FAULT_INTERRUPTED, "interrupted");
}

static void finish(const struct system *s, struct lyapunov *l) {
  const size_t k = l->k;
  const double each = system_dt(s) * (double)(l->steps / LYAPUNOV_PARTS);
  for (size_t i = 0; i < k; i++) {
    double mean = 0, squares = 0;
    for (size_t p = 0; p < LYAPUNOV_PARTS; p++) mean += l->part[p * k + i] / each / LYAPUNOV_PARTS;
    for (size_t p = 0; p < LYAPUNOV_PARTS; p++) {
      const double d = l->part[p * k + i] / each - mean;
      squares += d * d;
    }
    l->exponent[i] = mean;
    l->spread[i] = sqrt(squares / (LYAPUNOV_PARTS - 1) / LYAPUNOV_PARTS);
  }
  /* Kaplan and Yorke: how many exponents add up to 0, the last one in part. */
  double sum = 0;
  size_t j = 0;
  while (j < k && sum + l->exponent[j] >= 0) sum += l->exponent[j++];
  l->dimension = j < k ? (double)j + (j ? sum / fabs(l->exponent[j]) : 0) : k == s->states ? (double)k : NAN;
}

bool lyapunov_run(struct job *job, size_t k, size_t steps, struct lyapunov *l, struct fault *fault) {
  const struct system *s = &job->system;
  const size_t n = s->states;
  double *room;
  if (steps < LYAPUNOV_PARTS) steps = LYAPUNOV_PARTS;
  steps -= steps % LYAPUNOV_PARTS;
  *l = (struct lyapunov){ .k = k, .steps = steps };
  if (!begin(job, l, &room, fault)) return false;
  double *x = room, *v = x + n, *r = v + n * k;
  const uint64_t seed = draw_seed((uint64_t)job->common->seed, "lyapunov");
  memcpy(x, job_initial(job), n * sizeof *x);
  for (size_t i = 0; i < n * k; i++) v[i] = draw_normal(seed, i);
  const size_t left_out = steps / 10;
  bool ok = linear_qr(n, k, v, r, fault);
  for (size_t t = 0; ok && t < left_out; t++) ok = advance(job, t, x, v, r, k, NULL, fault);
  for (size_t t = 0; ok && t < steps; t++) {
    double *part = l->part + t / (steps / LYAPUNOV_PARTS) * k;
    ok = advance(job, left_out + t, x, v, r, k, part, fault);
    if ((t + 1) * POINTS / steps <= l->points) continue;
    for (size_t i = 0; i < k; i++) {
      double sum = 0;
      for (size_t p = 0; p < LYAPUNOV_PARTS; p++) sum += l->part[p * k + i];
      l->history[l->points * k + i] = sum / (double)(t + 1) / system_dt(s);
    }
    l->time[l->points++] = (double)(t + 1) * system_dt(s);
  }
  free(room);
  if (ok) finish(s, l);
  if (!ok) lyapunov_destroy(l);
  return ok;
}

void lyapunov_destroy(struct lyapunov *l) {
  free(l->exponent);
  memset(l, 0, sizeof *l);
}

/* Within three standard errors (and a thousandth of the largest rate) an exponent counts as zero. */
static const char *verdict(const struct lyapunov *l) {
  double largest = 1e-6;
  for (size_t i = 0; i < l->k; i++) largest = fmax(largest, fabs(l->exponent[i]));
  const double zero = fmax(3 * l->spread[0], 1e-3 * largest);
  return l->exponent[0] > zero ? "chaotic" : l->exponent[0] > -zero ? "neutral" : "stable";
}

/* The verdict in words. */
static const char *meaning(const struct system *s, const struct lyapunov *l) {
  const char *word = verdict(l);
  if (!strcmp(word, "chaotic")) return "chaotic: neighbours part";
  if (!strcmp(word, "neutral")) return "neutral: periodic, quasi-periodic, or at the border";
  return s->continuous ? "stable: comes to rest" : "stable: comes to rest or to a cycle";
}

static bool draw(const struct job *job, const char *path, const struct lyapunov *l, struct fault *fault) {
  static const int colours[] = { PLOT_BLUE,   PLOT_ORANGE, PLOT_GREEN, PLOT_RED,
                                 PLOT_PURPLE, PLOT_SKY,    PLOT_BLACK, PLOT_GREY };
  const struct system *s = &job->system;
  const char *unit = s->continuous ? "exponent (1/s)" : "exponent (1/step)";
  char title[120];
  snprintf(title, sizeof title, "Lyapunov exponents: %s", meaning(s, l));
  double *y = malloc(POINTS * sizeof *y);
  if (!y) return fault_nomem(fault, POINTS * sizeof *y);
  struct plot *plot = plot_create(900, l->k > 1 ? 560 : 420, title);
  plot_x_label(plot, s->continuous ? "averaged over (s)" : "averaged over (steps)");
  /* The largest alone: beside strongly negative ones nothing would be seen of how it settles. */
  for (size_t all = 0; all < (l->k > 1 ? 2 : 1); all++) {
    struct plot_panel *panel = plot_add_panel(plot, 1, all ? "all" : "largest", unit);
    if (all) plot_include_y(panel, 0);
    for (size_t i = 0; i < (all ? l->k : 1) && i < MOST; i++) {
      char label[64];
      snprintf(label, sizeof label, "%.4g ± %.1g", l->exponent[i], l->spread[i]);
      for (size_t p = 0; p < l->points; p++) y[p] = l->history[p * l->k + i];
      plot_line(panel, l->time, y, l->points, colours[i], 1.5, label);
    }
  }
  const bool ok = plot_write(plot, path, job->common->no_clobber, fault);
  plot_destroy(plot);
  free(y);
  return ok;
}

static bool write_table(const struct job *job, const char *path, const struct lyapunov *l,
                        struct fault *fault) {
  struct output out = { 0 };
  if (!output_open(&out, path, job->common->no_clobber, fault)) return false;
  fprintf(out.file, "exponent_per_%s,stderr\n", system_unit(&job->system));
  for (size_t i = 0; i < l->k; i++) fprintf(out.file, "%.9g,%.3g\n", l->exponent[i], l->spread[i]);
  return output_commit(&out, fault);
}

static json_t *lyapunov_json(const struct system *s, const struct lyapunov *l) {
  json_t *history = json_array();
  double sum = 0;
  for (size_t i = 0; i < l->k; i++) sum += l->exponent[i];
  for (size_t p = 0; p < l->points; p++)
    json_array_append_new(history, report_numbers(l->history + p * l->k, l->k));
  return json_pack("{s:o, s:o, s:s, s:s, s:I, s:o, s:o, s:o, s:o}", "exponents",
                   report_numbers(l->exponent, l->k), "stderr", report_numbers(l->spread, l->k), "unit",
                   s->continuous ? "1/s" : "1/step", "verdict", verdict(l), "steps", (json_int_t)l->steps,
                   "sum", report_number(sum), "dimension", report_number(l->dimension), "time",
                   report_numbers(l->time, l->points), "history", history);
}

json_t *lyapunov_command(struct job *job, struct fault *fault) {
  const struct system *s = &job->system;
  const size_t n = s->states, k = job->settings->exponents ? (size_t)job->settings->exponents
                                  : n < MOST               ? n
                                                           : MOST;
  const double cost = (double)n * (double)(n + 8) * (double)k * (s->continuous ? 4 * (double)s->substeps : 1),
               affordable = 3e9 / cost;
  const size_t otherwise = affordable < FEWEST ? FEWEST : affordable > LONGEST ? LONGEST : (size_t)affordable;
  struct lyapunov l;
  char path[OUTPUT_PATH];
  json_t *result = NULL;
  if (k > n) {
    fault_set(fault, FAULT_USAGE, "%zu exponents are asked for; a system of %zu states has %zu", k, n, n);
    return NULL;
  }
  if (job->common->dry_run) return json_object();
  /* The input's rows are no reason for a short run: its last row holds on. */
  const size_t steps =
      job->settings->steps || job->settings->time > 0 ? job_steps(job, otherwise) : otherwise;
  if (!lyapunov_run(job, k, steps, &l, fault)) return NULL;
  report_say(job->report, "largest exponent %.5g ± %.2g per %s over %zu steps: %s", l.exponent[0],
             l.spread[0], system_unit(s), l.steps, meaning(s, &l));
  const char *table = job_table(job, "lyapunov", path);
  bool ok = !table || write_table(job, table, &l, fault);
  if (ok && job_figure(job, "lyapunov", true, path)) ok = draw(job, path, &l, fault);
  if (ok) result = json_pack("{s:o}", "lyapunov", lyapunov_json(s, &l));
  lyapunov_destroy(&l);
  return result;
}
