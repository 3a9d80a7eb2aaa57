/* integration.c: atrous-dynamics integration: how much information the neurons share, and where the system
 * comes apart most easily. The measures are in gaussian.c and information.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/plot.h"
#include "dynamics/draw.h"
#include "dynamics/information.h"
#include "dynamics/record.h"

static const double BITS = 1.4426950408889634; /* a nat */

static bool write_table(const struct job *job, const struct information *f, struct fault *fault) {
  char path[OUTPUT_PATH];
  const char *to = job_table(job, "integration", path);
  struct output out;
  if (!to) return true;
  if (!output_open(&out, to, job->common->no_clobber, fault)) return false;
  fputs("neuron,part\n", out.file);
  for (size_t i = 0; i < f->neurons; i++) fprintf(out.file, "%zu,%d\n", i, f->side[i]);
  return output_commit(&out, fault);
}

/* Neurons of part 0, then those of part 1; returns how many part 0 has. */
static size_t in_order(const struct information *f, size_t *order) {
  size_t m = 0, first = 0;
  for (int part = 0; part < 2; part++) {
    for (size_t i = 0; i < f->neurons; i++)
      if (f->side[i] == part) order[m++] = i;
    if (!part) first = m;
  }
  return first;
}

enum { BINS = 24 };

/* Chance as bars; what was measured as a line, unless it is so far off that the bars would be none. */
static void draw_null(struct plot *plot, const char *name, double measured,
                      const struct information_null *null, size_t shuffles) {
  double x[BINS], y[BINS] = { 0 }, low = null->values[0] * BITS, high = null->values[shuffles - 1] * BITS;
  char text[100];
  const double width = high > low ? (high - low) / BINS : 1e-6,
               off = fmax(measured * BITS - high, low - measured * BITS);
  const bool near = off < 3 * (high - low);
  snprintf(text, sizeof text, "%s: %.4g bits%s", name, measured * BITS,
           near ? "" : ", far beyond what chance gives:");
  struct plot_panel *panel = plot_add_panel(plot, 0.6, text, "shuffles");
  for (int i = 0; i < BINS; i++) x[i] = low + (i + 0.5) * width;
  for (size_t s = 0; s < shuffles; s++) {
    const double bin = (null->values[s] * BITS - low) / width;
    y[bin < BINS ? (size_t)bin : BINS - 1]++;
  }
  plot_own_x(panel);
  plot_bars(panel, x, y, BINS, PLOT_GREY, "shuffled");
  if (near) plot_mark_x(panel, measured * BITS, "measured");
}

static bool draw(const struct job *job, const struct information *f, struct fault *fault) {
  char path[OUTPUT_PATH], text[120];
  const size_t n = f->neurons;
  if (!job_figure(job, "integration", true, path)) return true;
  double *values = malloc(n * n * sizeof *values);
  size_t *order = malloc(n * sizeof *order);
  if (!values || !order) {
    free(values);
    free(order);
    return fault_nomem(fault, n * n * sizeof *values);
  }
  const size_t first = in_order(f, order);
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < n; k++) values[i * n + k] = f->correlation[order[i] * n + order[k]];
  const double box[4] = { -0.5, (double)n - 0.5, -0.5, (double)n - 0.5 };
  struct plot *plot = plot_create(660, 980, "Integration of information");
  snprintf(text, sizeof text, "Correlation; %s cut: %zu and %zu neurons",
           f->exhaustive ? "the weakest" : "the weakest found", first, n - first);
  struct plot_panel *panel = plot_add_panel(plot, 2.4, text, "neurons in the order of the parts");
  plot_plane(panel, true);
  plot_heat(panel, values, n, n, box, -1, 1, "correlation");
  plot_mark_x(panel, (double)first - 0.5, NULL);
  plot_mark_y(panel, (double)first - 0.5, NULL);
  draw_null(plot, "Total correlation", f->total, &f->null_total, f->shuffles);
  draw_null(plot, "Across the weakest cut", f->weakest, &f->null_weakest, f->shuffles);
  plot_x_label(plot, "bits");
  const bool ok = plot_write(plot, path, job->common->no_clobber, fault);
  plot_destroy(plot);
  free(values);
  free(order);
  return ok;
}

