/* step.h: the parts of system.h by kind: cell.c discrete systems, continuous.c continuous ones. `v`
 * [states][k] becomes J·v unless k is 0; `next` may be x. */
#ifndef DYNAMICS_STEP_H
#define DYNAMICS_STEP_H

#include "dynamics/system.h"

void cell_step(const struct system *system, const double *u, const double *x, double *next, double *v,
               size_t k);
void flow_step(const struct system *system, const double *u, const double *x, double *next, double *v,
               size_t k);

/* dx/dt, and v ← (d field / d x)·v at x. */
void flow_field(const struct system *system, const double *u, const double *x, double *to);
void flow_slope(const struct system *system, const double *x, double *v, size_t k);

/* Numbers that a step needs in system.room; the first `states` are the caller's. */
size_t step_room(const struct system *system);

/* to [rows] = w_in·u + b of all gates. */
void step_drive(const struct system *system, const double *u, double *to);

#endif
