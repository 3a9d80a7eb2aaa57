/* spectrum.c: atrous-dynamics spectrum: eigenvalues of the recurrent weights: of W_rec itself, and of the
 * gates of an LSTM or a GRU each.
 *
 * Of a network they say how the state at 0 behaves where φ'(0) = 1 and no input comes: h' = W_rec·h dies out
 * inside of the unit circle; of τ·dx/dt = -leak·x + W_rec·φ(x) left of Re = leak. Of the Lorenz system and
 * the logistic map there is no such matrix. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dynamics/dynamics.h"
#include "dynamics/eigenvalues.h"
#include "dynamics/linear.h"

enum { CIRCLE = 361 };

void eigenvalue_border(struct plot_panel *panel, bool continuous) {
  double x[CIRCLE], y[CIRCLE];
  if (continuous) {
    plot_mark_x(panel, 0, "unstable right of 0");
    return;
  }
  for (int i = 0; i < CIRCLE; i++) {
    x[i] = cos(6.283185307179586 * i / (CIRCLE - 1));
    y[i] = sin(6.283185307179586 * i / (CIRCLE - 1));
  }
  plot_dashes(panel, x, y, CIRCLE, PLOT_GREY, "unit circle");
}

static const char *block_name(const struct system *s, size_t block) {
  static const char *const lstm[] = { "input gate", "output gate", "forget gate", "cell" }, *const gru[] = {
    "update gate", "reset gate", "state"
  };
  return s->kind == SYSTEM_LSTM ? lstm[block] : s->kind == SYSTEM_GRU ? gru[block] : "W_rec";
}

static bool draw(const struct job *job, const char *path, const double *re, const double *im,
                 struct fault *fault) {
  static const int colours[] = { PLOT_BLUE, PLOT_ORANGE, PLOT_GREEN, PLOT_RED };
  const struct system *s = &job->system;
  const size_t n = s->neurons;
  char title[120];
  snprintf(title, sizeof title,
           s->gates == 1 ? "Eigenvalues of W_rec, %zu neurons, spectral radius %.4g"
                         : "Eigenvalues of the recurrent weights, %zu neurons",
           n, hypot(re[0], im[0]));
  struct plot *plot = plot_create(640, 660, title);
  struct plot_panel *panel = plot_add_panel(plot, 1, NULL, "imaginary part");
  plot_x_label(plot, "real part");
  plot_plane(panel, true);
  if (!s->continuous) eigenvalue_border(panel, false);
  /* With weights alone: x dies out left of Re = leak where φ'(0) = 1. */
  char text[64];
  snprintf(text, sizeof text, "leak %g: stable left of it", s->leak);
  if (s->continuous) plot_mark_x(panel, s->leak, text);
  for (size_t block = 0; block < s->gates; block++)
    plot_points(panel, re + block * n, im + block * n, n, colours[block],
                s->gates > 1 ? block_name(s, block) : "eigenvalue");
  const bool ok = plot_write(plot, path, job->common->no_clobber, fault);
  plot_destroy(plot);
  return ok;
}

static bool write_table(const struct job *job, const char *path, const double *re, const double *im,
                        struct fault *fault) {
  const struct system *s = &job->system;
  struct output out = { 0 };
  if (!output_open(&out, path, job->common->no_clobber, fault)) return false;
  fputs("matrix,real,imaginary,modulus\n", out.file);
  for (size_t i = 0; i < s->gates * s->neurons; i++)
    fprintf(out.file, "%s,%.9g,%.9g,%.9g\n", block_name(s, i / s->neurons), re[i], im[i],
            hypot(re[i], im[i]));
  return output_commit(&out, fault);
}

static json_t *block_json(const double *re, const double *im, size_t n) {
  json_t *list = json_array();
  for (size_t i = 0; i < n; i++)
    json_array_append_new(list, json_pack("[o, o]", report_number(re[i]), report_number(im[i])));
  return json_pack("{s:o, s:o}", "radius", report_number(hypot(re[0], im[0])), "eigenvalues", list);
}

/* One matrix is the spectrum; several are its "blocks", and its radius the largest. */
static json_t *spectrum_json(const struct system *s, const double *re, const double *im) {
  const size_t n = s->neurons;
  if (s->gates == 1) return block_json(re, im, n);
  json_t *blocks = json_object();
  double radius = 0;
  for (size_t i = 0; i < s->gates; i++) {
    json_object_set_new(blocks, block_name(s, i), block_json(re + i * n, im + i * n, n));
    radius = fmax(radius, hypot(re[i * n], im[i * n]));
  }
  return json_pack("{s:o, s:o}", "radius", report_number(radius), "blocks", blocks);
}

json_t *spectrum_command(struct job *job, struct fault *fault) {
  const struct system *s = &job->system;
  const size_t n = s->neurons, all = s->gates * n;
  char path[OUTPUT_PATH];
  if (!s->gates) {
    fault_set(fault, FAULT_UNSUPPORTED, "a system of kind %s has no matrix from state to state",
              system_kinds[s->kind]);
    fault_remedy(fault, "its fixed-points have eigenvalues");
    return NULL;
  }
  if (job->common->dry_run) return json_object();
  double *re = malloc(2 * all * sizeof *re), *im = re + all;
  if (!re) {
    fault_nomem(fault, 2 * all * sizeof *re);
    return NULL;
  }
  json_t *result = NULL;
  bool ok = true;
  for (size_t block = 0; ok && block < s->gates; block++)
    ok = linear_eigenvalues(n, s->w_rec + block * n * n, re + block * n, im + block * n, fault);
  const char *table = ok ? job_table(job, "spectrum", path) : NULL;
  if (ok && table) ok = write_table(job, table, re, im, fault);
  if (ok && job_figure(job, "spectrum", true, path)) ok = draw(job, path, re, im, fault);
  if (ok) result = json_pack("{s:o}", "spectrum", spectrum_json(s, re, im));
  free(re);
  return result;
}
