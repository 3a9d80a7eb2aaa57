/* linear.h: the linear algebra of atrous-dynamics, by LAPACK. Matrices are row-major doubles. */
#ifndef DYNAMICS_LINEAR_H
#define DYNAMICS_LINEAR_H

#include "common/fault.h"

/* Eigenvalues re + i·im of a [n][n] (kept), largest modulus first; conjugates stand together, the one with
 * positive imaginary part first. */
bool linear_eigenvalues(size_t n, const double *a, double *re, double *im, struct fault *fault) TOOLS_MUST;

/* Symmetric a [n][n] → eigenvalues w [n], largest first, and row i of a the eigenvector of w[i]. */
bool linear_symmetric(size_t n, double *a, double *w, struct fault *fault) TOOLS_MUST;

/* Solves a·x = b: a [n][n] is overwritten, b [n] becomes x. *singular where it cannot be (b is then as it
 * was). */
bool linear_solve(size_t n, double *a, double *b, bool *singular, struct fault *fault) TOOLS_MUST;

/* v [m][k] = Q·R, k ≤ m: v becomes Q, r [k] the diagonal of R. */
bool linear_qr(size_t m, size_t k, double *v, double *r, struct fault *fault) TOOLS_MUST;

/* Least squares with a ridge: x [p][q] that makes |a·x - b|² + ridge·|x|² least, a [rows][p], b [rows][q]. */
bool linear_ridge(size_t rows, size_t p, size_t q, const double *a, const double *b, double ridge, double *x,
                  struct fault *fault) TOOLS_MUST;

/* c [m][n] = a [m][k] · b [k][n] (+ c where `add`). */
void linear_product(size_t m, size_t n, size_t k, const double *a, const double *b, bool add, double *c);

#endif
