/* ablate.c: atrous-dynamics ablate: the same system with the same input, without some of its recurrent
 * connections. What is cut and how trajectories are compared is in cut.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/plot.h"
#include "dynamics/cut.h"
#include "dynamics/record.h"

/* A trajectory differs where it is off by more than this share of the size of the intact one. */
static const double THRESHOLD = 0.1;

struct run {
  double *h, *y; /* [steps][neurons], [steps][outputs] */
};

struct ablation {
  struct job *job;
  size_t steps, cuts;
  struct cut_blocks blocks;
  double *u, *states;
  struct run intact, *cut;  /* [cuts] */
  struct cut_effect *h, *y; /* [cuts] */
  size_t *connections;
};

static bool run_system(struct ablation *a, const struct system *s, struct run *run, struct fault *fault) {
  const size_t n = s->neurons;
  run->h = malloc(a->steps * n * sizeof *run->h);
  run->y = malloc((a->steps * s->outputs + 1) * sizeof *run->y);
  if (!run->h || !run->y) return fault_nomem(fault, a->steps * n * sizeof *run->h);
  if (!record_states(a->job, s, a->u, a->steps, a->states, fault)) return false;
  for (size_t t = 0; t < a->steps; t++) {
    const double *x = a->states + (t + 1) * s->states;
    memcpy(run->h + t * n, x, n * sizeof *x);
    if (s->outputs) system_output(s, x, run->y + t * s->outputs);
  }
  return true;
}

static bool run_cut(struct ablation *a, size_t i, struct fault *fault) {
  const struct system *whole = &a->job->system;
  struct system system;
  if (!system_copy(whole, &system, fault)) return false;
  a->connections[i] = cut_apply(&a->blocks, i, &system);
  const bool ok = run_system(a, &system, &a->cut[i], fault);
  system_destroy(&system);
  if (!ok) return false;
  a->h[i] = cut_compare(a->intact.h, a->cut[i].h, a->steps, whole->neurons, THRESHOLD);
  if (whole->outputs) a->y[i] = cut_compare(a->intact.y, a->cut[i].y, a->steps, whole->outputs, THRESHOLD);
  return true;
}

static bool write_table(const struct ablation *a, struct fault *fault) {
  char path[OUTPUT_PATH], name[80];
  const char *to = job_table(a->job, "ablate", path);
  struct output out;
  if (!to) return true;
  if (!output_open(&out, to, a->job->common->no_clobber, fault)) return false;
  fputs("cut,connections,before,after,change,relative,at_step\n", out.file);
  for (size_t i = 0; i < a->cuts; i++) {
    const struct cut_effect *e = &a->h[i];
    cut_name(&a->blocks, i, name, sizeof name);
    fprintf(out.file, "%s,%zu,%.6g,%.6g,%.6g,", name, a->connections[i], e->before, e->after, e->change);
    if (isfinite(e->relative)) fprintf(out.file, "%.6g", e->relative);
    fputc(',', out.file);
    if (e->at_step >= 0) fprintf(out.file, "%lld", (long long)e->at_step + 1);
    fputc('\n', out.file);
  }
  return output_commit(&out, fault);
}

/* Groups of bars side by side: what concerns all blocks, then each block with its kinds of cuts. A group has
 * four places, of which a series fills one: the others are empty bars. */
