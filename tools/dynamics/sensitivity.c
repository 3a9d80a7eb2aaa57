/* sensitivity.c: the products of Jacobians from the end backwards, kept near 1 with their scale apart; see
 * sensitivity.h. */
#include "dynamics/sensitivity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/factor.h"
#include "dynamics/linear.h"

struct product {
  size_t n;
  double log10_scale;
  double *now, *next, *jacobian, *values; /* matrices [n][n]; values: singular ones */
};

/* Largest singular value and root mean square of all, of the product without its scale. */
static bool singular(struct product *p, double *largest, double *typical, struct fault *fault) {
  double sum = 0;
  memcpy(p->next, p->now, p->n * p->n * sizeof *p->now);
  if (!factor_singular(p->n, p->next, p->values, fault)) return false;
  for (size_t i = 0; i < p->n; i++) sum += p->values[i] * p->values[i];
  *largest = p->values[0];
  *typical = sqrt(sum / (double)p->n);
  return true;
}

static bool multiply(struct product *p, size_t step, struct fault *fault) {
  const size_t all = p->n * p->n;
  double largest = 0;
  for (size_t i = 0; i < all; i++)
    if (!isfinite(p->jacobian[i]))
      return fault_set(fault, FAULT_NONFINITE, "the derivatives of step %zu are not finite", step);
  linear_product(p->n, p->n, p->n, p->now, p->jacobian, false, p->next);
  for (size_t i = 0; i < all; i++) largest = fmax(largest, fabs(p->next[i]));
  double *swap = p->now;
  p->now = p->next;
  p->next = swap;
  if (largest == 0) return true;
  /* A power of two keeps every bit. */
  int exponent;
  frexp(largest, &exponent);
  for (size_t i = 0; i < all; i++) p->now[i] = ldexp(p->now[i], -exponent);
  p->log10_scale += exponent * 0.30102999566398120;
  return true;
}

bool sensitivity_norms(sensitivity_jacobian jacobian, void *user, size_t steps, size_t n, double *log10_norm,
                       double *log10_typical, struct fault *fault) {
  double *memory = calloc(3 * n * n + n, sizeof *memory);
  if (!memory) return fault_nomem(fault, (3 * n * n + n) * sizeof *memory);
  struct product p = { n, 0, memory, memory + n * n, memory + 2 * n * n, memory + 3 * n * n };
  for (size_t i = 0; i < n; i++) p.now[i * n + i] = 1;
  log10_norm[steps] = log10_typical[steps] = 0;
  bool ok = true;
  for (size_t t = steps; ok && t-- > 0;) {
    double largest = 0, typical = 0;
    ok = jacobian(user, t, p.jacobian, fault) && multiply(&p, t, fault) &&
         singular(&p, &largest, &typical, fault);
    log10_norm[t] = log10(largest) + p.log10_scale;
    log10_typical[t] = log10(typical) + p.log10_scale;
  }
  free(memory);
  return ok;
}

bool sensitivity_clipped(sensitivity_jacobian jacobian, void *user, size_t steps, size_t n, double bound,
                         double *log10_clipped, struct fault *fault) {
  const size_t all = n * n;
  double *memory = calloc(3 * all, sizeof *memory), *now = memory, *next = memory + all;
  if (!memory) return fault_nomem(fault, 3 * all * sizeof *memory);
  for (size_t i = 0; i < n; i++) now[i * n + i] = 1;
  log10_clipped[steps] = 0;
  bool ok = true;
  for (size_t t = steps; ok && t-- > 0;) {
    double sum = 0, *swap = now;
    ok = jacobian(user, t, memory + 2 * all, fault);
    if (!ok) break;
    linear_product(n, n, n, now, memory + 2 * all, false, next);
    for (size_t i = 0; i < all; i++) {
      next[i] = fmax(-bound, fmin(bound, next[i]));
      sum += next[i] * next[i];
    }
    now = next;
    next = swap;
    log10_clipped[t] = log10(sum / (double)n) / 2;
  }
  free(memory);
  return ok;
}

enum sensitivity_verdict sensitivity_judge(const double *log10_norm, size_t steps, double low, double high,
                                           int64_t *at_step) {
  for (size_t t = steps; t-- > 0;) {
    *at_step = (int64_t)t;
    if (log10_norm[t] < log10(low)) return SENSITIVITY_VANISHING;
    if (log10_norm[t] > log10(high)) return SENSITIVITY_EXPLODING;
  }
  *at_step = -1;
  return SENSITIVITY_STABLE;
}
