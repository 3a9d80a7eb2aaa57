/* record.c: see record.h. */
#include "dynamics/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/draw.h"

double *record_drive(const struct job *job, size_t steps, double amplitude, struct fault *fault) {
  const size_t inputs = job->system.inputs;
  const uint64_t seed = draw_seed((uint64_t)job->common->seed, "drive");
  double *u = calloc(steps * inputs + 1, sizeof *u);
  if (!u) {
    fault_nomem(fault, steps * inputs * sizeof *u);
    return NULL;
  }
  for (size_t t = 0; t < steps; t++) {
    const double *row = job_input(job, t);
    for (size_t k = 0; k < inputs; k++) {
      u[t * inputs + k] = row[k];
      if (!job->u) u[t * inputs + k] += amplitude * (2 * draw_uniform(seed, t * inputs + k) - 1);
    }
  }
  return u;
}

bool record_states(const struct job *job, const struct system *s, const double *u, size_t steps,
                   double *states, struct fault *fault) {
  const size_t n = s->states;
  memcpy(states, job_initial(job), n * sizeof *states);
  for (size_t t = 0; t < steps; t++) {
    double *x = states + t * n;
    system_step(s, u + t * s->inputs, x, x + n);
    for (size_t i = 0; i < n; i++)
      if (!isfinite(x[n + i])) {
        fault_set(fault, FAULT_NONFINITE, "state %zu is not finite after step %zu", i, t);
        return fault_remedy(fault, "take a smaller --dt, another --method, or fewer steps");
      }
    if (signals_pending()) return fault_set(fault, FAULT_INTERRUPTED, "interrupted after step %zu", t);
  }
  return true;
}

const char *record_source(const struct job *job, double amplitude) {
  if (!job->system.inputs) return "none";
  if (job->u) return "input";
  return amplitude > 0 ? "random" : "constant";
}
