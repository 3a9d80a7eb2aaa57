/* trajectory.c: see trajectory.h. */
#include "dynamics/trajectory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Numbers kept of one run. */
enum { MOST = 100000000 };

static bool start(struct job *job, size_t steps, struct trajectory *t, struct fault *fault) {
  const struct system *s = &job->system;
  const size_t n = s->neurons + s->outputs + s->inputs;
  *t = (struct trajectory){ .steps = steps };
  if (steps + 1 > MOST / n) {
    fault_set(fault, FAULT_LIMIT, "%zu steps of %zu numbers are more than the %d that one run keeps", steps,
              n, MOST);
    return fault_remedy(fault, "give fewer --steps");
  }
  t->h = malloc((steps + 1) * s->neurons * sizeof *t->h);
  t->y = malloc((steps + 1) * (s->outputs + 1) * sizeof *t->y);
  if (!t->h || !t->y) {
    trajectory_destroy(t);
    return fault_nomem(fault, (steps + 1) * n * sizeof *t->h);
  }
  memcpy(t->h, job_initial(job), s->neurons * sizeof *t->h);
  return true;
}

/* Outputs of every state; false where a state is not finite. */
static bool finish(struct job *job, struct trajectory *t, struct fault *fault) {
  const struct system *s = &job->system;
  for (size_t i = 0; i <= t->steps; i++) {
    const double *h = t->h + i * s->neurons;
    for (size_t k = 0; k < s->neurons; k++)
      if (!isfinite(h[k])) {
        fault_set(fault, FAULT_NONFINITE, "neuron %zu is not finite after %zu steps", k, i);
        return fault_remedy(fault, s->continuous ? "give a smaller --dt or another --method"
                                                 : "make the weights smaller, or the activation bounded");
      }
    if (s->outputs) system_output(s, h, t->y + i * s->outputs);
  }
  return true;
}

bool trajectory_exact(struct job *job, size_t steps, struct trajectory *t, struct fault *fault) {
  const struct system *s = &job->system;
  double *x = malloc(s->states * sizeof *x);
  bool ok = x ? start(job, steps, t, fault) : fault_nomem(fault, s->states * sizeof *x);
  if (ok) memcpy(x, job_initial(job), s->states * sizeof *x);
  for (size_t i = 0; ok && i < steps; i++) {
    system_step(s, job_input(job, i), x, x);
    memcpy(t->h + (i + 1) * s->neurons, x, s->neurons * sizeof *x);
    if (i % 1024 == 0 && signals_pending()) ok = fault_set(fault, FAULT_INTERRUPTED, "interrupted");
  }
  free(x);
  if (ok && finish(job, t, fault)) return true;
  trajectory_destroy(t);
  return false;
}

bool trajectory_run(struct job *job, size_t steps, struct trajectory *t, struct fault *fault) {
  const struct system *s = &job->system;
  if (!s->gates) return trajectory_exact(job, steps, t, fault);
  if (!start(job, steps, t, fault)) return false;
  double *u = malloc((steps * s->inputs + 1) * sizeof *u);
  bool ok = u || fault_nomem(fault, steps * s->inputs * sizeof *u);
  for (size_t i = 0; ok && s->inputs && i < steps; i++)
    memcpy(u + i * s->inputs, job_input(job, i), s->inputs * sizeof *u);
  t->library = true;
  ok = ok && network_run(job, u, steps, t->h + s->neurons, fault) && finish(job, t, fault);
  free(u);
  if (!ok) trajectory_destroy(t);
  return ok;
}

void trajectory_destroy(struct trajectory *t) {
  free(t->h);
  free(t->y);
  memset(t, 0, sizeof *t);
}
