/* factor.c: calls of LAPACK; see factor.h. What is row-major here is transposed there, so that this file's
 * lower triangle is LAPACK's upper one and nothing is copied. */
#include "dynamics/factor.h"

#include <lapacke.h>

size_t factor_cholesky(size_t n, double *a) {
  const lapack_int info = LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', (lapack_int)n, a, (lapack_int)n);
  return info > 0 ? (size_t)info : 0;
}

void factor_inverse(size_t n, double *a) {
  LAPACKE_dpotri_work(LAPACK_COL_MAJOR, 'U', (lapack_int)n, a, (lapack_int)n);
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < i; k++) a[k * n + i] = a[i * n + k];
}

bool factor_singular(size_t n, double *a, double *w, struct fault *fault) {
  double unused;
  const lapack_int info = LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'N', (lapack_int)n, (lapack_int)n, a,
                                         (lapack_int)n, w, &unused, 1, &unused, 1);
  if (info == 0) return true;
  if (info == LAPACK_WORK_MEMORY_ERROR) return fault_nomem(fault, n * n * sizeof *a);
  return fault_set(
      fault, FAULT_NONFINITE,
      "the singular values of a matrix of %zu rows are not found: it is not finite, or close to it", n);
}
