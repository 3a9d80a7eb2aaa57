/* gaussian.c: entropies by log-determinants, and the sums of them; see gaussian.h. The search for the weakest
 * bipartition is in weakest.c. */
#include "dynamics/gaussian.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/factor.h"

/* Up by ψ(x) = ψ(x + 1) - 1/x, then the asymptotic series (Abramowitz, Stegun 6.3.18), exact to 1e-14. */
double gaussian_digamma(double x) {
  double below = 0;
  for (; x < 10; x++) below += 1 / x;
  const double z = 1 / (x * x);
  return log(x) - 0.5 / x -
         z * (1.0 / 12 -
              z * (1.0 / 120 - z * (1.0 / 252 - z * (1.0 / 240 - z * (1.0 / 132 - z * 691 / 32760))))) -
         below;
}

double gaussian_bias(size_t d, size_t samples) {
  const double dof = (double)samples - 1;
  double sum = (double)d * log(2 / dof);
  for (size_t i = 1; i <= d; i++) sum += gaussian_digamma((dof + 1 - (double)i) / 2);
  return sum / 2;
}

/* Sums over the samples of the products of two columns; four samples at once, so that sums are read and
 * written less often. */
static void products(const double *rows, size_t samples, size_t n, double *sums) {
  size_t t = 0;
  memset(sums, 0, n * n * sizeof *sums);
  for (; t + 4 <= samples; t += 4) {
    const double *a = rows + t * n, *b = a + n, *c = b + n, *d = c + n;
    for (size_t i = 0; i < n; i++)
      for (size_t k = 0; k < i; k++)
        sums[i * n + k] += (a[i] * a[k] + b[i] * b[k]) + (c[i] * c[k] + d[i] * d[k]);
  }
  for (; t < samples; t++)
    for (size_t i = 0; i < n; i++)
      for (size_t k = 0; k < i; k++) sums[i * n + k] += rows[t * n + i] * rows[t * n + k];
  for (size_t i = 0; i < n; i++) {
    sums[i * n + i] = 1; /* up to rounding, which would say otherwise */
    for (size_t k = 0; k < i; k++) sums[k * n + i] = sums[i * n + k];
  }
}

bool gaussian_correlation(const double *rows, size_t samples, size_t n, double *correlation,
                          struct fault *fault) {
  if (samples < n + 2) {
    fault_set(fault, FAULT_DATA, "%zu samples are too few for the covariance of %zu neurons", samples, n);
    return fault_remedy(fault, "at least %zu, and better ten times as many as neurons, are needed", n + 2);
  }
  double *centred = calloc(samples * n, sizeof *centred);
  if (!centred) return fault_nomem(fault, samples * n * sizeof *centred);
  bool ok = true;
  for (size_t i = 0; ok && i < n; i++) {
    double mean = 0, square = 0, most = 0;
    for (size_t t = 0; t < samples; t++) mean += rows[t * n + i] / (double)samples;
    for (size_t t = 0; t < samples; t++) {
      const double d = rows[t * n + i] - mean;
      centred[t * n + i] = d;
      square += d * d;
      most = fmax(most, fabs(rows[t * n + i]));
    }
    const double size = sqrt(square);
    if (!isfinite(size)) ok = fault_set(fault, FAULT_NONFINITE, "neuron %zu is not finite", i);
    /* Less than the rounding of its own values: it stands still. */
    if (ok && size <= 1e-14 * most * sqrt((double)samples)) {
      fault_set(fault, FAULT_DATA, "neuron %zu does not vary: it shares no information with any other", i);
      ok = fault_remedy(fault, "give an input, another start, fewer steps to leave out, or other neurons");
    }
    for (size_t t = 0; ok && t < samples; t++) centred[t * n + i] /= size;
  }
  if (ok) products(centred, samples, n, correlation);
  free(centred);
  return ok;
}

bool gaussian_log_det(const double *correlation, size_t n, const size_t *index, size_t m, double *room,
                      double *log_det, struct fault *fault) {
  for (size_t i = 0; i < m; i++)
    for (size_t k = 0; k < m; k++) room[i * m + k] = correlation[index[i] * n + index[k]];
  const size_t bad = factor_cholesky(m, room);
  *log_det = 0;
  for (size_t i = 0; i < m; i++) {
    const double left = room[i * m + i] * room[i * m + i]; /* variance that those before it do not explain */
    if (bad == i + 1 || left < 1e-13) {
      fault_set(
          fault, FAULT_DATA,
          "neuron %zu is a linear function of the others in these samples: the information has no bound",
          index[i]);
      return fault_remedy(fault, "add a little noise, or leave it out");
    }
    *log_det += log(left);
  }
  return true;
}

bool gaussian_total(const double *correlation, size_t n, size_t samples, double *total, struct fault *fault) {
  double *room = malloc(n * n * sizeof *room), log_det;
  size_t *all = malloc(n * sizeof *all);
  bool ok = (room && all) || fault_nomem(fault, n * n * sizeof *room);
  for (size_t i = 0; ok && i < n; i++) all[i] = i;
  ok = ok && gaussian_log_det(correlation, n, all, n, room, &log_det, fault);
  if (ok) *total = gaussian_bias(n, samples) - (double)n * gaussian_bias(1, samples) - log_det / 2;
  free(room);
  free(all);
  return ok;
}

bool gaussian_across(const double *correlation, size_t n, size_t samples, const unsigned char *side,
                     double *across, struct fault *fault) {
  double *room = malloc(n * n * sizeof *room), part[2], whole;
  size_t *index = malloc(n * sizeof *index), m[2];
  bool ok = (room && index) || fault_nomem(fault, n * n * sizeof *room);
  for (unsigned char which = 0; ok && which < 2; which++) {
    m[which] = 0;
    for (size_t i = 0; i < n; i++)
      if (side[i] == which) index[m[which]++] = i;
    ok = gaussian_log_det(correlation, n, index, m[which], room, &part[which], fault);
  }
  for (size_t i = 0; ok && i < n; i++) index[i] = i;
  ok = ok && gaussian_log_det(correlation, n, index, n, room, &whole, fault);
  if (ok)
    *across = (part[0] + part[1] - whole) / 2 - gaussian_bias(m[0], samples) - gaussian_bias(m[1], samples) +
              gaussian_bias(n, samples);
  free(room);
  free(index);
  return ok;
}