static json_t *null_json(const struct information_null *null) {
  return json_pack("{s:o, s:o, s:o}", "mean_bits", report_number(null->mean * BITS), "low_bits",
                   report_number(null->low * BITS), "high_bits", report_number(null->high * BITS));
}

static json_t *describe(const struct job *job, const struct information *f) {
  const struct settings *o = job->settings;
  json_t *parts = json_pack("[[], []]");
  for (size_t i = 0; i < f->neurons; i++)
    json_array_append_new(json_array_get(parts, f->side[i]), json_integer((json_int_t)i));
  return json_pack("{s:{s:o, s:o, s:o, s:o, s:s, s:b, s:b, s:b, s:I, s:f, s:s, s:{s:s, s:I, s:o, s:o}}}",
                   "integration", "total_bits", report_number(f->total * BITS), "weakest_bits",
                   report_number(f->weakest * BITS), "null_bits", report_number(f->null_weakest.mean * BITS),
                   "parts", parts, "estimator", "gaussian, bias removed", "exhaustive", f->exhaustive,
                   "total_above_null", f->total > f->null_total.high, "weakest_above_null",
                   f->weakest > f->null_weakest.high, "samples", (json_int_t)f->samples, "noise_share",
                   o->observation, "drive", record_source(job, o->amplitude), "null", "method",
                   o->permute ? "permute" : "shift", "shuffles", (json_int_t)f->shuffles, "total",
                   null_json(&f->null_total), "weakest", null_json(&f->null_weakest));
}

json_t *integration_command(struct job *job, struct fault *fault) {
  const struct settings *o = job->settings;
  const struct system *s = &job->system;
  const size_t n = s->neurons, washout = (size_t)o->washout;
  const size_t steps = job_steps(job, washout + (20 * n > 4000 ? 20 * n : 4000));
  if (n < 2) {
    fault_set(fault, FAULT_UNSUPPORTED, "a single neuron has no parts that could share information");
    return NULL;
  }
  if (steps <= washout) {
    fault_set(fault, FAULT_DATA, "%zu steps are none after the first %zu, which are left out", steps,
              washout);
    fault_remedy(fault, "give more --steps, or a smaller --washout");
    return NULL;
  }
  if (job->common->dry_run) return json_object();
  const struct information_options options = { .least = (size_t)o->part,
                                               .shuffles = (size_t)o->shuffles,
                                               .permute = o->permute,
                                               .noise = o->observation,
                                               .seed =
                                                   draw_seed((uint64_t)job->common->seed, "integration") };
  struct information found = { 0 };
  json_t *result = NULL;
  double *u = record_drive(job, steps, o->amplitude, fault);
  if (!u) return NULL;
  double *states = malloc((steps + 1) * s->states * sizeof *states),
         *rows = malloc((steps - washout) * n * sizeof *rows);
  bool ok = ((states && rows) || fault_nomem(fault, steps * s->states * sizeof *states)) &&
            record_states(job, s, u, steps, states, fault);
  for (size_t t = washout; ok && t < steps; t++)
    memcpy(rows + (t - washout) * n, states + (t + 1) * s->states, n * sizeof *rows);
  ok = ok && information_measure(rows, steps - washout, n, &options, &found, fault) &&
       write_table(job, &found, fault) && draw(job, &found, fault);
  if (ok) {
    report_say(job->report,
               "%.4g bits in all; %.4g bits across the weakest cut%s, where chance gives %.4g to %.4g",
               found.total * BITS, found.weakest * BITS, found.exhaustive ? "" : " found",
               found.null_weakest.low * BITS, found.null_weakest.high * BITS);
    result = describe(job, &found);
  }
  information_destroy(&found);
  free(states);
  free(rows);
  free(u);
  return result;
}
