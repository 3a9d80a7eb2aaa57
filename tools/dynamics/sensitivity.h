/* sensitivity.h: how much of a state's change is left some steps later: norms of dh(T)/dh(t) for every t.
 *
 * dh(T)/dh(t) = J(T-1) … J(t+1) J(t), with J(s) = dh(s+1)/dh(s); backpropagation through time multiplies a
 * gradient by the same product, transposed. Its largest singular value is the most that a gradient is
 * stretched (norm), and the root mean square of all singular values what a gradient of random direction is
 * stretched by (typical). Products over- and underflow long before their logarithms do, so those are given.
 */
#ifndef DYNAMICS_SENSITIVITY_H
#define DYNAMICS_SENSITIVITY_H

#include "common/fault.h"

/* Writes J(step) as [n][n], row i holding the derivatives of neuron i of the next state. */
typedef bool (*sensitivity_jacobian)(void *user, size_t step, double *jacobian, struct fault *fault);

/* log10_norm and log10_typical: [steps + 1], the last being 0 (the identity). -INFINITY where nothing is
 * left. */
bool sensitivity_norms(sensitivity_jacobian jacobian, void *user, size_t steps, size_t n, double *log10_norm,
                       double *log10_typical, struct fault *fault) TOOLS_MUST;

/* What clipping through time (atr_train_params' clip_through_time) makes of log10_typical: the root mean
 * square of the lengths of n gradients, each 1 for one state and 0 for the others at T, whose elements are
 * clamped to ± bound after every step back. */
bool sensitivity_clipped(sensitivity_jacobian jacobian, void *user, size_t steps, size_t n, double bound,
                         double *log10_clipped, struct fault *fault) TOOLS_MUST;

enum sensitivity_verdict { SENSITIVITY_STABLE, SENSITIVITY_VANISHING, SENSITIVITY_EXPLODING };

/* Going back from T, the first step where the norm is below `low` (vanishing) or above `high` (exploding), in
 * *at_step; -1 where there is none. */
enum sensitivity_verdict sensitivity_judge(const double *log10_norm, size_t steps, double low, double high,
                                           int64_t *at_step);

#endif
