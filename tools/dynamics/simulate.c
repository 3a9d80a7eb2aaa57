/* simulate.c: atrous-dynamics simulate: a system run from its initial state: a table, and three figures: over
 * time, as a raster of all neurons, in the plane. Networks are run by the library. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/plane.h"
#include "dynamics/trajectory.h"

/* Without --steps; what JSON holds at most; what figures show. */
enum {
  STEPS = 200,
  NUMBERS_MOST = 200000,
  SHOWN = 6,
  RASTER_COLUMNS = 700,
  RASTER_ROWS = 400,
  SEARCH_MOST = 300
};

static bool write_table(const struct job *job, const char *path, const struct trajectory *t,
                        struct fault *fault) {
  const struct system *s = &job->system;
  struct output out = { 0 };
  char name[40];
  if (!output_open(&out, path, job->common->no_clobber, fault)) return false;
  fputs(s->continuous ? "time_s" : "step", out.file);
  for (size_t i = 0; i < s->neurons; i++) fprintf(out.file, ",%s", neuron_name(s, i, name));
  for (size_t i = 0; i < s->outputs; i++) fprintf(out.file, ",output %zu", i);
  fputc('\n', out.file);
  for (size_t i = 0; i <= t->steps; i++) {
    fprintf(out.file, "%.9g", (double)i * system_dt(s));
    for (size_t k = 0; k < s->neurons; k++) fprintf(out.file, ",%.9g", t->h[i * s->neurons + k]);
    for (size_t k = 0; k < s->outputs; k++) fprintf(out.file, ",%.9g", t->y[i * s->outputs + k]);
    fputc('\n', out.file);
  }
  return output_commit(&out, fault);
}

static void statistics(const struct trajectory *t, size_t n, double *mean, double *sd) {
  const double rows = (double)(t->steps + 1);
  memset(mean, 0, n * sizeof *mean);
  memset(sd, 0, n * sizeof *sd);
  for (size_t i = 0; i <= t->steps; i++)
    for (size_t k = 0; k < n; k++) mean[k] += t->h[i * n + k] / rows;
  for (size_t i = 0; i <= t->steps; i++)
    for (size_t k = 0; k < n; k++) sd[k] += (t->h[i * n + k] - mean[k]) * (t->h[i * n + k] - mean[k]);
  for (size_t k = 0; k < n; k++) sd[k] = sqrt(sd[k] / rows);
}

static bool moves(const double *sd, size_t n) {
  size_t still = 0;
  while (still < n && sd[still] == 0) still++;
  return still < n;
}

/* Every `every`th state, so that it does not become too much. */
static json_t *trajectory_json(const struct system *s, const struct trajectory *t, const double *mean,
                               const double *sd) {
  const size_t width = s->neurons + s->outputs, most = NUMBERS_MOST / width + 1, every = t->steps / most + 1;
  json_t *time = json_array(), *h = json_array(), *y = json_array();
  for (size_t i = 0; i <= t->steps; i += every) {
    json_array_append_new(time, report_number((double)i * system_dt(s)));
    json_array_append_new(h, report_numbers(t->h + i * s->neurons, s->neurons));
    if (s->outputs) json_array_append_new(y, report_numbers(t->y + i * s->outputs, s->outputs));
  }
  return json_pack("{s:I, s:s, s:I, s:b, s:o, s:o, s:o, s:o, s:o}", "steps", (json_int_t)t->steps, "unit",
                   system_unit(s), "every", (json_int_t)every, "library", t->library, "mean",
                   report_numbers(mean, s->neurons), "sd", report_numbers(sd, s->neurons), "time", time, "h",
                   h, "y", y);
}

/* Lines of up to SHOWN columns of rows [steps + 1][width], those that vary most (their order kept). */
static void lines(struct plot_panel *panel, const struct system *s, const double *x, const double *rows,
                  size_t steps, size_t width, const double *sd, bool neurons, double *y) {
  static const int colours[SHOWN] = { PLOT_BLUE, PLOT_ORANGE, PLOT_GREEN, PLOT_RED, PLOT_PURPLE, PLOT_SKY };
  size_t shown = 0;
  for (size_t k = 0; k < width && shown < SHOWN; k++) {
    size_t larger = 0;
    char label[40];
    for (size_t j = 0; sd && j < width; j++) larger += sd[j] > sd[k] || (sd[j] == sd[k] && j < k);
    if (larger >= SHOWN) continue;
    for (size_t i = 0; i < steps; i++) y[i] = rows[i * width + k];
    if (neurons)
      neuron_name(s, k, label);
    else
      snprintf(label, sizeof label, "%zu", k);
    plot_line(panel, x, y, steps, colours[shown++], 1.3, width == 1 && !neurons ? NULL : label);
  }
}

