/* transform.h: numbers of a column ↔ numbers a network learns from.
 *
 *   return      z_t = (ln x_t - ln x_{t-1} - centre) / scale     (needs x > 0)
 *   difference  z_t = (x_t - x_{t-1} - centre) / scale
 *   zscore      z_t = (x_t - centre) / scale
 *   none        z_t = x_t
 *
 * centre and scale are mean and standard deviation of the training part only: what comes later must not be
 * known. A scale of zero (a constant column) becomes 1. */
#ifndef TOOLS_TRANSFORM_H
#define TOOLS_TRANSFORM_H

#include "common/fault.h"

enum transform_kind {
  TRANSFORM_AUTO,
  TRANSFORM_RETURN,
  TRANSFORM_DIFFERENCE,
  TRANSFORM_ZSCORE,
  TRANSFORM_NONE
};

struct transform {
  enum transform_kind kind; /* never AUTO */
  double centre, scale;
};

/* What AUTO means for the first `n` values. A column that wanders, where the last value tells more than the
 * mean (the variance of its differences is below a tenth of its own), is read by returns if it is positive
 * and else by differences; one that stays around its mean by z-scores. */
enum transform_kind transform_choose(const double *x, size_t n);

/* Fits on the first `n` values (the training part). A fault where returns are asked of a value that is not
 * positive; `name` is the column's, for the sentence. */
bool transform_fit(struct transform *t, enum transform_kind kind, const char *name, const double *x, size_t n,
                   struct fault *fault) TOOLS_MUST;

/* 1 where a value needs the one before (return, difference), else 0: z has no meaning for the first values.
 */
size_t transform_lead(const struct transform *t);

/* z[i] for i = 0 … n-1; the first transform_lead values are 0. Returns are of values > 0 only (later values
 * are not seen by transform_fit): false and `*bad` the index where they are not. */
bool transform_apply(const struct transform *t, const double *x, size_t n, double *z, size_t *bad);

/* One step back: x_t from z_t and x_{t-1} (which zscore and none ignore). The exact inverse of
 * transform_apply. */
double transform_step(const struct transform *t, double previous, double z);

/* `steps` steps on from `last`. */
void transform_invert(const struct transform *t, double last, const double *z, size_t steps, double *x);

const char *transform_name(enum transform_kind kind);
int transform_of(const char *name); /* -1: none of that name */

#endif
