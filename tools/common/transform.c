/* transform.c: fitting and applying transforms; see transform.h. Sums run from the first value to the last.
 */
#include "common/transform.h"

#include <math.h>
#include <string.h>

static const char *const NAMES[] = { "auto", "return", "difference", "zscore", "none" };

const char *transform_name(enum transform_kind kind) {
  return NAMES[kind];
}

int transform_of(const char *name) {
  for (int i = 0; i < 5; i++)
    if (!strcmp(name, NAMES[i])) return i;
  return -1;
}

/* Mean and standard deviation in two passes: one pass loses digits where the mean is large. */
static void moments(const double *v, size_t n, double *mean, double *deviation) {
  double sum = 0, squares = 0;
  for (size_t i = 0; i < n; i++) sum += v[i];
  *mean = n ? sum / (double)n : 0;
  for (size_t i = 0; i < n; i++) squares += (v[i] - *mean) * (v[i] - *mean);
  *deviation = n ? sqrt(squares / (double)n) : 0;
}

static double raw(enum transform_kind kind, const double *x, size_t i) {
  switch (kind) {
  case TRANSFORM_RETURN: return log(x[i] / x[i - 1]);
  case TRANSFORM_DIFFERENCE: return x[i] - x[i - 1];
  default: return x[i];
  }
}

enum transform_kind transform_choose(const double *x, size_t n) {
  double mean, deviation, step = 0;
  bool positive = true;
  moments(x, n, &mean, &deviation);
  for (size_t i = 0; i < n; i++) {
    if (!(x[i] > 0)) positive = false;
    if (i) step += (x[i] - x[i - 1]) * (x[i] - x[i - 1]);
  }
  if (n < 3 || deviation == 0 || step / (double)(n - 1) >= 0.1 * deviation * deviation)
    return TRANSFORM_ZSCORE;
  return positive ? TRANSFORM_RETURN : TRANSFORM_DIFFERENCE;
}

size_t transform_lead(const struct transform *t) {
  return t->kind == TRANSFORM_RETURN || t->kind == TRANSFORM_DIFFERENCE;
}

bool transform_fit(struct transform *t, enum transform_kind kind, const char *name, const double *x, size_t n,
                   struct fault *fault) {
  t->kind = kind == TRANSFORM_AUTO ? transform_choose(x, n) : kind;
  t->centre = 0;
  t->scale = 1;
  if (t->kind == TRANSFORM_RETURN)
    for (size_t i = 0; i < n; i++)
      if (!(x[i] > 0)) {
        fault_set(fault, FAULT_DATA, "returns need positive values, and \"%.60s\" holds %g", name, x[i]);
        return fault_remedy(fault, "give --transform difference or zscore");
      }
  if (t->kind == TRANSFORM_NONE) return true;
  size_t lead = transform_lead(t);
  double sum = 0, squares = 0;
  if (n <= lead) return true;
  double count = (double)(n - lead);
  for (size_t i = lead; i < n; i++) sum += raw(t->kind, x, i);
  t->centre = sum / count;
  for (size_t i = lead; i < n; i++) {
    double d = raw(t->kind, x, i) - t->centre;
    squares += d * d;
  }
  double deviation = sqrt(squares / count);
  /* Rounding alone leaves a constant column a deviation of about 1e-16 of its size. */
  t->scale = deviation > 1e-12 * fabs(t->centre) && deviation > 0 ? deviation : 1;
  return true;
}

bool transform_apply(const struct transform *t, const double *x, size_t n, double *z, size_t *bad) {
  size_t lead = transform_lead(t);
  for (size_t i = 0; i < n; i++) {
    if (t->kind == TRANSFORM_RETURN && !(x[i] > 0)) {
      *bad = i;
      return false;
    }
    z[i] = i < lead ? 0 : (raw(t->kind, x, i) - t->centre) / t->scale;
  }
  return true;
}

double transform_step(const struct transform *t, double previous, double z) {
  double v = z * t->scale + t->centre;
  switch (t->kind) {
  case TRANSFORM_RETURN: return previous * exp(v);
  case TRANSFORM_DIFFERENCE: return previous + v;
  default: return v;
  }
}

void transform_invert(const struct transform *t, double last, const double *z, size_t steps, double *x) {
  for (size_t i = 0; i < steps; i++) last = x[i] = transform_step(t, last, z[i]);
}