static bool draw_time(struct job *job, const char *path, const struct trajectory *t, const double *sd,
                      struct fault *fault) {
  const struct system *s = &job->system;
  const size_t rows = t->steps + 1;
  double *x = malloc((2 + s->inputs) * rows * sizeof *x), *y = x + rows, *u = y + rows;
  if (!x) return fault_nomem(fault, (2 + s->inputs) * rows * sizeof *x);
  char title[120];
  snprintf(title, sizeof title, s->neurons > SHOWN ? "%zu neurons: the %d that vary most" : "Trajectory",
           s->neurons, SHOWN);
  for (size_t i = 0; i < rows; i++) x[i] = (double)i * system_dt(s);
  for (size_t i = 0; s->inputs && i < rows; i++)
    memcpy(u + i * s->inputs, job_input(job, i), s->inputs * sizeof *u);
  struct plot *plot = plot_create(960, 420 + (job->u ? 130 : 0) + (s->outputs ? 150 : 0), title);
  plot_x_label(plot, s->continuous ? "time (s)" : "step");
  lines(plot_add_panel(plot, 2, NULL, "state"), s, x, t->h, rows, s->neurons, sd, true, y);
  if (s->outputs) lines(plot_add_panel(plot, 1, "output", "y"), s, x, t->y, rows, s->outputs, NULL, false, y);
  if (job->u) lines(plot_add_panel(plot, 0.8, "input", "u"), s, x, u, rows, s->inputs, NULL, false, y);
  const bool ok = plot_write(plot, path, job->common->no_clobber, fault);
  plot_destroy(plot);
  free(x);
  return ok;
}

/* All neurons over time; means of what falls on one cell. */
static bool draw_raster(struct job *job, const char *path, const struct trajectory *t, struct fault *fault) {
  const struct system *s = &job->system;
  const size_t n = s->neurons, rows = t->steps + 1, across = rows < RASTER_COLUMNS ? rows : RASTER_COLUMNS,
               up = n < RASTER_ROWS ? n : RASTER_ROWS;
  double *cell = calloc(across * up, sizeof *cell), most = 0;
  if (!cell) return fault_nomem(fault, across * up * sizeof *cell);
  for (size_t r = 0; r < up; r++)
    for (size_t c = 0; c < across; c++) {
      const size_t n0 = r * n / up, n1 = (r + 1) * n / up, t0 = c * rows / across,
                   t1 = (c + 1) * rows / across;
      double sum = 0;
      for (size_t i = t0; i < t1; i++)
        for (size_t k = n0; k < n1; k++) sum += t->h[i * n + k];
      cell[r * across + c] = sum / (double)((t1 - t0) * (n1 - n0));
      most = fmax(most, fabs(cell[r * across + c]));
    }
  if (most == 0) most = 1;
  const double box[4] = { -0.5 * system_dt(s), ((double)rows - 0.5) * system_dt(s), -0.5, (double)n - 0.5 };
  struct plot *plot = plot_create(960, n < 40 ? 300 : 480, "Activity of all neurons");
  plot_x_label(plot, s->continuous ? "time (s)" : "step");
  plot_heat(plot_add_panel(plot, 1, NULL, "neuron"), cell, up, across, box, -most, most, "state");
  const bool ok = plot_write(plot, path, job->common->no_clobber, fault);
  plot_destroy(plot);
  free(cell);
  return ok;
}

static bool draw_phase(struct job *job, const char *path, const struct trajectory *t, struct fault *fault) {
  struct fixed_points points = { 0 };
  bool ok = job->system.states > SEARCH_MOST || fixed_points_find(job, 32, &points, fault);
  ok = ok && plane_draw(job, path, "Phase portrait", t->h, t->steps + 1, &points, fault);
  fixed_points_destroy(&points);
  return ok;
}

json_t *simulate_command(struct job *job, struct fault *fault) {
  const struct system *s = &job->system;
  struct trajectory t = { 0 };
  char path[OUTPUT_PATH];
  json_t *result = NULL;
  const size_t steps = job_steps(job, s->continuous ? (size_t)fmax(1, fmin(20 / s->dt, 20000)) : STEPS);
  if (job->common->dry_run) return json_object();
  double *mean = malloc(2 * s->neurons * sizeof *mean), *sd = mean + s->neurons;
  if (!mean) {
    fault_nomem(fault, 2 * s->neurons * sizeof *mean);
    return NULL;
  }
  bool ok = trajectory_run(job, steps, &t, fault);
  if (ok) statistics(&t, s->neurons, mean, sd);
  if (ok && !moves(sd, s->neurons))
    report_warn(job->report, "rests",
                "the state never changes; give an --input, or another state by --set initial=");
  const char *table = ok ? job_table(job, "trajectory", path) : NULL;
  if (ok && table) ok = write_table(job, table, &t, fault);
  if (ok && job_figure(job, "trajectory", true, path)) ok = draw_time(job, path, &t, sd, fault);
  if (ok && job_figure(job, "raster", false, path)) ok = draw_raster(job, path, &t, fault);
  if (ok && job_figure(job, "phase", false, path)) ok = draw_phase(job, path, &t, fault);
  if (ok) result = json_pack("{s:o}", "trajectory", trajectory_json(s, &t, mean, sd));
  trajectory_destroy(&t);
  free(mean);
  return result;
}
