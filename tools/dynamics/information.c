/* information.c: gaussian.h's measures of the data and of shuffled copies; see information.h. */
#include "dynamics/information.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/draw.h"
#include "dynamics/gaussian.h"

static void add_noise(double *rows, size_t samples, size_t n, double share, uint64_t seed) {
  for (size_t i = 0; i < n; i++) {
    double mean = 0, square = 0;
    for (size_t t = 0; t < samples; t++) mean += rows[t * n + i] / (double)samples;
    for (size_t t = 0; t < samples; t++) square += (rows[t * n + i] - mean) * (rows[t * n + i] - mean);
    const double size = share * sqrt(square / (double)samples);
    for (size_t t = 0; t < samples; t++) rows[t * n + i] += size * draw_normal(seed, t * n + i);
  }
}

/* What is moved in time. */
struct mover {
  const double *rows;
  size_t samples, n;
  const unsigned char *side; /* NULL: each neuron alone; else those of side 1 together, and those of 0 stay */
  size_t *place;             /* [samples] or [n], whichever is more */
};

static void random_order(uint64_t seed, size_t n, size_t *order) {
  for (size_t i = 0; i < n; i++) {
    const size_t k = (size_t)(draw_uniform(seed, i) * (double)(i + 1));
    order[i] = order[k];
    order[k] = i;
  }
}

static void move_neuron(const struct mover *m, size_t i, size_t by, double *to) {
  for (size_t t = 0; t < m->samples; t++) to[t * m->n + i] = m->rows[(t + by) % m->samples * m->n + i];
}

/* By a random order of time: each neuron's own, or the one of its side. */
static void permute(const struct mover *m, uint64_t seed, double *to) {
  for (size_t i = 0; i < m->n; i++) {
    if (m->side && !m->side[i]) {
      move_neuron(m, i, 0, to);
      continue;
    }
    random_order(m->side ? seed : draw_seed(seed + i, "order"), m->samples, m->place);
    for (size_t t = 0; t < m->samples; t++) to[t * m->n + i] = m->rows[m->place[t] * m->n + i];
  }
}

/* By a random time. Neurons that happen to be moved by nearly the same would keep what they share, so any two
 * are at least half a 1/n of the record apart, and a side a tenth of the record from where it was. */
static void shift(const struct mover *m, uint64_t seed, double *to) {
  const double n = (double)m->n, length = (double)m->samples;
  random_order(seed, m->n, m->place);
  for (size_t i = 0; i < m->n; i++) {
    double by = ((double)m->place[i] + 0.5 * draw_uniform(seed, m->n + i)) * length / n;
    if (m->side) by = m->side[i] ? (0.1 + 0.8 * draw_uniform(seed, 0)) * length : 0;
    move_neuron(m, i, (size_t)by, to);
  }
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void sum_up(struct information_null *null, size_t count) {
  qsort(null->values, count, sizeof *null->values, ascending);
  for (size_t i = 0; i < count; i++) null->mean += null->values[i] / (double)count;
  null->low = null->values[(size_t)(0.025 * (double)count)];
  null->high = null->values[count - 1 - (size_t)(0.025 * (double)count)];
}

static bool measure_nulls(const double *rows, const struct information_options *o, struct information *out,
                          double *copy, double *correlation, size_t *place, struct fault *fault) {
  const size_t n = out->neurons, samples = out->samples;
  const struct mover apart = { rows, samples, n, NULL, place },
                     sides = { rows, samples, n, out->side, place };
  void (*const move)(const struct mover *, uint64_t, double *) = o->permute ? permute : shift;
  for (size_t s = 0; s < o->shuffles; s++) {
    move(&apart, draw_seed(o->seed + s, "neurons"), copy);
    if (!gaussian_correlation(copy, samples, n, correlation, fault) ||
        !gaussian_total(correlation, n, samples, &out->null_total.values[s], fault))
      return false;
    move(&sides, draw_seed(o->seed + s, "sides"), copy);
    if (!gaussian_correlation(copy, samples, n, correlation, fault) ||
        !gaussian_across(correlation, n, samples, out->side, &out->null_weakest.values[s], fault))
      return false;
  }
  sum_up(&out->null_total, o->shuffles);
  sum_up(&out->null_weakest, o->shuffles);
  return true;
}

bool information_measure(const double *rows, size_t samples, size_t n, const struct information_options *o,
                         struct information *out, struct fault *fault) {
  memset(out, 0, sizeof *out);
  if (n < 2)
    return fault_set(fault, FAULT_UNSUPPORTED, "a single neuron has no parts that could share information");
  if (o->shuffles < 20) return fault_set(fault, FAULT_PARAM, "%zu shuffles are too few", o->shuffles);
  out->neurons = n;
  out->samples = samples;
  out->shuffles = o->shuffles;
  double *data = malloc(samples * n * sizeof *data), *copy = malloc(samples * n * sizeof *copy),
         *correlation = malloc(n * n * sizeof *correlation);
  size_t *place = calloc(samples > n ? samples : n, sizeof *place);
  out->correlation = malloc(n * n * sizeof *out->correlation);
  out->side = calloc(n, 1);
  out->null_total.values = calloc(o->shuffles, sizeof(double));
  out->null_weakest.values = calloc(o->shuffles, sizeof(double));
  bool ok = (data && copy && correlation && place && out->correlation && out->side &&
             out->null_total.values && out->null_weakest.values) ||
            fault_nomem(fault, 2 * samples * n * sizeof *data);
  if (ok) {
    memcpy(data, rows, samples * n * sizeof *data);
    if (o->noise > 0) add_noise(data, samples, n, o->noise, draw_seed(o->seed, "noise"));
    ok = gaussian_correlation(data, samples, n, out->correlation, fault) &&
         gaussian_total(out->correlation, n, samples, &out->total, fault) &&
         gaussian_weakest(out->correlation, n, samples, o->least, out->side, &out->weakest, &out->exhaustive,
                          fault) &&
         measure_nulls(data, o, out, copy, correlation, place, fault);
  }
  free(data);
  free(copy);
  free(correlation);
  free(place);
  if (!ok) information_destroy(out);
  return ok;
}

void information_destroy(struct information *information) {
  free(information->correlation);
  free(information->side);
  free(information->null_total.values);
  free(information->null_weakest.values);
  memset(information, 0, sizeof *information);
}
