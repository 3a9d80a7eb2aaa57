/* continuous.c: continuous systems: their field, and one interval of it by a method, with tangent vectors.
 *
 *   continuous  τ·dx/dt = -leak·x + R·φ(x) + W·u + b
 *   lorenz      dx/dt = σ(y - x), dy/dt = x(ρ - z) - y, dz/dt = xy - βz
 *
 * Methods as in the library's ContinuousRNN: euler, heun (the trapezoidal rule), rk4, expeuler (exact in the
 * leak), dopri5 (Dormand and Prince's pair 5(4), whose steps follow the tolerance; the tangents go through
 * the steps that were taken, as derivatives of the step sizes are of the error's order). Sources: Lorenz,
 * "Deterministic nonperiodic flow", 1963; Hairer, Nørsett, Wanner, "Solving Ordinary Differential Equations
 * I". */
#include <math.h>
#include <string.h>

#include "dynamics/linear.h"
#include "dynamics/step.h"

enum { STAGES = 7 };

struct tableau {
  int stages;
  double a[STAGES][STAGES - 1], b[STAGES];
};

static const struct tableau tableaus[METHODS] = {
  [METHOD_EULER] = { 1, { { 0 } }, { 1 } },
  [METHOD_HEUN] = { 2, { { 0 }, { 1 } }, { 0.5, 0.5 } },
  [METHOD_RK4] = { 4, { { 0 }, { 0.5 }, { 0, 0.5 }, { 0, 0, 1 } }, { 1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6 } },
  [METHOD_EXPEULER] = { 1, { { 0 } }, { 1 } },
  [METHOD_DOPRI5] = { 7,
                      { { 0 },
                        { 1.0 / 5 },
                        { 3.0 / 40, 9.0 / 40 },
                        { 44.0 / 45, -56.0 / 15, 32.0 / 9 },
                        { 19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729 },
                        { 9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656 },
                        { 35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84 } },
                      { 35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84, 0 } },
};
/* Order 5 less order 4. */
static const double difference[STAGES] = { 71.0 / 57600,      0,          -71.0 / 16695, 71.0 / 1920,
                                           -17253.0 / 339200, 22.0 / 525, -1.0 / 40 };

/* The room of a step: the drive, rates, a point and the stages' fields, then the same of the tangents. */
struct room {
  double *drive, *rates, *point, *stage, *at, *work, *tangent;
};

static struct room room_of(const struct system *s, size_t k) {
  const size_t n = s->states;
  struct room r;
  r.drive = s->room + n;
  r.rates = r.drive + n;
  r.at = r.rates + n;
  r.point = r.at + n;
  r.stage = r.point + n;
  r.work = r.stage + STAGES * n;
  r.tangent = r.work + 2 * n * k;
  return r;
}

size_t step_room(const struct system *s) {
  const size_t n = s->states, k = n;
  if (s->continuous) return (5 + STAGES) * n + (2 + STAGES) * n * k;
  return n + 16 * s->neurons + 5 * s->neurons * k;
}

static void slope_at(const struct system *s, const double *x, double *v, size_t k, double *work) {
  const size_t n = s->states;
  if (s->kind == SYSTEM_LORENZ) {
    const double sigma = s->parameter[0], rho = s->parameter[1], beta = s->parameter[2];
    for (size_t j = 0; j < k; j++) {
      const double a = v[j], b = v[k + j], c = v[2 * k + j];
      v[j] = sigma * (b - a);
      v[k + j] = (rho - x[2]) * a - b - x[0] * c;
      v[2 * k + j] = x[1] * a + x[0] * b - beta * c;
    }
    return;
  }
  for (size_t i = 0; i < n; i++) {
    const double slope = activation_slope(&s->f[0], x[i]);
    for (size_t j = 0; j < k; j++) work[i * k + j] = slope * v[i * k + j];
  }
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < k; j++) v[i * k + j] *= -s->leak;
  linear_product(n, k, n, s->w_rec, work, true, v);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < k; j++) v[i * k + j] /= s->tau[i];
}

void flow_slope(const struct system *s, const double *x, double *v, size_t k) {
  slope_at(s, x, v, k, room_of(s, k).work);
}

/* R·φ(x) + drive. */
static void net_of(const struct system *s, const struct room *r, const double *x, double *to) {
  for (size_t i = 0; i < s->neurons; i++) r->rates[i] = activation_value(&s->f[0], x[i]);
  memcpy(to, r->drive, s->neurons * sizeof *to);
  linear_product(s->neurons, 1, s->neurons, s->w_rec, r->rates, true, to);
}

static void field(const struct system *s, const struct room *r, const double *x, double *to) {
  if (s->kind == SYSTEM_LORENZ) {
    to[0] = s->parameter[0] * (x[1] - x[0]);
    to[1] = x[0] * (s->parameter[1] - x[2]) - x[1];
    to[2] = x[0] * x[1] - s->parameter[2] * x[2];
    return;
  }
  net_of(s, r, x, to);
  for (size_t i = 0; i < s->neurons; i++) to[i] = (to[i] - s->leak * x[i]) / s->tau[i];
}

