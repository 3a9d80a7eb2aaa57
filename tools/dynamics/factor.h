/* factor.h: factorizations that the measures of memory, gradients and information need beside linear.h's; by
 * LAPACK. Matrices are row-major doubles. */
#ifndef DYNAMICS_FACTOR_H
#define DYNAMICS_FACTOR_H

#include "common/fault.h"

/* Lower triangle of L in a = L·Lᵀ, a [n][n] symmetric (its upper triangle is left). The first k rows of L are
 * the factor of the first k rows and columns of a. Returns 0, or i + 1 where row i depends on those before
 * it.
 */
size_t factor_cholesky(size_t n, double *a);

/* From the factor: the inverse of a, both triangles. */
void factor_inverse(size_t n, double *a);

/* Singular values w [n] of a [n][n] (overwritten), largest first. */
bool factor_singular(size_t n, double *a, double *w, struct fault *fault) TOOLS_MUST;

#endif
