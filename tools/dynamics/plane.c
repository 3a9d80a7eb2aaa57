/* plane.c: see plane.h. */
#include "dynamics/plane.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/linear.h"

/* Beyond it the two neurons that vary most are taken: eigenvectors of a large covariance take minutes. */
enum { COMPONENTS_MOST = 1024, ACROSS = 24, UP = 18, CURVE = 400 };

const char *neuron_name(const struct system *s, size_t i, char name[40]) {
  if (s->kind == SYSTEM_LORENZ || s->kind == SYSTEM_LOGISTIC)
    snprintf(name, 40, "%c", "xyz"[i < 3 ? i : 2]);
  else
    snprintf(name, 40, "neuron %zu", i);
  return name;
}

static void of_neurons(const struct system *s, size_t i, size_t k, struct plane *p) {
  char name[40];
  memset(p->a, 0, p->n * sizeof *p->a);
  memset(p->b, 0, p->n * sizeof *p->b);
  p->a[i] = p->b[k] = 1;
  /* Coordinates are then the neurons' own values. */
  p->centre[i] = p->centre[k] = 0;
  snprintf(p->x_label, sizeof p->x_label, "%s", neuron_name(s, i, name));
  snprintf(p->y_label, sizeof p->y_label, "%s", neuron_name(s, k, name));
}

static void means(const double *h, size_t rows, size_t n, double *centre, double *variance) {
  memset(centre, 0, n * sizeof *centre);
  memset(variance, 0, n * sizeof *variance);
  for (size_t t = 0; t < rows; t++)
    for (size_t i = 0; i < n; i++) centre[i] += h[t * n + i] / (double)rows;
  for (size_t t = 0; t < rows; t++)
    for (size_t i = 0; i < n; i++) variance[i] += (h[t * n + i] - centre[i]) * (h[t * n + i] - centre[i]);
}

static bool components(const struct system *s, const double *h, size_t rows, struct plane *p,
                       struct fault *fault) {
  const size_t n = p->n, every = rows / 4000 + 1;
  double *covariance = calloc(n * n + n, sizeof *covariance), *w = covariance ? covariance + n * n : NULL,
         all = 0;
  if (!covariance) return fault_nomem(fault, (n * n + n) * sizeof *covariance);
  for (size_t t = 0; t < rows; t += every)
    for (size_t i = 0; i < n; i++) {
      const double d = h[t * n + i] - p->centre[i];
      for (size_t k = 0; k <= i; k++) covariance[i * n + k] += d * (h[t * n + k] - p->centre[k]);
    }
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < i; k++) covariance[k * n + i] = covariance[i * n + k];
  const bool ok = linear_symmetric(n, covariance, w, fault);
  for (size_t i = 0; ok && i < n; i++) all += fmax(w[i], 0);
  if (ok && all == 0) /* nothing moves */
    of_neurons(s, 0, 1, p);
  else if (ok) {
    memcpy(p->a, covariance, n * sizeof *p->a);
    memcpy(p->b, covariance + n, n * sizeof *p->b);
    snprintf(p->x_label, sizeof p->x_label, "first principal component (%.0f %% of the variance)",
             100 * w[0] / all);
    snprintf(p->y_label, sizeof p->y_label, "second principal component (%.0f %%)", 100 * w[1] / all);
  }
  free(covariance);
  return ok;
}

bool plane_choose(const struct job *job, const double *h, size_t rows, struct plane *p, struct fault *fault) {
  const struct system *s = &job->system;
  const size_t n = s->neurons;
  long i = 0, k = 0;
  const bool chosen = job->settings->plane != NULL;
  char rest;
  *p = (struct plane){ .n = n };
  if (job->settings->plane && (sscanf(job->settings->plane, "%ld,%ld%c", &i, &k, &rest) != 2 || i < 0 ||
                               k < 0 || i == k || i >= (long)n || k >= (long)n))
    return options_usage(job->program, fault,
                         "--plane wants two neurons from 0 to %zu, \"0,1\", not \"%.40s\"", n - 1,
                         job->settings->plane);
  p->centre = calloc(4 * n, sizeof *p->centre);
  if (!p->centre) return fault_nomem(fault, 4 * n * sizeof *p->centre);
  p->a = p->centre + n;
  p->b = p->a + n;
  double *variance = p->b + n;
  if (rows) means(h, rows, n, p->centre, variance);
  bool ok = true;
  if (n == 1)
    neuron_name(s, 0, p->x_label);
  else if (chosen)
    of_neurons(s, (size_t)i, (size_t)k, p);
  else if (n == 2)
    of_neurons(s, 0, 1, p);
  else if (s->kind == SYSTEM_LORENZ)
    of_neurons(s, 0, 2, p);
  else if (n <= COMPONENTS_MOST)
    ok = components(s, h, rows, p, fault);
  else {
    size_t first = 0, second = 1;
    for (size_t j = 0; j < n; j++)
      if (variance[j] > variance[first]) first = j;
    if (second == first) second = 0;
    for (size_t j = 0; j < n; j++)
      if (j != first && variance[j] > variance[second]) second = j;
    of_neurons(s, first, second, p);
  }
  if (!ok) plane_destroy(p);
  return ok;
}

