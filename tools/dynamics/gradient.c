/* gradient.c: atrous-dynamics gradient: how much a change of the state at step t is still felt at the last
 * step T, which is also what backpropagation through time makes of a gradient on the way from T to t. The
 * products of Jacobians are in sensitivity.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/plot.h"
#include "dynamics/record.h"
#include "dynamics/sensitivity.h"

static const char *const verdicts[] = { "stable", "vanishing", "exploding" };

struct found {
  size_t steps;
  double *norm, *typical, *clipped; /* [steps + 1], log10; clipped NULL: not asked for */
  enum sensitivity_verdict verdict;
  int64_t at_step;
  double factor; /* per step, on geometric average */
};

struct path {
  const struct system *system;
  const double *u, *states;
};

static bool jacobian_at(void *user, size_t step, double *jacobian, struct fault *fault) {
  const struct path *p = user;
  if (signals_pending()) return fault_set(fault, FAULT_INTERRUPTED, "interrupted before step %zu", step);
  system_jacobian(p->system, p->u + step * p->system->inputs, p->states + step * p->system->states, jacobian);
  return true;
}

static bool write_table(const struct job *job, const struct found *f, struct fault *fault) {
  char path[OUTPUT_PATH];
  const char *to = job_table(job, "gradient", path);
  struct output out;
  if (!to) return true;
  if (!output_open(&out, to, job->common->no_clobber, fault)) return false;
  fprintf(out.file, "step,log10_norm,log10_typical%s\n", f->clipped ? ",log10_clipped" : "");
  for (size_t t = 0; t <= f->steps; t++) {
    fprintf(out.file, "%zu,", t);
    if (isfinite(f->norm[t])) fprintf(out.file, "%.8g,%.8g", f->norm[t], f->typical[t]);
    if (!isfinite(f->norm[t])) fputc(',', out.file);
    if (f->clipped) fputc(',', out.file);
    if (f->clipped && isfinite(f->clipped[t])) fprintf(out.file, "%.8g", f->clipped[t]);
    fputc('\n', out.file);
  }
  return output_commit(&out, fault);
}

static bool draw(const struct job *job, const struct found *f, struct fault *fault) {
  const struct settings *o = job->settings;
  char path[OUTPUT_PATH], text[120];
  if (!job_figure(job, "gradient", true, path)) return true;
  double *x = malloc((f->steps + 1) * sizeof *x);
  if (!x) return fault_nomem(fault, (f->steps + 1) * sizeof *x);
  for (size_t t = 0; t <= f->steps; t++) x[t] = (double)t * system_dt(&job->system);
  snprintf(text, sizeof text, "Gradient through time: %s, × %.4g a step", verdicts[f->verdict], f->factor);
  struct plot *plot = plot_create(900, 420, text);
  struct plot_panel *panel = plot_add_panel(plot, 1, NULL, "norm of dh(T) / dh(t)");
  plot_powers(panel);
  if (!job->system.continuous) plot_x_counted(plot);
  snprintf(text, sizeof text, "t in %s; T = %.6g", job->system.continuous ? "seconds" : "steps", x[f->steps]);
  plot_x_label(plot, text);
  plot_line(panel, x, f->norm, f->steps + 1, PLOT_BLUE, 2, "norm (most stretched direction)");
  plot_line(panel, x, f->typical, f->steps + 1, PLOT_ORANGE, 1.5, "root mean square of all directions");
  if (f->clipped) {
    snprintf(text, sizeof text, "the same, clamped to ± %g after each step back", o->clip);
    plot_line(panel, x, f->clipped, f->steps + 1, PLOT_GREEN, 1.5, text);
  }
  if (f->verdict == SENSITIVITY_VANISHING) plot_mark_y(panel, log10(o->vanishing), NULL);
  if (f->verdict == SENSITIVITY_EXPLODING) plot_mark_y(panel, log10(o->exploding), NULL);
  if (f->at_step >= 0) {
    const bool vanishing = f->verdict == SENSITIVITY_VANISHING;
    snprintf(text, sizeof text, "%s %g before step %lld", vanishing ? "below" : "above",
             vanishing ? o->vanishing : o->exploding, (long long)f->at_step + 1);
    plot_mark_x(panel, x[f->at_step], text);
  }
  const bool ok = plot_write(plot, path, job->common->no_clobber, fault);
  plot_destroy(plot);
  free(x);
  return ok;
}

static json_t *describe(const struct job *job, const struct found *f) {
  const struct settings *o = job->settings;
  json_t *norms = json_array();
  for (size_t t = 0; t <= f->steps; t++) json_array_append_new(norms, report_number(pow(10, f->norm[t])));
  return json_pack("{s:{s:o, s:o, s:o, s:o*, s:o*, s:s, s:o, s:o, s:f, s:f, s:s}}", "gradient", "norms",
                   norms, "log10_norms", report_numbers(f->norm, f->steps + 1), "log10_typical",
                   report_numbers(f->typical, f->steps + 1), "log10_clipped",
                   f->clipped ? report_numbers(f->clipped, f->steps + 1) : NULL, "clip",
                   f->clipped ? json_real(o->clip) : NULL, "verdict", verdicts[f->verdict], "at_step",
                   f->at_step < 0 ? json_null() : json_integer((json_int_t)f->at_step), "factor_per_step",
                   report_number(f->factor), "vanishing_below", o->vanishing, "exploding_above", o->exploding,
                   "drive", record_source(job, o->amplitude));
}

static void tell(struct job *job, const struct found *f) {
  char when[60] = "";
  if (f->at_step < 0) {
    report_say(job->report, "the gradient stays between %g and %g over %zu steps", job->settings->vanishing,
               job->settings->exploding, f->steps);
    return;
  }
  if (job->system.continuous) snprintf(when, sizeof when, " (%.6g s)", (double)f->at_step * job->system.dt);
  report_say(job->report, "%s: %zu steps back, at step %lld%s, the norm is 10^%.2f", verdicts[f->verdict],
             f->steps - (size_t)f->at_step, (long long)f->at_step, when, f->norm[f->at_step]);
}

json_t *gradient_command(struct job *job, struct fault *fault) {
  const struct settings *o = job->settings;
  const struct system *s = &job->system;
  struct found f = { .steps = job_steps(job, 100) };
  if (job->common->dry_run) return json_object();
  double *u = record_drive(job, f.steps, o->amplitude, fault);
  if (!u) return NULL;
  double *states = malloc((f.steps + 1) * s->states * sizeof *states);
  f.norm = malloc(3 * (f.steps + 1) * sizeof *f.norm);
  json_t *result = NULL;
  bool ok = (states && f.norm) || fault_nomem(fault, (f.steps + 1) * s->states * sizeof *states);
  if (ok) {
    struct path path = { s, u, states };
    f.typical = f.norm + f.steps + 1;
    ok = record_states(job, s, u, f.steps, states, fault) &&
         sensitivity_norms(jacobian_at, &path, f.steps, s->states, f.norm, f.typical, fault);
    if (ok && o->clip > 0) {
      f.clipped = f.typical + f.steps + 1;
      ok = sensitivity_clipped(jacobian_at, &path, f.steps, s->states, o->clip, f.clipped, fault);
    }
  }
  if (ok) {
    f.verdict = sensitivity_judge(f.norm, f.steps, o->vanishing, o->exploding, &f.at_step);
    f.factor = pow(10, f.norm[0] / (double)f.steps);
    ok = write_table(job, &f, fault) && draw(job, &f, fault);
  }
  if (ok) {
    tell(job, &f);
    result = describe(job, &f);
  }
  free(f.norm);
  free(states);
  free(u);
  return result;
}
