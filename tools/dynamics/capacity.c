/* capacity.c: ridge regression of all delays at once; see capacity.h.
 *
 * All readouts share one matrix (states times states) and so one factorization: the delays and the shuffled
 * inputs of the floor are right-hand sides of it. A squared correlation over m steps is 1/m on average where
 * there is no relation at all; the shuffled inputs measure that floor, fitted and held out like the rest. */
#include "dynamics/capacity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/draw.h"
#include "dynamics/linear.h"

struct regression {
  size_t neurons, targets, train, test; /* targets: right-hand sides; steps to fit and to test */
  double *x;       /* [train + test][neurons], centred by the means of the training steps */
  double *y;       /* [train + test][targets], likewise */
  double *weights; /* [neurons][targets] */
  double *guess;   /* [test][targets] */
};

static void centre(double *rows, size_t columns, size_t train, size_t all) {
  for (size_t k = 0; k < columns; k++) {
    double mean = 0;
    for (size_t t = 0; t < train; t++) mean += rows[t * columns + k];
    mean /= (double)train;
    for (size_t t = 0; t < all; t++) rows[t * columns + k] -= mean;
  }
}

/* Fits on the first steps and applies to the others. */
static bool regress(struct regression *r, double ridge, struct fault *fault) {
  double sum = 0, rest = 0;
  for (size_t i = 0; i < r->train * r->neurons; i++) sum += r->x[i] * r->x[i];
  for (size_t i = r->train * r->neurons; i < (r->train + r->test) * r->neurons; i++) rest += fabs(r->x[i]);
  if (!isfinite(sum + rest)) return fault_set(fault, FAULT_NONFINITE, "the states are not finite");
  if (sum <= 0)
    return fault_set(fault, FAULT_DATA,
                     "no neuron moves while a random input comes: there is nothing to read");
  if (!linear_ridge(r->train, r->neurons, r->targets, r->x, r->y, ridge * sum / (double)r->neurons,
                    r->weights, fault))
    return fault_remedy(fault, "a larger ridge makes the readout unique");
  linear_product(r->test, r->targets, r->neurons, r->x + r->train * r->neurons, r->weights, false, r->guess);
  return true;
}

/* Squared correlation of target k with its readout on the steps held out. */
static double correlation(const struct regression *r, size_t k) {
  const size_t targets = r->targets, test = r->test;
  const double *y = r->y + r->train * targets;
  double my = 0, mg = 0, yy = 0, gg = 0, yg = 0;
  for (size_t t = 0; t < test; t++) my += y[t * targets + k], mg += r->guess[t * targets + k];
  my /= (double)test;
  mg /= (double)test;
  for (size_t t = 0; t < test; t++) {
    const double a = y[t * targets + k] - my, b = r->guess[t * targets + k] - mg;
    yy += a * a;
    gg += b * b;
    yg += a * b;
  }
  return yy > 0 && gg > 0 ? yg * yg / (yy * gg) : 0;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static bool allocate(struct regression *r, struct capacity *out, struct fault *fault) {
  const size_t n = r->neurons, targets = r->targets, steps = r->train + r->test;
  r->x = calloc(steps * n, sizeof *r->x);
  r->y = calloc(steps * targets, sizeof *r->y);
  r->weights = calloc(targets * n, sizeof *r->weights);
  r->guess = calloc(r->test * targets, sizeof *r->guess);
  out->raw = calloc(out->delays, sizeof *out->raw);
  out->by_delay = calloc(out->delays, sizeof *out->by_delay);
  if (r->x && r->y && r->weights && r->guess && out->raw && out->by_delay) return true;
  return fault_nomem(fault, steps * (n + 2 * targets) * sizeof *r->x);
}

/* The targets: the input 1, 2 … steps ago, then the input in random orders (Fisher and Yates, inside out). */
static void fill_targets(struct regression *r, const double *input, size_t first, size_t delays,
                         size_t shuffles, uint64_t seed) {
  const size_t targets = r->targets, steps = r->train + r->test;
  for (size_t k = 0; k < delays; k++)
    for (size_t t = 0; t < steps; t++) r->y[t * targets + k] = input[first + t - k];
  for (size_t s = 0; s < shuffles; s++) {
    double *y = r->y + delays + s;
    const uint64_t own = draw_seed(seed + s, "floor");
    for (size_t t = 0; t < steps; t++) {
      const size_t k = (size_t)(draw_uniform(own, t) * (double)(t + 1));
      y[t * targets] = y[k * targets];
      y[k * targets] = input[first + t];
    }
  }
}

static void sum_up(const struct regression *r, size_t shuffles, double *floors, struct capacity *out) {
  for (size_t s = 0; s < shuffles; s++) {
    floors[s] = correlation(r, out->delays + s);
    out->floor += floors[s] / (double)shuffles;
  }
  qsort(floors, shuffles, sizeof *floors, ascending);
  out->floor_high = floors[(size_t)(0.95 * (double)shuffles)];
  for (size_t k = 0; k < out->delays; k++) {
    out->raw[k] = correlation(r, k);
    out->raw_sum += out->raw[k];
    if (out->raw[k] > out->floor_high) out->by_delay[k] = (out->raw[k] - out->floor) / (1 - out->floor);
    out->total += out->by_delay[k];
  }
}

bool capacity_measure(const double *states, const double *input, size_t steps, size_t neurons,
                      const struct capacity_options *o, struct capacity *out, struct fault *fault) {
  memset(out, 0, sizeof *out);
  const size_t first = o->washout > o->delays ? o->washout : o->delays;
  const size_t used = steps > first ? steps - first : 0, train = (size_t)(o->train * (double)used);
  if (!o->delays || !neurons || o->shuffles < 20)
    return fault_set(fault, FAULT_PARAM, "%zu neurons, %zu delays and %zu shuffles cannot be measured",
                     neurons, o->delays, o->shuffles);
  if (train < 2 * neurons + 20 || used - train < 50) {
    fault_set(fault, FAULT_DATA,
              "%zu steps are too few: after %zu that are left out, %zu remain to fit %zu neurons and to test",
              steps, first, used, neurons);
    return fault_remedy(fault, "at least %zu steps are needed",
                        first + 50 + (size_t)((double)(2 * neurons + 20) / o->train * 2));
  }
  struct regression r = { neurons, o->delays + o->shuffles, train, used - train, NULL, NULL, NULL, NULL };
  out->delays = o->delays;
  out->neurons = neurons;
  out->train_steps = train;
  out->test_steps = used - train;
  bool ok = allocate(&r, out, fault);
  if (ok) {
    memcpy(r.x, states + first * neurons, used * neurons * sizeof *states);
    fill_targets(&r, input, first, o->delays, o->shuffles, o->seed);
    centre(r.x, neurons, train, used);
    centre(r.y, o->delays + o->shuffles, train, used);
    ok = regress(&r, o->ridge, fault);
  }
  if (ok) {
    double *floors = calloc(o->shuffles, sizeof *floors);
    ok = floors != NULL || fault_nomem(fault, o->shuffles * sizeof *floors);
    if (ok) sum_up(&r, o->shuffles, floors, out);
    free(floors);
  }
  free(r.x);
  free(r.y);
  free(r.weights);
  free(r.guess);
  if (!ok) capacity_destroy(out);
  return ok;
}

void capacity_destroy(struct capacity *capacity) {
  free(capacity->raw);
  free(capacity->by_delay);
  memset(capacity, 0, sizeof *capacity);
}
