/* memory.c: atrous-dynamics memory: how many steps of a random input the state still holds. The measure is in
 * capacity.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/plot.h"
#include "dynamics/capacity.h"
#include "dynamics/draw.h"
#include "dynamics/record.h"

static bool write_table(const struct job *job, const struct capacity *c, struct fault *fault) {
  char path[OUTPUT_PATH];
  const char *to = job_table(job, "memory", path);
  struct output out;
  if (!to) return true;
  if (!output_open(&out, to, job->common->no_clobber, fault)) return false;
  fputs("delay,capacity,raw\n", out.file);
  for (size_t k = 0; k < c->delays; k++)
    fprintf(out.file, "%zu,%.6g,%.6g\n", k + 1, c->by_delay[k], c->raw[k]);
  return output_commit(&out, fault);
}

static bool draw(const struct job *job, const struct capacity *c, struct fault *fault) {
  char path[OUTPUT_PATH], title[120];
  if (!job_figure(job, "memory", true, path)) return true;
  double *x = malloc(c->delays * sizeof *x);
  if (!x) return fault_nomem(fault, c->delays * sizeof *x);
  for (size_t k = 0; k < c->delays; k++) x[k] = (double)(k + 1);
  snprintf(title, sizeof title, "Linear memory: %.1f steps, of at most %zu with as many neurons", c->total,
           c->neurons);
  struct plot *plot = plot_create(900, 420, title);
  struct plot_panel *panel = plot_add_panel(plot, 1, NULL, "share of the input's variance given back");
  plot_x_counted(plot);
  plot_x_label(plot, "delay in steps (1: the input that the last step read)");
  plot_include_y(panel, 1);
  plot_bars(panel, x, c->by_delay, c->delays, PLOT_BLUE, "held out, chance removed");
  plot_line(panel, x, c->raw, c->delays, PLOT_ORANGE, 1, "as measured");
  plot_mark_y(panel, c->floor_high, "95 % of shuffled inputs are below");
  const bool ok = plot_write(plot, path, job->common->no_clobber, fault);
  plot_destroy(plot);
  free(x);
  return ok;
}

/* How far back: the last delay of which at least half is given back. */
static size_t reach(const struct capacity *c) {
  size_t last = 0;
  for (size_t k = 0; k < c->delays; k++)
    if (c->by_delay[k] >= 0.5) last = k + 1;
  return last;
}

static json_t *describe(const struct capacity *c, const struct capacity_options *o, double amplitude) {
  return json_pack("{s:{s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:f, s:f}}", "memory",
                   "capacity_steps", report_number(c->total), "reach_steps", (json_int_t)reach(c), "by_delay",
                   report_numbers(c->by_delay, c->delays), "raw_by_delay", report_numbers(c->raw, c->delays),
                   "raw_steps", report_number(c->raw_sum), "floor", report_number(c->floor), "floor_high",
                   report_number(c->floor_high), "bound_steps", (json_int_t)c->neurons, "train_steps",
                   (json_int_t)c->train_steps, "test_steps", (json_int_t)c->test_steps, "ridge", o->ridge,
                   "amplitude", amplitude);
}

json_t *memory_command(struct job *job, struct fault *fault) {
  const struct settings *o = job->settings;
  const struct system *s = &job->system;
  if (!s->inputs) {
    fault_set(fault, FAULT_UNSUPPORTED, "the system has no input that it could remember");
    return NULL;
  }
  if ((size_t)o->channel >= s->inputs) {
    options_usage(job->program, fault,
                  "--channel %lld is not within the %zu inputs, which are counted from 0",
                  (long long)o->channel, s->inputs);
    return NULL;
  }
  if (job->common->dry_run) return json_object();
  struct capacity_options options = CAPACITY_OPTIONS_INIT;
  const size_t n = s->states, most = n + 20 < 200 ? n + 20 : 200, usual = 20 * n > 5000 ? 20 * n : 5000,
               steps = o->steps || o->time > 0 ? job_steps(job, 0) : usual;
  options.delays = o->delays ? (size_t)o->delays : most;
  options.washout = (size_t)o->washout;
  options.ridge = o->ridge;
  options.shuffles = (size_t)(o->shuffles > 200 ? o->shuffles : 200);
  options.seed = draw_seed((uint64_t)job->common->seed, "memory");
  const double amplitude = o->amplitude > 0 ? o->amplitude : 1;
  double *states = malloc((steps + 1) * n * sizeof *states), *u = malloc(steps * s->inputs * sizeof *u),
         *signal = malloc(steps * sizeof *signal);
  struct capacity capacity = { 0 };
  json_t *result = NULL;
  bool ok = (states && u && signal) || fault_nomem(fault, steps * n * sizeof *states);
  for (size_t t = 0; ok && t < steps; t++) {
    signal[t] = amplitude * (2 * draw_uniform(options.seed, t) - 1);
    memcpy(u + t * s->inputs, s->constant, s->inputs * sizeof *u);
    u[t * s->inputs + (size_t)o->channel] += signal[t];
  }
  ok = ok && record_states(job, s, u, steps, states, fault) &&
       capacity_measure(states + n, signal, steps, n, &options, &capacity, fault) &&
       write_table(job, &capacity, fault) && draw(job, &capacity, fault);
  if (ok) {
    report_say(job->report,
               "memory capacity %.2f steps of at most %zu; half or more is given back up to delay %zu",
               capacity.total, n, reach(&capacity));
    result = describe(&capacity, &options, amplitude);
  }
  capacity_destroy(&capacity);
  free(states);
  free(u);
  free(signal);
  return result;
}