void plane_destroy(struct plane *p) {
  free(p->centre);
  memset(p, 0, sizeof *p);
}

void plane_project(const struct plane *p, const double *h, double *x, double *y) {
  *x = *y = 0;
  for (size_t i = 0; i < p->n; i++) {
    *x += p->a[i] * (h[i] - p->centre[i]);
    *y += p->b[i] * (h[i] - p->centre[i]);
  }
}

struct bounds {
  double x0, x1, y0, y1;
};

static void widen(struct bounds *b, double x, double y) {
  b->x0 = fmin(b->x0, x), b->x1 = fmax(b->x1, x);
  b->y0 = fmin(b->y0, y), b->y1 = fmax(b->y1, y);
}

/* Arrows at a grid: direction of motion projected on the plane, their length the root of its speed. */
static bool field(const struct system *s, const struct plane *p, const struct bounds *b,
                  struct plot_panel *panel, struct fault *fault) {
  enum { N = ACROSS * UP };
  const size_t n = p->n;
  double *room = malloc((4 * N + 2 * n) * sizeof *room), most = 0;
  if (!room) return fault_nomem(fault, (4 * N + 2 * n) * sizeof *room);
  double *x = room, *y = x + N, *dx = y + N, *dy = dx + N, *at = dy + N, *to = at + n;
  const double width = (b->x1 - b->x0) / ACROSS, height = (b->y1 - b->y0) / UP;
  for (size_t i = 0; i < N; i++) {
    x[i] = b->x0 + ((double)(i % ACROSS) + 0.5) * width;
    y[i] = b->y0 + ((double)(i / ACROSS) + 0.5) * height;
    for (size_t k = 0; k < n; k++) at[k] = p->centre[k] + x[i] * p->a[k] + y[i] * p->b[k];
    system_field(s, NULL, at, to);
    dx[i] = dy[i] = 0;
    for (size_t k = 0; k < n; k++) dx[i] += p->a[k] * to[k], dy[i] += p->b[k] * to[k];
    most = fmax(most, hypot(dx[i] / width, dy[i] / height));
  }
  for (size_t i = 0; i < N && most > 0; i++) {
    const double speed = hypot(dx[i] / width, dy[i] / height),
                 scale = speed > 0 ? 0.95 * sqrt(speed / most) / speed : 0;
    dx[i] *= scale;
    dy[i] *= scale;
    x[i] -= 0.5 * dx[i];
    y[i] -= 0.5 * dy[i];
  }
  char label[96];
  snprintf(label, sizeof label, "%s%s", s->continuous ? "dx/dt" : "one step",
           n > 2 ? ", the rest at its mean" : "");
  plot_arrows(panel, x, y, dx, dy, N, PLOT_GREY, label);
  free(room);
  return true;
}

enum manner { STABLE, MARGINAL, UNSTABLE, MANNERS };

static enum manner manner_of(const struct fixed_point *point) {
  return point->unstable ? UNSTABLE : point->marginal ? MARGINAL : STABLE;
}

static void mark(struct plot_panel *panel, enum manner manner, const double *x, const double *y,
                 size_t count) {
  if (!count) return;
  if (manner == UNSTABLE)
    plot_rings(panel, x, y, count, PLOT_RED, "unstable fixed point");
  else
    plot_points(panel, x, y, count, manner == STABLE ? PLOT_GREEN : PLOT_PURPLE,
                manner == STABLE ? "stable fixed point" : "marginal fixed point");
}

/* Marks the points in the panel, or, where that is NULL, widens the bounds to hold them. */
static bool points_of(const struct plane *p, const struct fixed_points *points, struct plot_panel *panel,
                      struct bounds *bounds, struct fault *fault) {
  const size_t n = points->count;
  double *x = malloc(2 * (n + 1) * sizeof *x), *y = x ? x + n + 1 : NULL;
  if (!x) return fault_nomem(fault, 2 * n * sizeof *x);
  for (size_t i = 0; !panel && i < n; i++) {
    plane_project(p, points->list[i].x, &x[0], &y[0]);
    widen(bounds, x[0], y[0]);
  }
  for (enum manner manner = STABLE; panel && manner < MANNERS; manner++) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
      if (manner_of(&points->list[i]) == manner) {
        plane_project(p, points->list[i].x, &x[count], &y[count]);
        count++;
      }
    mark(panel, manner, x, y, count);
  }
  free(x);
  return true;
}

