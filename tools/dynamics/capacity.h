/* capacity.h: linear memory capacity of a driven system (H. Jaeger: Short term memory in echo state networks,
 * 2001).
 *
 * A random input drives the system; for each delay k a linear readout of the state is fitted that gives back
 * the input of k steps ago, and its squared correlation on a part held out is MC_k. k = 1 is the input that
 * the last step itself read. The sum is the capacity, which for independent inputs is at most the number of
 * neurons. */
#ifndef DYNAMICS_CAPACITY_H
#define DYNAMICS_CAPACITY_H

#include "common/fault.h"

struct capacity_options {
  size_t delays;   /* 1 … delays are measured */
  size_t washout;  /* first steps that are left out, while the start is forgotten */
  double train;    /* share of the rest that readouts are fitted on */
  double ridge;    /* added to the diagonal, relative to the mean variance of the neurons */
  size_t shuffles; /* readouts of the input in random order, for the floor; at least 20 */
  uint64_t seed;
};
#define CAPACITY_OPTIONS_INIT                                                                                \
  { 50, 200, 0.6, 1e-9, 200, 0 }

struct capacity {
  size_t delays, neurons, train_steps, test_steps;
  double *raw;      /* [delays] squared correlation on the part held out */
  double *by_delay; /* [delays] (raw - floor) / (1 - floor); 0 where raw is not above floor_high */
  double raw_sum, total;
  double floor, floor_high; /* of inputs in random order: mean, and what 95 % of them stay below */
};

/* `states` [steps][neurons]: row t is the state after the step that read input[t]. */
bool capacity_measure(const double *states, const double *input, size_t steps, size_t neurons,
                      const struct capacity_options *options, struct capacity *out,
                      struct fault *fault) TOOLS_MUST;
void capacity_destroy(struct capacity *capacity);

#endif
