/* fixed_points.c: atrous-dynamics fixed-points: where a system rests under its constant input, and whether it
 * comes back after a push. */
#include <math.h>
#include <stdlib.h>

#include "dynamics/eigenvalues.h"
#include "dynamics/plane.h"
#include "dynamics/trajectory.h"

enum { RUN = 1000 };

static json_t *eigenvalues_json(const struct fixed_point *p, size_t n) {
  json_t *list = json_array();
  for (size_t i = 0; i < n; i++)
    json_array_append_new(list, json_pack("[o, o]", report_number(p->re[i]), report_number(p->im[i])));
  return list;
}

static json_t *points_json(const struct system *s, const struct fixed_points *points) {
  json_t *list = json_array();
  for (size_t i = 0; i < points->count; i++) {
    const struct fixed_point *p = &points->list[i];
    json_array_append_new(
        list, json_pack("{s:o, s:o, s:b, s:s, s:b, s:I, s:I, s:o}", "state", report_numbers(p->x, s->states),
                        "residual", report_number(p->residual), "stable", p->unstable + p->marginal == 0,
                        "type", p->type, "spiral", p->spiral, "unstable", (json_int_t)p->unstable, "marginal",
                        (json_int_t)p->marginal, "eigenvalues", eigenvalues_json(p, s->states)));
  }
  return list;
}

static bool write_table(const struct job *job, const char *path, const struct fixed_points *points,
                        struct fault *fault) {
  const struct system *s = &job->system;
  struct output out = { 0 };
  char name[40];
  if (!output_open(&out, path, job->common->no_clobber, fault)) return false;
  fputs("type,spiral,unstable,residual,largest_modulus", out.file);
  for (size_t i = 0; i < s->states; i++)
    fprintf(out.file, ",%s", i < s->neurons ? neuron_name(s, i, name) : "cell");
  fputc('\n', out.file);
  for (size_t k = 0; k < points->count; k++) {
    const struct fixed_point *p = &points->list[k];
    fprintf(out.file, "%s,%s,%zu,%.3g,%.6g", p->type, p->spiral ? "yes" : "no", p->unstable, p->residual,
            hypot(p->re[0], p->im[0]));
    for (size_t i = 0; i < s->states; i++) fprintf(out.file, ",%.9g", p->x[i]);
    fputc('\n', out.file);
  }
  return output_commit(&out, fault);
}

/* The eigenvalues of all points: what is left of the line (inside of the circle) dies out. */
static bool draw_eigenvalues(const struct job *job, const char *path, const struct fixed_points *points,
                             struct fault *fault) {
  static const int colours[] = { PLOT_BLUE, PLOT_ORANGE, PLOT_GREEN, PLOT_RED, PLOT_PURPLE, PLOT_SKY };
  enum { NAMED = 6 };
  const struct system *s = &job->system;
  struct plot *plot = plot_create(640, 640,
                                  s->continuous ? "Around the fixed points: eigenvalues of the field"
                                                : "Around the fixed points: eigenvalues of the step");
  struct plot_panel *panel =
      plot_add_panel(plot, 1, NULL, s->continuous ? "imaginary part (1/s)" : "imaginary part");
  plot_plane(panel, true);
  plot_x_label(plot, s->continuous ? "real part (1/s)" : "real part");
  eigenvalue_border(panel, s->continuous);
  for (size_t i = 0; i < points->count && i < 24; i++) {
    const struct fixed_point *p = &points->list[i];
    char label[64];
    snprintf(label, sizeof label, "%s %zu", p->type, i);
    plot_points(panel, p->re, p->im, s->states, colours[i % NAMED], i < NAMED ? label : NULL);
  }
  const bool ok = plot_write(plot, path, job->common->no_clobber, fault);
  plot_destroy(plot);
  return ok;
}

static bool draw(struct job *job, const struct fixed_points *points, struct fault *fault) {
  char path[OUTPUT_PATH];
  bool ok = true;
  if (job_figure(job, "fixed-points", true, path)) {
    struct trajectory t;
    ok = trajectory_exact(job, job_steps(job, RUN), &t, fault);
    if (!ok && fault->code == FAULT_NONFINITE) { /* it runs away; the points are there all the same */
      *fault = (struct fault)FAULT_INIT;
      ok = plane_draw(job, path, "Fixed points", points->count ? points->list[0].x : job_initial(job), 1,
                      points, fault);
    } else if (ok) {
      ok = plane_draw(job, path, "Fixed points", t.h, t.steps + 1, points, fault);
      trajectory_destroy(&t);
    }
  }
  if (ok && points->count && job_figure(job, "fixed-points-eigenvalues", false, path))
    ok = draw_eigenvalues(job, path, points, fault);
  return ok;
}

json_t *fixed_points_command(struct job *job, struct fault *fault) {
  const struct system *s = &job->system;
  struct fixed_points points = { 0 };
  char path[OUTPUT_PATH];
  const char *table = job_table(job, "fixed-points", path);
  json_t *result = NULL;
  if (job->common->dry_run) return json_object();
  if (!fixed_points_find(job, (size_t)job->settings->starts, &points, fault)) return NULL;
  if (job->u)
    report_warn(job->report, "input",
                "fixed points are those of a constant input, not of --input; --set input= gives it");
  report_say(job->report, "%zu fixed point%s; %zu of %zu searches ended at one", points.count,
             points.count == 1 ? "" : "s", points.found, points.starts);
  if ((!table || write_table(job, table, &points, fault)) && draw(job, &points, fault))
    result = json_pack("{s:o, s:{s:I, s:I}}", "fixed_points", points_json(s, &points), "fixed_points_search",
                       "starts", (json_int_t)points.starts, "found", (json_int_t)points.found);
  fixed_points_destroy(&points);
  return result;
}
