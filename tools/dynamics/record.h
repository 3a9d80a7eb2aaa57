/* record.h: a system run in double precision by the input that the measures give it. */
#ifndef DYNAMICS_RECORD_H
#define DYNAMICS_RECORD_H

#include "dynamics/dynamics.h"

/* The input [steps][inputs]: rows of --input where it was given; else the system's constant input, to which a
 * uniform random number within ±amplitude is added. NULL after a fault; free it. A system without inputs has
 * an empty one. */
double *record_drive(const struct job *job, size_t steps, double amplitude, struct fault *fault);

/* states [steps + 1][system.states]: the job's initial state, then the one after each step. A state that is
 * not finite is a fault that names its step. */
bool record_states(const struct job *job, const struct system *system, const double *u, size_t steps,
                   double *states, struct fault *fault) TOOLS_MUST;

/* Where the measure's input came from, for the result: "input", "random", "constant" or "none". */
const char *record_source(const struct job *job, double amplitude);

#endif