static void draw_bars(const struct ablation *a, struct plot *plot) {
  static const int colours[CUT_KINDS] = { PLOT_BLACK, PLOT_GREY, PLOT_BLUE, PLOT_ORANGE, PLOT_GREEN };
  static const char *const labels[CUT_KINDS] = { "cut: all", "between blocks", "within the block", "into it",
                                                 "out of it" };
  const size_t blocks = a->blocks.count, places = 4 * (blocks + 1);
  double x[4 * (CUT_BLOCKS + 1)], y[CUT_KINDS][4 * (CUT_BLOCKS + 1)];
  struct plot_panel *panel = plot_add_panel(plot, 1.2, "What it changes", "change / size");
  plot_places(panel);
  for (size_t p = 0; p < places; p++) {
    x[p] = (double)p;
    for (int kind = 0; kind < CUT_KINDS; kind++) y[kind][p] = NAN;
  }
  for (size_t i = 0; i < a->cuts; i++) {
    size_t block;
    const enum cut_kind kind = cut_kind_of(&a->blocks, i, &block);
    y[kind][block == CUT_NONE ? (size_t)kind : 4 * (block + 1) + (size_t)(kind - CUT_WITHIN)] =
        a->h[i].relative;
  }
  for (int kind = 0; kind < CUT_KINDS; kind++)
    plot_bars(panel, x, y[kind], places, colours[kind], labels[kind]);
  for (size_t i = 0; i < blocks; i++) {
    char text[40];
    snprintf(text, sizeof text, "%zu-%zu", a->blocks.first[i], a->blocks.last[i]);
    plot_mark_x(panel, (double)(4 * i) + 3.4, blocks <= 12 ? text : NULL);
  }
}

/* The block cut that changes most. */
static size_t strongest(const struct ablation *a) {
  size_t best = 0;
  for (size_t i = 2; i < a->cuts; i++)
    if (!best || a->h[i].change > a->h[best].change) best = i;
  return best;
}

static bool draw(const struct ablation *a, struct fault *fault) {
  static const int colours[] = { PLOT_BLUE, PLOT_ORANGE, PLOT_GREEN };
  const struct system *s = &a->job->system;
  const bool output = s->outputs > 0;
  const size_t n = output ? s->outputs : s->neurons, best = strongest(a);
  const struct run *runs[] = { &a->intact, &a->cut[0], best ? &a->cut[best] : NULL };
  char path[OUTPUT_PATH], label[80], names[3][96];
  if (!job_figure(a->job, "ablate", true, path)) return true;
  double *x = malloc(2 * a->steps * sizeof *x), *line = x + a->steps;
  if (!x) return fault_nomem(fault, 2 * a->steps * sizeof *x);
  for (size_t t = 0; t < a->steps; t++) x[t] = (double)(t + 1) * system_dt(s);
  /* The trace that changes most when all is cut. */
  size_t shown = 0;
  double most = -1;
  for (size_t i = 0; i < n; i++) {
    double square = 0;
    for (size_t t = 0; t < a->steps; t++) {
      const size_t at = t * n + i;
      const double d = output ? a->cut[0].y[at] - a->intact.y[at] : a->cut[0].h[at] - a->intact.h[at];
      square += d * d;
    }
    if (square > most) most = square, shown = i;
  }
  snprintf(names[0], sizeof names[0], "intact");
  snprintf(names[1], sizeof names[1], "no recurrent connections");
  if (best) {
    char name[80];
    cut_name(&a->blocks, best, name, sizeof name);
    snprintf(names[2], sizeof names[2], "cut: %s", name);
  }
  char title[120];
  snprintf(title, sizeof title, "Without recurrent connections the states are off by %.3g of their size",
           a->h[0].relative);
  struct plot *plot = plot_create(900, a->blocks.count ? 640 : 440, title);
  if (a->blocks.count) draw_bars(a, plot);
  snprintf(label, sizeof label, "%s %zu", output ? "output" : "neuron", shown);
  struct plot_panel *trace = plot_add_panel(plot, 1, NULL, label),
                    *apart = plot_add_panel(plot, 0.8, "Distance from the intact state", "RMS");
  for (int r = 0; r < 3 && runs[r]; r++) {
    for (size_t t = 0; t < a->steps; t++) line[t] = (output ? runs[r]->y : runs[r]->h)[t * n + shown];
    plot_line(trace, x, line, a->steps, colours[r], 1.5, names[r]);
    for (size_t t = 0; t < a->steps; t++) {
      double square = 0;
      for (size_t i = 0; i < s->neurons; i++) {
        const double d = runs[r]->h[t * s->neurons + i] - a->intact.h[t * s->neurons + i];
        square += d * d;
      }
      line[t] = sqrt(square / (double)s->neurons);
    }
    if (r) plot_line(apart, x, line, a->steps, colours[r], 1.5, names[r]);
  }
  plot_mark_y(apart, THRESHOLD * a->h[0].before, "10 % of the intact activity");
  plot_x_label(plot, s->continuous ? "time in seconds" : "step");
  const bool ok = plot_write(plot, path, a->job->common->no_clobber, fault);
  plot_destroy(plot);
  free(x);
  return ok;
}

