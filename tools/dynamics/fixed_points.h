/* fixed_points.h: states where a system rests: found, told apart, and how it behaves around them. */
#ifndef DYNAMICS_FIXED_POINTS_H
#define DYNAMICS_FIXED_POINTS_H

#include "dynamics/dynamics.h"

struct fixed_point {
  double *x;       /* [states] */
  double residual; /* |field| there */
  double *re, *im; /* [states]: eigenvalues of the step (discrete) or of the field (continuous), largest
                      modulus first */
  size_t unstable, marginal; /* directions that lead away; that do neither, to within 1e-6 */
  bool spiral;               /* the slowest direction to die out, or quickest to grow, turns */
  const char *type;          /* "sink", "source", "saddle", "marginal" */
};

struct fixed_points {
  struct fixed_point *list;
  size_t count, starts, found; /* searches begun, and those that ended at a fixed point */
};

/* Searches from `starts` states (0: as many as go quickly): the initial state, zero, states of a run, states
 * drawn around it. */
bool fixed_points_find(struct job *job, size_t starts, struct fixed_points *points,
                       struct fault *fault) TOOLS_MUST;
void fixed_points_destroy(struct fixed_points *points); /* zeroed: nothing */

#endif
