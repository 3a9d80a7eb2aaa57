/* fixed_search.c: the search for fixed points; see fixed_points.h.
 *
 * From every start the speed q(x) = |F(x)|²/2 is made small, F the system's field: by Newton's step, halved
 * until q falls, and where that leads nowhere by Levenberg's and Marquardt's, which is Newton's for a small λ
 * and the way down the gradient of q for a large one. Ends within 1e-9 of rest are fixed points; those closer
 * than 1e-5 are one. Source: Sussillo and Barak, "Opening the black box", Neural Computation 2013. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/draw.h"
#include "dynamics/fixed_points.h"
#include "dynamics/linear.h"

enum { ITERATIONS = 200, BURN = 1000 };
static const double REST = 1e-9, SAME = 1e-5, MARGIN = 1e-6;

struct search {
  const struct system *system;
  double *f, *next, *step, *jacobian, *work;
};

static double norm(const double *x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
  return sqrt(sum);
}

/* x + share·step where that makes |F| less: f then is F there. */
static bool try_step(const struct search *s, double *x, double *speed, double share) {
  const size_t n = s->system->states;
  double *f = s->work;
  for (size_t i = 0; i < n; i++) s->next[i] = x[i] + share * s->step[i];
  system_field(s->system, NULL, s->next, f);
  const double now = norm(f, n);
  if (!(now < *speed * (1 - 1e-4 * share))) return false;
  memcpy(x, s->next, n * sizeof *x);
  memcpy(s->f, f, n * sizeof *f);
  *speed = now;
  return true;
}

/* (JᵀJ + λ)·step = -JᵀF */
static bool damped(const struct search *s, double lambda, bool *singular, struct fault *fault) {
  const size_t n = s->system->states;
  double *normal = s->work;
  memset(normal, 0, n * n * sizeof *normal);
  memset(s->step, 0, n * sizeof *s->step);
  for (size_t r = 0; r < n; r++) {
    const double *row = s->jacobian + r * n;
    for (size_t i = 0; i < n; i++) {
      s->step[i] -= row[i] * s->f[r];
      for (size_t k = 0; row[i] != 0 && k < n; k++) normal[i * n + k] += row[i] * row[k];
    }
  }
  for (size_t i = 0; i < n; i++) normal[i * n + i] += lambda;
  return linear_solve(n, normal, s->step, singular, fault);
}

/* From x downhill; *speed is |F| at the end. */
static bool descend(const struct search *s, double *x, double *speed, struct fault *fault) {
  const size_t n = s->system->states;
  double lambda = 1e-3;
  system_field(s->system, NULL, x, s->f);
  *speed = norm(s->f, n);
  for (int i = 0; i<ITERATIONS && * speed> 1e-13; i++) {
    bool singular, moved = false;
    if (!isfinite(*speed) || norm(x, n) > 1e8) return true;
    if (signals_pending()) return fault_set(fault, FAULT_INTERRUPTED, "interrupted");
    system_field_jacobian(s->system, NULL, x, s->jacobian);
    memcpy(s->work, s->jacobian, n * n * sizeof *s->work);
    for (size_t k = 0; k < n; k++) s->step[k] = -s->f[k];
    if (!linear_solve(n, s->work, s->step, &singular, fault)) return false;
    for (double share = 1; !singular && !moved && share > 0.1; share /= 2)
      moved = try_step(s, x, speed, share);
    for (int tries = 0; !moved && tries < 6; tries++) {
      if (!damped(s, lambda, &singular, fault)) return false;
      moved = !singular && try_step(s, x, speed, 1);
      lambda = moved ? fmax(lambda / 5, 1e-12) : fmin(lambda * 10, 1e6);
    }
    if (!moved) return true;
  }
  return true;
}

static bool known(const struct fixed_points *points, const double *x, size_t n) {
  const double size = 1 + norm(x, n);
  for (size_t i = 0; i < points->count; i++) {
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum += (x[k] - points->list[i].x[k]) * (x[k] - points->list[i].x[k]);
    if (sqrt(sum) < SAME * size) return true;
  }
  return false;
}

static void classify(const struct system *s, struct fixed_point *p) {
  double slowest = -INFINITY;
  for (size_t i = 0; i < s->states; i++) {
    const double growth = s->continuous ? p->re[i] : hypot(p->re[i], p->im[i]) - 1;
    p->unstable += growth > MARGIN;
    p->marginal += fabs(growth) <= MARGIN;
    if (growth > slowest + MARGIN) {
      slowest = growth;
      p->spiral = fabs(p->im[i]) > MARGIN;
    }
  }
  const size_t stable = s->states - p->unstable - p->marginal;
  p->type = p->unstable && stable ? "saddle" : p->marginal ? "marginal" : p->unstable ? "source" : "sink";
}