/* What the step makes of a single neuron. */
static bool draw_line(struct job *job, struct plot *plot, const double *h, size_t rows,
                      const struct fixed_points *points, struct fault *fault) {
  const struct system *s = &job->system;
  double low = INFINITY, high = -INFINITY;
  for (size_t i = 0; i < rows; i++) low = fmin(low, h[i]), high = fmax(high, h[i]);
  for (size_t i = 0; i < points->count; i++)
    low = fmin(low, points->list[i].x[0]), high = fmax(high, points->list[i].x[0]);
  if (!(high > low)) low -= 1, high += 1;
  if (s->continuous) { /* also what lies beyond the outermost points */
    const double more = 0.15 * (high - low);
    low -= more, high += more;
  }
  double *x = malloc((4 * CURVE + 2 * points->count + 2) * sizeof *x), *y = x ? x + CURVE : NULL;
  if (!x) return fault_nomem(fault, 4 * CURVE * sizeof *x);
  double *px = y + CURVE, *py = px + points->count + 1;
  for (size_t i = 0; i < CURVE; i++) {
    x[i] = low + (high - low) * (double)i / (CURVE - 1);
    if (s->continuous)
      system_field(s, NULL, &x[i], &y[i]);
    else
      system_step(s, NULL, &x[i], &y[i]);
  }
  struct plot_panel *panel =
      plot_add_panel(plot, 1, NULL, s->continuous ? "dx/dt" : "the state one step later");
  plot_plane(panel, !s->continuous);
  plot_line(panel, x, y, CURVE, PLOT_BLUE, 2, s->continuous ? "field" : "step");
  if (!s->continuous) plot_dashes(panel, x, x, CURVE, PLOT_GREY, "no change");
  const size_t shown = rows > 61 ? 61 : rows; /* the first steps as a cobweb */
  double web[2][122];
  size_t n = 0;
  for (size_t i = 0; !s->continuous && i + 1 < shown; i++) {
    web[0][n] = h[i], web[1][n++] = i ? h[i] : low;
    web[0][n] = h[i], web[1][n++] = h[i + 1];
  }
  if (n) plot_line(panel, web[0], web[1], n, PLOT_ORANGE, 0.8, "first 60 steps");
  for (enum manner manner = STABLE; manner < MANNERS; manner++) {
    size_t count = 0;
    for (size_t i = 0; i < points->count; i++)
      if (manner_of(&points->list[i]) == manner) {
        px[count] = points->list[i].x[0];
        py[count] = s->continuous ? 0 : px[count];
        count++;
      }
    mark(panel, manner, px, py, count);
  }
  free(x);
  return true;
}

static bool draw_plane(struct job *job, struct plot *plot, const struct plane *p, const double *h,
                       size_t rows, const struct fixed_points *points, struct fault *fault) {
  const struct system *s = &job->system;
  struct bounds b = { INFINITY, -INFINITY, INFINITY, -INFINITY };
  double *x = malloc(2 * (rows + 1) * sizeof *x), *y = x ? x + rows : NULL;
  if (!x) return fault_nomem(fault, 2 * rows * sizeof *x);
  for (size_t t = 0; t < rows; t++) {
    plane_project(p, h + t * p->n, &x[t], &y[t]);
    widen(&b, x[t], y[t]);
  }
  bool ok = points_of(p, points, NULL, &b, fault);
  if (!(b.x0 <= b.x1)) b = (struct bounds){ -1, 1, -1, 1 };
  if (b.x1 - b.x0 < 1e-3) b.x0 -= 0.5, b.x1 += 0.5;
  if (b.y1 - b.y0 < 1e-3) b.y0 -= 0.5, b.y1 += 0.5;
  const double dx = 0.08 * (b.x1 - b.x0), dy = 0.08 * (b.y1 - b.y0);
  b.x0 -= dx, b.x1 += dx, b.y0 -= dy, b.y1 += dy;
  struct plot_panel *panel = plot_add_panel(plot, 1, NULL, p->y_label);
  plot_plane(panel, false);
  if (ok && s->kind != SYSTEM_LSTM) ok = field(s, p, &b, panel, fault);
  if (rows) plot_line(panel, x, y, rows, PLOT_BLUE, rows > 2000 ? 0.7 : 1.3, "trajectory");
  if (rows) plot_points(panel, x, y, 1, PLOT_BLACK, "start");
  ok = ok && points_of(p, points, panel, NULL, fault);
  free(x);
  return ok;
}

bool plane_draw(struct job *job, const char *path, const char *title, const double *h, size_t rows,
                const struct fixed_points *points, struct fault *fault) {
  struct plane plane;
  if (!plane_choose(job, h, rows, &plane, fault)) return false;
  struct plot *plot = plot_create(760, 600, title);
  plot_x_label(plot, plane.x_label);
  bool ok = plane.n == 1 ? draw_line(job, plot, h, rows, points, fault)
                         : draw_plane(job, plot, &plane, h, rows, points, fault);
  ok = ok && plot_write(plot, path, job->common->no_clobber, fault);
  plot_destroy(plot);
  plane_destroy(&plane);
  return ok;
}
