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

/* Each neuron in a random order of its own. */
static void permute(const double *rows, size_t samples, size_t n, uint64_t seed, double *to) {
  for (size_t i = 0; i < n; i++)
    for (size_t t = 0; t < samples; t++) {
      const size_t k = (size_t)(draw_uniform(seed, i * samples + t) * (double)(t + 1));
      to[t * n + i] = to[k * n + i];
      to[k * n + i] = rows[t * n + i];
    }
}

/* Each neuron by a random time, any two of them at least half a 1/n of the record apart: neurons that happen
 * to be moved by nearly the same would keep what they share. */
static void shift(const double *rows, size_t samples, size_t n, uint64_t seed, size_t *place, double *to) {
  for (size_t i = 0; i < n; i++) {
    const size_t k = (size_t)(draw_uniform(seed, i) * (double)(i + 1));
    place[i] = place[k];
    place[k] = i;
  }
  for (size_t i = 0; i < n; i++) {
    const double by = ((double)place[i] + 0.5 * draw_uniform(seed, n + i)) * (double)samples / (double)n;
    for (size_t t = 0; t < samples; t++) to[t * n + i] = rows[(t + (size_t)by) % samples * n + i];
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
                          double *copy, double *correlation, size_t *place, unsigned char *side,
                          struct fault *fault) {
  const size_t n = out->neurons, samples = out->samples;
  bool exhaustive;
  for (size_t s = 0; s < o->shuffles; s++) {
    const uint64_t seed = draw_seed(o->seed + s, "shuffle");
    if (o->permute)
      permute(rows, samples, n, seed, copy);
    else
      shift(rows, samples, n, seed, place, copy);
    if (!gaussian_correlation(copy, samples, n, correlation, fault) ||
        !gaussian_total(correlation, n, samples, &out->null_total.values[s], fault) ||
        !gaussian_weakest(correlation, n, samples, o->least, side, &out->null_weakest.values[s], &exhaustive,
                          fault))
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
  unsigned char *side = malloc(n);
  size_t *place = calloc(n, sizeof *place);
  out->correlation = malloc(n * n * sizeof *out->correlation);
  out->side = calloc(n, 1);
  out->null_total.values = calloc(o->shuffles, sizeof(double));
  out->null_weakest.values = calloc(o->shuffles, sizeof(double));
  bool ok = (data && copy && correlation && side && place && out->correlation && out->side &&
             out->null_total.values && out->null_weakest.values) ||
            fault_nomem(fault, 2 * samples * n * sizeof *data);
  if (ok) {
    memcpy(data, rows, samples * n * sizeof *data);
    if (o->noise > 0) add_noise(data, samples, n, o->noise, draw_seed(o->seed, "noise"));
    ok = gaussian_correlation(data, samples, n, out->correlation, fault) &&
         gaussian_total(out->correlation, n, samples, &out->total, fault) &&
         gaussian_weakest(out->correlation, n, samples, o->least, out->side, &out->weakest, &out->exhaustive,
                          fault) &&
         measure_nulls(data, o, out, copy, correlation, place, side, fault);
  }
  free(data);
  free(copy);
  free(correlation);
  free(side);
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
