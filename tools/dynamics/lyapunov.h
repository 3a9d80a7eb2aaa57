/* lyapunov.h: Lyapunov exponents by Benettin's method; see lyapunov.c. */
#ifndef DYNAMICS_LYAPUNOV_H
#define DYNAMICS_LYAPUNOV_H

#include "dynamics/dynamics.h"

enum { LYAPUNOV_PARTS = 20 };

struct lyapunov {
  size_t k, steps;
  double *exponent, *spread; /* [k], largest first; per second or step */
  double *part;              /* [LYAPUNOV_PARTS][k]: sums of logarithms */
  size_t points;
  double *history, *time; /* [points][k] the averages so far, [points] over which time */
  double dimension;       /* Kaplan and Yorke's; NaN where more exponents are needed */
};

bool lyapunov_run(struct job *job, size_t k, size_t steps, struct lyapunov *lyapunov,
                  struct fault *fault) TOOLS_MUST;
void lyapunov_destroy(struct lyapunov *lyapunov);

#endif