static void add_effect(json_t *to, const struct cut_effect *e) {
  json_object_set_new(to, "before", report_number(e->before));
  json_object_set_new(to, "after", report_number(e->after));
  json_object_set_new(to, "change", report_number(e->change));
  json_object_set_new(to, "relative", report_number(e->relative));
  /* Steps are counted as states are: 1 is the state after the first. */
  json_object_set_new(to, "at_step", e->at_step < 0 ? json_null() : json_integer((json_int_t)e->at_step + 1));
}

static json_t *describe(const struct ablation *a) {
  json_t *list = json_array();
  for (size_t i = 0; i < a->cuts; i++) {
    char name[80];
    cut_name(&a->blocks, i, name, sizeof name);
    json_t *one = json_pack("{s:s, s:I}", "cut", name, "connections", (json_int_t)a->connections[i]);
    add_effect(one, &a->h[i]);
    json_t *output = a->job->system.outputs ? json_object() : json_null();
    if (a->job->system.outputs) add_effect(output, &a->y[i]);
    json_object_set_new(one, "output", output);
    json_array_append_new(list, one);
  }
  return json_pack("{s:o, s:{s:I, s:s, s:f}}", "ablation", list, "ablation_run", "steps",
                   (json_int_t)a->steps, "drive", record_source(a->job, a->job->settings->amplitude),
                   "threshold_share", THRESHOLD);
}

static bool prepare(struct ablation *a, struct fault *fault) {
  const struct settings *o = a->job->settings;
  const struct system *s = &a->job->system;
  if (!s->gates)
    return fault_set(fault, FAULT_UNSUPPORTED, "a system of kind %s has no recurrent weights to cut",
                     system_kinds[s->kind]);
  if (o->block && !cut_blocks_parse(o->block, s->neurons, &a->blocks, fault)) return false;
  a->steps = job_steps(a->job, 200);
  a->cuts = cut_count(&a->blocks);
  a->cut = calloc(a->cuts, sizeof *a->cut);
  a->h = calloc(a->cuts, sizeof *a->h);
  a->y = calloc(a->cuts, sizeof *a->y);
  a->connections = calloc(a->cuts, sizeof *a->connections);
  a->states = malloc((a->steps + 1) * s->states * sizeof *a->states);
  if (!a->cut || !a->h || !a->y || !a->connections || !a->states)
    return fault_nomem(fault, (a->steps + 1) * s->states * sizeof *a->states);
  a->u = record_drive(a->job, a->steps, o->amplitude, fault);
  return a->u != NULL;
}

json_t *ablate_command(struct job *job, struct fault *fault) {
  struct ablation a = { .job = job };
  json_t *result = NULL;
  const bool dry = job->common->dry_run, prepared = prepare(&a, fault);
  bool ok = prepared && !dry && run_system(&a, &job->system, &a.intact, fault);
  for (size_t i = 0; ok && i < a.cuts; i++) ok = run_cut(&a, i, fault);
  ok = ok && write_table(&a, fault) && draw(&a, fault);
  if (ok) {
    report_say(job->report, "without recurrent connections the states are off by %.3g, %.3g of their size",
               a.h[0].change, a.h[0].relative);
    result = describe(&a);
  } else if (prepared && dry)
    result = json_object();
  for (size_t i = 0; a.cut && i < a.cuts; i++) {
    free(a.cut[i].h);
    free(a.cut[i].y);
  }
  free(a.intact.h);
  free(a.intact.y);
  free(a.cut);
  free(a.h);
  free(a.y);
  free(a.connections);
  free(a.states);
  free(a.u);
  return result;
}