static bool keep(const struct search *s, const double *x, double speed, struct fixed_points *points,
                 struct fault *fault) {
  const size_t n = s->system->states;
  if (known(points, x, n)) return true;
  struct fixed_point *list = realloc(points->list, (points->count + 1) * sizeof *list);
  double *room = malloc(3 * n * sizeof *room);
  if (list) points->list = list;
  if (!list || !room) {
    free(room);
    return fault_nomem(fault, 3 * n * sizeof *room);
  }
  struct fixed_point *p = &list[points->count++];
  *p = (struct fixed_point){ .x = room, .residual = speed, .re = room + n, .im = room + 2 * n };
  memcpy(p->x, x, n * sizeof *x);
  if (s->system->continuous)
    system_field_jacobian(s->system, NULL, x, s->jacobian);
  else
    system_jacobian(s->system, NULL, x, s->jacobian);
  if (!linear_eigenvalues(n, s->jacobian, p->re, p->im, fault)) return false;
  classify(s->system, p);
  return true;
}

/* The box that a run stays in, and where it is at the end: starts are drawn from both. */
static void explore(const struct system *s, double *x, double *low, double *high) {
  const size_t n = s->states;
  memcpy(x, s->initial, n * sizeof *x);
  memcpy(low, x, n * sizeof *x);
  memcpy(high, x, n * sizeof *x);
  for (int t = 0; t < BURN; t++) {
    system_step(s, NULL, x, x);
    for (size_t i = 0; i < n; i++) {
      if (!isfinite(x[i]) || fabs(x[i]) > 1e6) return;
      low[i] = fmin(low[i], x[i]);
      high[i] = fmax(high[i], x[i]);
    }
  }
}

/* Start i: the initial state, zero, then by turns a state near those of the run, one from a wider box around
 * them, and one from a box around zero that holds them. */
static void begin(const struct system *s, uint64_t seed, size_t i, const double *low, const double *high,
                  double *x) {
  const size_t n = s->states;
  for (size_t k = 0; k < n; k++) {
    const double half = fmax(0.5 * (high[k] - low[k]), 0.5), far = fmax(fabs(low[k]), fabs(high[k])) + 0.5;
    const double middle = i % 3 == 2 ? 0 : 0.5 * (low[k] + high[k]), reach = i % 3 == 0   ? 0.75 * half
                                                                             : i % 3 == 1 ? 2 * half
                                                                                          : 1.2 * far;
    x[k] = i == 0 ? s->initial[k] : i == 1 ? 0 : middle + reach * (2 * draw_uniform(seed, i * n + k) - 1);
  }
}

static int by_stability(const void *a, const void *b) {
  const struct fixed_point *p = a, *q = b;
  if (p->unstable != q->unstable) return p->unstable < q->unstable ? -1 : 1;
  return p->x[0] < q->x[0] ? -1 : p->x[0] > q->x[0];
}

bool fixed_points_find(struct job *job, size_t starts, struct fixed_points *points, struct fault *fault) {
  const struct system *s = &job->system;
  const size_t n = s->states;
  memset(points, 0, sizeof *points);
  if (!starts) starts = n <= 16 ? 256 : n <= 64 ? 64 : 64 * 64 / n < 8 ? 8 : 64 * 64 / n;
  double *room = malloc((7 * n + 2 * n * n) * sizeof *room);
  if (!room) return fault_nomem(fault, (7 * n + 2 * n * n) * sizeof *room);
  double *x = room, *low = x + n, *high = low + n, *box = high + n;
  const struct search search = { s, box, box + n, box + 2 * n, box + 4 * n, box + 4 * n + n * n };
  const uint64_t seed = draw_seed((uint64_t)job->common->seed, "fixed points");
  bool ok = true;
  explore(s, x, low, high);
  for (size_t i = 0; ok && i < starts; i++) {
    double speed;
    begin(s, seed, i, low, high, x);
    ok = descend(&search, x, &speed, fault);
    points->starts++;
    if (!ok || !(speed < REST * (1 + norm(x, n)))) continue;
    points->found++;
    ok = keep(&search, x, speed, points, fault);
  }
  if (ok && points->count) qsort(points->list, points->count, sizeof *points->list, by_stability);
  free(room);
  if (!ok) fixed_points_destroy(points);
  return ok;
}

void fixed_points_destroy(struct fixed_points *points) {
  for (size_t i = 0; i < points->count; i++) free(points->list[i].x);
  free(points->list);
  memset(points, 0, sizeof *points);
}
