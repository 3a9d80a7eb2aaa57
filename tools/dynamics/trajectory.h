/* trajectory.h: a system run from its first state: what simulate shows, and others measure. */
#ifndef DYNAMICS_TRAJECTORY_H
#define DYNAMICS_TRAJECTORY_H

#include "dynamics/dynamics.h"

struct trajectory {
  size_t steps; /* states are [steps + 1]: the first is the initial one */
  double *h;    /* [steps + 1][neurons] */
  double *y;    /* [steps + 1][outputs], or NULL */
  bool library; /* run by the library, in float32; else here, in double */
};

/* Networks are run by the library on the chosen device, the classics here. */
bool trajectory_run(struct job *job, size_t steps, struct trajectory *t, struct fault *fault) TOOLS_MUST;

/* The double-precision step alone, whatever the system. */
bool trajectory_exact(struct job *job, size_t steps, struct trajectory *t, struct fault *fault) TOOLS_MUST;

void trajectory_destroy(struct trajectory *t); /* zeroed: nothing */

/* network.c: steps of the system's network by the library: u [steps][inputs] → h [steps][neurons]. */
bool network_run(struct job *job, const double *u, size_t steps, double *h, struct fault *fault) TOOLS_MUST;

#endif