static void drive_of(const struct system *s, const double *u, const struct room *r) {
  if (s->kind == SYSTEM_LORENZ) return;
  step_drive(s, u, r->drive);
  for (size_t i = 0; i < s->neurons; i++) r->drive[i] += s->b_rec[i];
}

void flow_field(const struct system *s, const double *u, const double *x, double *to) {
  const struct room r = room_of(s, 0);
  drive_of(s, u, &r);
  field(s, &r, x, to);
}

static void combine(size_t n, const double *x, double h, int stages, const double *weight,
                    const double *stage, double *to) {
  for (size_t i = 0; i < n; i++) {
    double sum = 0;
    for (int q = 0; q < stages; q++) sum += weight[q] * stage[(size_t)q * n + i];
    to[i] = x[i] + h * sum;
  }
}

/* The stages from r->at; r->point = the result. */
static void stages_of(const struct system *s, const struct room *r, double h) {
  const struct tableau *t = &tableaus[s->method];
  const size_t n = s->states;
  for (int q = 0; q < t->stages; q++) {
    combine(n, r->at, h, q, t->a[q], r->stage, r->point);
    field(s, r, r->point, r->stage + (size_t)q * n);
  }
  combine(n, r->at, h, t->stages, t->b, r->stage, r->point);
}

/* The tangents through the step of stages_of. */
static void tangents(const struct system *s, const struct room *r, double h, double *v, size_t k) {
  const struct tableau *t = &tableaus[s->method];
  const size_t n = s->states, size = n * k;
  for (int q = 0; q < t->stages; q++) {
    double *dk = r->tangent + (size_t)q * size;
    combine(size, v, h, q, t->a[q], r->tangent, dk);
    combine(n, r->at, h, q, t->a[q], r->stage, r->rates);
    slope_at(s, r->rates, dk, k, r->work);
  }
  combine(size, v, h, t->stages, t->b, r->tangent, v);
}

static void exponential(const struct system *s, const struct room *r, double h, double *v, size_t k) {
  const size_t n = s->neurons;
  net_of(s, r, r->at, r->stage);
  for (size_t i = 0; i < n; i++) {
    const double a = s->leak * h / s->tau[i], e = exp(-a),
                 share = s->leak > 0 ? -expm1(-a) / s->leak : h / s->tau[i];
    r->point[i] = e * r->at[i] + share * r->stage[i];
  }
  if (!k) return;
  for (size_t i = 0; i < n; i++) {
    const double slope = activation_slope(&s->f[0], r->at[i]);
    for (size_t j = 0; j < k; j++) r->work[i * k + j] = slope * v[i * k + j];
  }
  linear_product(n, k, n, s->w_rec, r->work, false, r->tangent);
  for (size_t i = 0; i < n; i++) {
    const double a = s->leak * h / s->tau[i], e = exp(-a),
                 share = s->leak > 0 ? -expm1(-a) / s->leak : h / s->tau[i];
    for (size_t j = 0; j < k; j++) v[i * k + j] = e * v[i * k + j] + share * r->tangent[i * k + j];
  }
}

static double error_of(const struct system *s, const struct room *r, double h) {
  const size_t n = s->states;
  double error = 0;
  for (size_t i = 0; i < n; i++) {
    double e = 0;
    for (int q = 0; q < STAGES; q++) e += difference[q] * r->stage[(size_t)q * n + i];
    e *= h / (s->tolerance * (1 + fmax(fabs(r->at[i]), fabs(r->point[i]))));
    error += e * e;
  }
  return sqrt(error / (double)n);
}

static void adaptive(const struct system *s, const struct room *r, double *v, size_t k) {
  double done = 0, h = s->dt;
  for (int64_t tries = 0; done < s->dt; tries++) {
    const double left = s->dt - done;
    const bool last = tries >= s->max_steps || h >= left;
    const double use = last ? left : h;
    stages_of(s, r, use);
    const double error = error_of(s, r, use);
    if (error <= 1 || tries >= s->max_steps || !isfinite(error)) {
      if (k) tangents(s, r, use, v, k);
      memcpy(r->at, r->point, s->states * sizeof *r->at);
      done = last ? s->dt : done + use;
    }
    const double factor = error > 0 ? 0.9 * pow(error, -0.2) : 5;
    h = use * fmin(5, fmax(0.2, factor));
  }
}

void flow_step(const struct system *s, const double *u, const double *x, double *next, double *v, size_t k) {
  const struct room r = room_of(s, k);
  const size_t bytes = s->states * sizeof *x;
  drive_of(s, u, &r);
  memcpy(r.at, x, bytes);
  if (s->method == METHOD_DOPRI5)
    adaptive(s, &r, v, k);
  else
    for (int64_t m = 0; m < s->substeps; m++) {
      const double h = s->dt / (double)s->substeps;
      if (s->method == METHOD_EXPEULER) {
        exponential(s, &r, h, v, k);
      } else {
        stages_of(s, &r, h);
        if (k) tangents(s, &r, h, v, k);
      }
      memcpy(r.at, r.point, bytes);
    }
  memcpy(next, r.at, bytes);
}
